"""Whatever the names and values of a table: the config that is written for it can be read again, and passes `check`."""

import csv

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from nnctl.cli.first_config import first_config
from nnctl.config import loads
from nnctl.data.config import DatasetSpec
from nnctl.data.readers.read import read_dataset
from nnctl.errors import DataError

NAMES = st.one_of(
    st.sampled_from(["yes", "No", "null", "~", "on", "1", "1.5", "0x1f", "a: b", "#no", "it's", 'say "hi"', "- x",
                     "[a", "{b}", "&c", "*d", "!e", "%f", "@g", "`h", "나이", "2020-01-31", "a\nb", "tab\there", "x,y",
                     "select", "<script>", "key: value # comment", "…", "é", "?", "|", ">", "=", "true", ".inf", "id"]),
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12).map(str.strip).filter(bool),
)  # fmt: skip
WORDS = st.sampled_from(["red", "green", "yes", "no", "null?", "a: b", "#1", "it's", "ja nein vielleicht so"])
VALUES = {
    "numbers": st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: f"{x:.6g}"),
    "whole": st.integers(-3, 40).map(str),
    "words": WORDS,
    "gaps": st.one_of(st.just(""), st.integers(0, 9).map(str)),
    "few words": st.one_of(st.just(""), WORDS),
    "dates": st.dates().map(str),
    "times": st.times().map(lambda time: time.strftime("%H:%M")),
    "constant": st.just("7"),
    "codes": st.integers(0, 99).map(lambda n: f"{n:03}"),
    "huge": st.sampled_from(["1e300", "-2e44", "5"]),
}
TARGETS = {"words": st.sampled_from(["a", "b: c", "null"]), "whole": st.integers(0, 3).map(str),
           "numbers": VALUES["numbers"], "gaps": VALUES["few words"]}  # fmt: skip


@st.composite
def tables(draw):
    """(names, rows, the name of the target): a feature of numbers, others of any kind, and a target."""
    names = draw(st.lists(NAMES, min_size=2, max_size=6, unique_by=str.casefold))
    count = draw(st.integers(12, 60))
    kinds = ["numbers", *(draw(st.sampled_from(sorted(VALUES))) for _ in names[2:])]
    columns = [draw(st.lists(VALUES[kind], min_size=count, max_size=count)) for kind in kinds]
    columns[0][:6] = ["0.5", "-1.5", "2.25", "3", "-4", "0"]  # it differs, and does not follow from the target
    target = draw(st.lists(TARGETS[draw(st.sampled_from(sorted(TARGETS)))], min_size=count, max_size=count))
    target[:6] = ["1", "0", "1", "0", "0", "1"]
    return names, list(zip(*columns, target, strict=True)), names[-1]


def check_any(tmp_path_factory, table):
    names, rows, target = table
    path = tmp_path_factory.mktemp("any") / "data.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([names, *rows])
    try:
        read_dataset(DatasetSpec(path=(str(path),)))
    except DataError:
        reject()  # not a table, such as one whose names are all numbers
    found = first_config(str(path), target, None, path.with_suffix(".yaml"), ask=False)  # it checks the config
    config = loads(found.text, "c.yaml")
    assert config.dataset.target == (target,)
    parts = {f"{name}_{part}" for name in names for part in ("year", "month", "dayofweek", "hour")}
    assert set(config.dataset.ignore) <= set(names) | parts


ANY = {"deadline": None, "suppress_health_check": list(HealthCheck)}


@settings(max_examples=8, **ANY)
@given(tables())
def test_the_config_for_any_table_passes_check(tmp_path_factory, table):
    check_any(tmp_path_factory, table)


@pytest.mark.slow
@settings(max_examples=300, **ANY)
@given(tables())
def test_the_config_for_many_tables_passes_check(tmp_path_factory, table):
    check_any(tmp_path_factory, table)
