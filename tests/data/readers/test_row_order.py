"""Large CSV files are read by several threads, and keep the order of their rows."""

import numpy as np

from nnctl.data.readers.duckdb_tables import read_table
from nnctl.data.readers.paths import find_files


def test_rows_and_columns_stay_together(tmp_path):
    """Columns of numbers and of words are fetched by different queries."""
    rows, filler = 300_000, "x" * 60  # more than 16 MB
    text = "".join(f"{n},w{n % 7},{filler}\n" for n in range(rows))
    (tmp_path / "large.csv").write_text(f"n,word,filler\n{text}")
    table = read_table(find_files([str(tmp_path / "large.csv")]))
    assert np.array_equal(table["n"].values, np.arange(rows))
    words = np.array([int(word[1:]) for word in table["word"].words])[table["word"].values]
    assert np.array_equal(words, np.arange(rows) % 7)
