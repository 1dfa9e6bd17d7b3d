"""The tables of tests/nn/layers are this folder's, too."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "nn" / "layers"))  # `from cases import CASES`
