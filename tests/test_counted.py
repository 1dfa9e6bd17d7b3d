"""A number stands with the right form of its noun: 1 row, 2 rows."""

import ast
import re
from pathlib import Path

import numpy as np
import pytest

from nnctl import config
from nnctl.counted import counted
from nnctl.data.table import missing_note
from nnctl.errors import NnctlError
from nnctl.reports.batch_arithmetic import formulas_of_ranks
from nnctl.reports.number_format import parameters_counted
from nnctl.training.batch_plan import Plan
from nnctl.training.training_state import is_finished

ROOT = Path(__file__).parents[1]


def error(text):
    with pytest.raises(NnctlError) as found:
        config.loads(text)
    return str(found.value)


def one_epoch(**position):
    return is_finished(position, config.loads("dataset: iris\nlayers: [{Dense: {units: 3}}]\nloss: scce\nepochs: 1"))


SCHEDULE = "dataset: iris\nlayers: [{Dense: {units: 3}}]\nloss: scce\noptimizer: {adam: {learning_rate: %s}}"


@pytest.mark.parametrize(("said", "expected"), [
    (lambda: counted(1, "row"), "1 row"),
    (lambda: counted(0, "row"), "0 rows"),
    (lambda: counted(np.int64(1200), "class", "classes"), "1,200 classes"),
    (lambda: missing_note({"age": {"?": 1}})[0], "'?' in column \"age\" (1 row);"),
    (lambda: missing_note({"age": {"?": 1, "NA": 1}})[0], "(2 rows);"),
    (lambda: one_epoch(epoch=2), "it has trained its 1 epoch"),
    (lambda: error(SCHEDULE % "{PiecewiseConstantDecay: {boundaries: [5], values: [1]}}"), "1 boundary needs 2 values"),
    (lambda: error(SCHEDULE % "{PiecewiseConstantDecay: {boundaries: [5, 6], values: [1]}}"),
     "2 boundaries need 3 values"),
    (lambda: parameters_counted(1), "1 parameter"),
    (lambda: parameters_counted(1234), "1,234 parameters"),
    (lambda: str(formulas_of_ranks(Plan(8, 4, 1), 4)), "= 1 sample on each rank"),
    (lambda: str(formulas_of_ranks(Plan(8, 5, 1), 4)), "samples on each rank"),
])  # fmt: skip
def test_one_is_singular(said, expected):
    assert expected in said()


# A count of these that may be 1 is formatted by `counted` or `plural`.
NOUNS = re.compile(r"(?<!of )(?<!the )\{\} (?:[a-z]+ )?(?:rows|epochs|files|columns|iterations)\b")
ALWAYS_SEVERAL = (
    "patterns.py",  # of notes, which have a pattern for one and one for several
    "choice.py {} files",  # of a format
    "{} rows, {} ", "in {} rows", "has {} rows", "fewer than {} training rows", "for {} epochs",  # of any real data
    "{} rows for training, ", "and the last one has {} rows", "split into {} batches of {} rows, the last of",
    "needs {} columns", "that {} files must be open", "{} columns are called",
    "give --from one FILE, not {} files", "give one INPUT, not {} files", "was found from {} rows, spread evenly",
    "each in fewer than {} rows",
    "split: {} rows", "rows of shape {}", "rows {} and columns {}", "{} files are not", "{} names columns",
)  # fmt: skip


def shown(node):
    """A text with {} for its values; None for other nodes."""
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    text = node.value if isinstance(node, ast.Constant) else None
    return re.sub(r"\{[a-z_]+\}", "{}", text) if isinstance(text, str) and "\n" not in text else None


def pairs(tree):
    """Texts that have another one for 1 beside them: arguments of plural, and branches of a condition."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "plural":
            yield from node.args
        if isinstance(node, ast.IfExp) and re.search("== 1|> 1", ast.unparse(node.test)):
            yield from (node.body, node.orelse)


@pytest.mark.slow
def test_no_count_is_written_for_several_only():
    found = []
    for path in sorted((ROOT / "nnctl").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        paired = {id(inner) for node in pairs(tree) for inner in ast.walk(node)}
        for node in ast.walk(tree):
            text = shown(node) if id(node) not in paired else None
            if text and NOUNS.search(text) and not any(part in f"{path.name} {text}" for part in ALWAYS_SEVERAL):
                found.append(f"{path.relative_to(ROOT)}:{node.lineno}: {text}")
    assert found == []
