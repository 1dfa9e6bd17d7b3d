"""Small tables, and the roles that a config gives their columns."""

import datetime

import pytest
from data.tables import table

from nnctl.config.types import InputSpec
from nnctl.data.config import DatasetSpec
from nnctl.data.preprocessing.column_roles import find_roles
from nnctl.errors import DataError

COLUMNS = {
    "a": [1.0, 2.0, 3.0, 4.0],
    "w": ["x", "y", "x", "z"],
    "b": [5.0, None, 7.0, 9.0],
    "y": [0.0, 1.0, 0.0, 1.0],
}

DAY = datetime.date(2020, 1, 1)


def made(**keys):
    return DatasetSpec.model_validate({"path": ["d.csv"], "target": "y", **keys}, strict=False)


def inputs_of(**columns):
    return {name: InputSpec.model_validate({} if taken is None else {"columns": taken}, strict=False)
            for name, taken in columns.items()}  # fmt: skip


def roles(columns=COLUMNS, inputs=None, outputs=("out",), **keys):
    return find_roles(made(**keys), inputs or {}, outputs, table(**columns))


def refused(columns=COLUMNS, inputs=None, outputs=("out",), **keys):
    with pytest.raises(DataError) as caught:
        roles(columns, inputs, outputs, **keys)
    [problem] = caught.value.problems
    return problem
