"""Tables in memory, loaded as data sets."""

import numpy as np
import pytest
from data.tables import table

from nnctl.config.types import InputSpec
from nnctl.data.config import DatasetSpec
from nnctl.data.load_tables import load_table
from nnctl.errors import DataError

KEEP = {"order": "keep", "validation": 0.2, "test": 0.2}

# Ten rows; the first six are for training, and the last four would change everything that is fitted.
COLUMNS = {
    "x": [1.0, 2.0, 3.0, 4.0, 8.0, 12.0, 500.0, 500.0, -500.0, -500.0],
    "w": ["b", "a", "b", "a", "b", "c", "late", "late", "a", "b"],
    "y": ["n", "p", "n", "p", "n", "p", "n", "p", "n", "p"],
}


def loaded(columns=COLUMNS, labels="binary", inputs=None, fixed=None, seed=0, **keys):
    dataset = DatasetSpec.model_validate({"path": ["d.csv"], "target": "y", "split": KEEP, **keys}, strict=False)
    inputs = {name: InputSpec.model_validate(given, strict=False) for name, given in (inputs or {}).items()}
    wanted = labels if isinstance(labels, dict) else {"out": labels}
    return load_table(dataset, dataset, inputs, wanted, seed, table(**columns), fixed or {})


def refused(*given, **keys):
    with pytest.raises(DataError) as caught:
        loaded(*given, **keys)
    return caught.value.problems


def x_of(data, name="input"):
    """The input of all splits, joined."""
    return np.concatenate([split.inputs[name] for split in data.splits.values()])


def number(data, name="x"):
    [found] = [f for entry in data.preprocessing.inputs.values() for f in entry.features if f.name == name]
    return found
