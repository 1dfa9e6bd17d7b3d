"""How a kernel is compiled, kept on disk, loaded and called."""
