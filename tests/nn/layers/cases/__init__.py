"""The table of the layers' contract: a new layer is one row here and one in `tests/golden/`, and gets every test."""

from cases import images, plain, sequences, tokens

CASES = plain.CASES | images.CASES | sequences.CASES | tokens.CASES
