"""Files to columns and arrays, one format a file."""
