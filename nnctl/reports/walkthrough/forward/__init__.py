"""How each layer computes its output from a row: formulas in symbols and with the numbers of the row."""
