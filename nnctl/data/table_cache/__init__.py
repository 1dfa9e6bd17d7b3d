"""Tables larger than memory: read once into files in the user's cache, which are then mapped into memory."""
