"""docs/reference/ is what the declarations say now, and its examples are configs."""

import json
import re
import sys
from pathlib import Path

import pytest

from nnctl import config
from nnctl.components.registry import normalised
from nnctl.config.yaml_reader import read

DOCS = Path(__file__).parents[1] / "docs"
sys.path.insert(0, str(DOCS))

import make_reference  # noqa: E402  (it lies beside the pages that it makes)

PAGES = sorted((DOCS / "reference").glob("*.md"))
BASE = {"dataset": {"path": "data.npz"}, "layers": [{"Dense": {"units": 1}}], "loss": "mse"}
EXAMPLES = [
    (f"{page.stem}: {heading}", block)
    for page in PAGES
    for heading, block in re.findall(
        r"^##+ (\S+)\n(?:(?!##).)*?```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
]


def test_the_pages_are_up_to_date():
    written = {page.name: page.read_text(encoding="utf-8") for page in (DOCS / "reference").iterdir()}
    made = make_reference.pages()
    stale = [name for name in made.keys() | written.keys() if made.get(name) != written.get(name)]
    assert not stale, f"run `python docs/make_reference.py` and commit {', '.join(sorted(stale))}"


@pytest.mark.parametrize(("title", "block"), EXAMPLES, ids=[title for title, _ in EXAMPLES])
def test_an_example_is_part_of_a_config(title, block):
    config.loads(json.dumps(BASE | read(block, title).data))  # JSON is YAML
    assert normalised(title.split(": ")[1].split(".")[-1]) in normalised(block)


def test_every_entry_has_an_example_and_a_meaning():
    headings = [
        f"{page.stem}: {heading}"
        for page in PAGES
        for heading in re.findall(r"^##+ (\S+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert headings == [title for title, _ in EXAMPLES]
    for page in PAGES:
        assert "|  |" not in page.read_text(encoding="utf-8"), page.name
