"""How a named thing (a layer, a loss, an optimizer) is declared, checked and found."""
