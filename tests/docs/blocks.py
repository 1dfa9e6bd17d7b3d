"""The fenced blocks of a page, and what HTML comments above them tell the tests.

A comment is on the line above the fence, such as `<!-- base: iris -->`. Readers do not see it:

- `base: NAME`: a block of YAML that is not a whole config is merged into this base (docs/yaml_blocks.py).
- `file: NAME`: the block is the content of a file of this name, as is a YAML block whose first line is `# NAME.yaml`.
- `not run: REASON`: the block is skipped.
- `varies: REASON`: the output that is shown is not compared.
- `slow`: the commands of the block are run by `pytest -m slow` only.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = [
    *sorted(ROOT.glob("README*.md")),
    *(path for path in sorted((ROOT / "docs").rglob("*.md")) if path.parent.name != "reference"),
]

_BLOCK = re.compile(
    r"^(?P<marks>(?: *<!-- .*? -->\n)*)(?P<indent> *)```(?P<language>\w*)\n(?P<text>.*?)^ *```$", re.M | re.S
)
_NAMED = re.compile(r"# (\S+\.yaml)\n")


@dataclass(frozen=True)
class Block:
    """A fenced block. marks: the comments above it, by what is before the colon."""

    page: Path
    line: int
    language: str
    text: str
    marks: dict[str, str]

    @property
    def id(self) -> str:
        return f"{name_of(self.page)}:{self.line}"

    @property
    def file(self) -> str | None:
        """The file that the block is the content of."""
        named = _NAMED.match(self.text) if self.language == "yaml" else None
        return self.marks.get("file") or (named[1] if named else None)


def name_of(page: Path) -> str:
    """The page's path below docs/, or README.md."""
    return page.relative_to(ROOT).as_posix().removeprefix("docs/")


def blocks(page: Path, *languages: str) -> list[Block]:
    """The blocks of a page in these languages, in order; without any, all of them."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(
            page, text.count("\n", 0, match.start("indent")) + 1, match["language"], textwrap.dedent(match["text"]),
            dict(re.findall(r"<!-- ([^:]*?)(?:: (.*?))? -->", match["marks"])),
        )
        for match in _BLOCK.finditer(text)
        if not languages or match["language"] in languages
    ]  # fmt: skip
