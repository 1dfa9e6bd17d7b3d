"""Every link in the pages leads to a file that exists, and to a heading in it; from the index every page is reached."""

import re

import pytest

from docs.blocks import PAGES, ROOT, name_of

ALL = [
    *PAGES,
    *sorted((ROOT / "docs" / "reference").glob("*.md")),
    *(ROOT / f"{name}.md" for name in ("CONTRIBUTING", "configs/README", "datasets/README")),
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


IN_ORDER = [link for link in links(ROOT / "docs" / "README.md") if re.fullmatch(r"[\w/]+\.md", link)
            and not link.startswith("reference/")]  # fmt: skip


def test_the_index_has_every_page():
    pages = [name_of(page) for page in PAGES if page.parent != ROOT and page.name != "README.md"]
    assert sorted(IN_ORDER) == sorted(pages)


@pytest.mark.parametrize(("name", "following"), list(zip(IN_ORDER, [*IN_ORDER[1:], None], strict=True)))
def test_a_page_ends_with_links_to_the_index_and_to_the_next_page(name, following):
    page = ROOT / "docs" / name
    *_, last = page.read_text(encoding="utf-8").splitlines()
    targets = [(page.parent / link).resolve() for link in re.findall(r"\]\((.*?)\)", last)]
    assert targets == [(ROOT / "docs" / each).resolve() for each in ("README.md", following) if each]
