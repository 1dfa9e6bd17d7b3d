"""Which names a message suggests for a misspelt one."""

import pytest

from nnctl.similar_names import alike_files


@pytest.mark.parametrize(
    ("name", "known", "near"),
    [
        ("new.csv", ["heart.csv", "engel.csv"], []),  # only the extension is alike
        ("penguin.csv", ["heart.csv", "penguins.csv", "penguins.json"], ["penguins.csv", "penguins.json"]),
        ("penguins.cvs", ["heart.csv", "penguins.json", "penguins.csv"], ["penguins.csv", "penguins.json"]),
        ("nfd.csv.yaml", ["ko.csv.yaml", "cr.csv.yaml"], []),
        ("irsi", ["iris.yaml", ".sirocco"], ["iris.yaml"]),
        ("Data.csv", ["data.csv"], ["data.csv"]),
    ],
)
def test_files_are_compared_without_their_extensions(name, known, near):
    assert alike_files(name, known) == near
