"""Keras models as plain data: what the file, the script and the import have in common. Keras itself is not needed."""
