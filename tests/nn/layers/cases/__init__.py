"""The table of the layers' contract: a layer with a row here or in `tests/golden/` gets every test."""

from golden import read

from cases import images, plain, sequences, tokens
from nnctl.nn.layers import layers

CASES = plain.CASES | images.CASES | sequences.CASES | tokens.CASES


def _of_golden(covered):
    """The rows of tests/golden/ whose layers have none here."""
    numbers = read("layers", "images", "sequences", "tokens")
    for case, entry in numbers.cases.items():
        if layers.build(entry).kind in covered:
            continue
        xs = [numbers[f"{case}/x/{i}"] for i in range(len(numbers.under(f"{case}/x")))]
        words = [int(x.max()) + 1 if x.dtype.kind == "i" else 0 for x in xs]
        yield case, (entry, [x.shape[1:] for x in xs], words)


CASES |= dict(_of_golden({layers.build(entry).kind for entry, *_ in CASES.values()}))
