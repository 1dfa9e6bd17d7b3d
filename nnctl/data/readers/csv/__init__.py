"""CSV files: their encoding and dialect, a small reader, and what DuckDB reads."""
