"""What every test starts from."""

import os

# pytest-xdist tells its workers a terminal's width, at which messages would be broken into lines
os.environ.pop("COLUMNS", None)
