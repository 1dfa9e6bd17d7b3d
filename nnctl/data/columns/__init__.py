"""What the values of a column mean: numbers, dates, categories, and their order."""
