"""How single rows are called and shown: by number, by file and number, or by the file that is the row."""

import re

import pytest

from nnctl import config
from nnctl.reports.findings import findings_of
from nnctl.training.runner import train

CONFIG = """
seed: 1
dataset: {{path: {path}, target: class, text: {{column: text}}}}
layers:
  - Embedding: {{input_dim: 100, output_dim: 4, mask_zero: true}}
  - GlobalAveragePooling1D
  - Dense: {{units: 1, activation: sigmoid}}
loss: binary_crossentropy
epochs: 1
"""


def lines(first, count):
    return "".join(f"film {n} was {'good' if n % 2 else 'bad'},{'yes' if n % 2 else 'no'}\n"
                   for n in range(first, first + count))  # fmt: skip


def wrong_rows(tmp_path, path):
    train(config.loads(CONFIG.format(path=path)), folder=tmp_path / "run")
    [run] = findings_of([tmp_path / "run"])["runs"]
    rows = run["outputs"][0]["most_wrong"]
    assert rows and all(row["text"].startswith("film") and row["values"] == {} for row in rows)  # shown once
    return {row["row"]: row["text"] for row in rows}


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_row_of_one_file_is_a_number(here):
    (here / "a.csv").write_text("text,class\n" + lines(1, 60))
    assert all(text.split()[1] == name for name, text in wrong_rows(here, "a.csv").items())


def test_a_row_of_several_files_has_the_name_of_its_file(here):
    for name, first in (("a", 100), ("b", 200)):
        (here / f"{name}.csv").write_text("text,class\n" + lines(first + 1, 30))
    for name, text in wrong_rows(here, "'*.csv'").items():
        file, number = re.fullmatch(r"([ab])\.csv:(\d+)", name).groups()
        assert int(text.split()[1]) == {"a": 100, "b": 200}[file] + int(number)


def test_a_text_has_the_name_of_its_file(here):
    for number, line in enumerate(lines(1, 60).splitlines(), start=1):
        text, label = line.split(",")
        (here / "films" / label).mkdir(parents=True, exist_ok=True)
        (here / "films" / label / f"{number}.txt").write_text(text)
    for name, text in wrong_rows(here, "films").items():
        assert re.fullmatch(r"(yes|no)/(\d+)\.txt", name)[2] == text.split()[1]
