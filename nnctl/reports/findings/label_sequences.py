"""What a report says of an output that reads label sequences with CTC: which edits are needed, and the worst lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from nnctl.nn.losses.ctc_decoding import decode
from nnctl.nn.metrics.sequences import edit_distance
from nnctl.reports.findings.answers import Answers
from nnctl.reports.findings.document import Line, Sequences
from nnctl.reports.findings.rows import ShownRows
from nnctl.reports.findings.thinning import number

Array = np.ndarray
MOST_LINES, MOST_EDITS = 20, 20


def sequences_of(answers: Answers, shown: ShownRows) -> Sequences:
    """Decoded greedily, as `predict` does by default."""
    lengths = None if answers.mask is None else np.count_nonzero(answers.mask, axis=1)
    read = decode(answers.p, lengths, logits=answers.logits)
    y = np.asarray(answers.y)
    distance = edit_distance(y, read)
    labels = int(np.count_nonzero(y))
    words = answers.target.classes or ()
    edits: Counter[tuple[str, str]] = Counter()
    for at in np.flatnonzero(distance):
        edits.update(edits_between(_labels(y[at], words), _labels(read[at], words)))
    order = np.lexsort((-np.nan_to_num(answers.losses, nan=np.inf), -distance))[:MOST_LINES]
    lines: list[Line] = [
        {"row": shown.name(at), "expected": answers.coder.text(y[at]), "predicted": answers.coder.text(read[at]),
         "edit_distance": int(distance[at]), "picture": shown.picture(at)}
        for at in order.tolist()
    ]  # fmt: skip
    return {
        "rows": len(y),
        "label_error_rate": number(distance.sum() / labels) if labels else None,
        "exact": float(number((distance == 0).mean()) or 0),
        "edits": [{"expected": expected, "predicted": predicted, "times": times}
                  for (expected, predicted), times in edits.most_common(MOST_EDITS)],
        "worst_lines": lines,
    }  # fmt: skip


def _labels(numbers: Array, words: Sequence[str]) -> list[str]:
    return [words[label - 1] for label in numbers[numbers > 0].tolist()]


def edits_between(expected: Sequence[str], predicted: Sequence[str]) -> list[tuple[str, str]]:
    """The fewest edits that make `expected` of `predicted`, as (expected, predicted) with "" for none: the table of
    distances is filled in as in `edit_distance`, and walked back from its end."""
    n, m = len(expected), len(predicted)
    table = np.zeros((n + 1, m + 1), int)
    table[:, 0], table[0, :] = np.arange(n + 1), np.arange(m + 1)
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            same = expected[i - 1] == predicted[j - 1]
            table[i, j] = min(table[i - 1, j] + 1, table[i, j - 1] + 1, table[i - 1, j - 1] + (not same))
    found = []
    while n or m:
        if n and m and table[n, m] == table[n - 1, m - 1] + (expected[n - 1] != predicted[m - 1]):
            n, m = n - 1, m - 1
            if expected[n] != predicted[m]:
                found.append((expected[n], predicted[m]))
        elif n and table[n, m] == table[n - 1, m] + 1:
            n -= 1
            found.append((expected[n], ""))
        else:
            m -= 1
            found.append(("", predicted[m]))
    return found[::-1]
