"""CSV files: encoding, dialect, a reader for small files, and the copy that DuckDB reads."""
