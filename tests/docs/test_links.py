"""Every link in the pages leads to a file that exists, and to a heading in it; from the index every page is reached."""

import re

import pytest

from docs.blocks import PAGES, ROOT, name_of

ALL = [
    *PAGES,
    *sorted((ROOT / "docs" / "reference").glob("*.md")),
    *(ROOT / f"{n}.md" for n in ("CONTRIBUTING", "configs/README", "datasets/README")),
]
_FENCED = re.compile(r"^( *)```.*?^\1```$", re.M | re.S)
_LINK = re.compile(r"\]\(([^)\s]+)\)|<img [^>]*src=\"([^\"]+)\"|<a href=\"([^\"]+)\"")


def prose(page):
    return _FENCED.sub("", page.read_text(encoding="utf-8"))


def links(page):
    return [next(filter(None, found)) for found in _LINK.findall(prose(page))]


def anchors(page):
    """The anchors of a page's headings, as code hosts make them."""
    found, seen = set(), {}
    for heading in re.findall(r"^#+ (.*?)#*$", prose(page), re.M):
        text = re.sub(r"\[(.*?)\]\(.*?\)", r"\1", heading).strip().lower()
        anchor = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
        found.add(f"{anchor}-{seen[anchor]}" if anchor in seen else anchor)
        seen[anchor] = seen.get(anchor, 0) + 1
    return found


@pytest.mark.parametrize("page", ALL, ids=name_of)
def test_links_lead_somewhere(page):
    for link in links(page):
        if re.match(r"\w+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{name_of(page)}: {link}"
        if anchor and target.suffix == ".md":
            assert anchor in anchors(target), f"{name_of(page)}: {link}"
