"""The page as text: well-formed, safe, and with a sentence for every figure. tests/browser/ opens it."""

import base64
import hashlib
import json
import re
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise

import pytest
import report_documents as documents
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nnctl.reports.page.page import html_page

EMPTY = {"meta", "wbr", "link", "img", "input", "br", "line", "rect", "circle", "path"}


class Parsed(HTMLParser):
    """The elements of a page: (name, attributes, texts), and whether each end tag fits."""

    def __init__(self, text):
        super().__init__()
        self.open, self.elements, self.errors = [], [], []
        self.feed(text)
        self.close()
        self.errors += [f"<{element[0]}> is not closed" for element in self.open]

    def handle_starttag(self, name, attributes):
        self.elements.append((name, dict(attributes), []))
        if len(dict(attributes)) < len(attributes):
            self.errors.append(f"<{name}> has an attribute twice")
        if name not in EMPTY:
            self.open.append(self.elements[-1])
        self.handle_data(dict(attributes).get("alt", ""))

    def handle_startendtag(self, name, attributes):
        if name not in EMPTY:
            self.errors.append(f"<{name}/>")
        self.handle_starttag(name, attributes)

    def handle_endtag(self, name):
        if not self.open or self.open.pop()[0] != name:
            self.errors.append(f"</{name}>")

    def handle_data(self, data):
        for element in self.open:
            element[2].append(data)

    def all(self, name):
        return [(attributes, "".join(texts)) for found, attributes, texts in self.elements if found == name]


PAGES = {kind: html_page(make()) for kind, make in documents.KINDS.items()}
every_kind = pytest.mark.parametrize("kind", documents.KINDS)


@every_kind
def test_the_page_is_well_formed_and_its_ids_differ(kind):
    page = Parsed(PAGES[kind])
    assert page.errors == []
    ids = [attributes["id"] for _name, attributes, _texts in page.elements if "id" in attributes]
    assert len(set(ids)) == len(ids)
    referred = [attributes[key] for _name, attributes, _texts in page.elements for key in ("aria-labelledby",)
                if key in attributes]  # fmt: skip
    referred += [attributes["href"][1:] for attributes, _text in page.all("a")]
    assert set(referred) <= set(ids)


@every_kind
def test_the_policy_allows_these_scripts_and_styles_and_no_request(kind):
    page = Parsed(PAGES[kind])
    policies = [a["content"] for a, _text in page.all("meta") if a.get("http-equiv") == "Content-Security-Policy"]
    rules = dict(rule.split(" ", 1) for rule in policies[0].split("; "))
    assert rules["default-src"] == "'none'" and rules["img-src"] == "data:"
    for name, rule in (("script", "script-src"), ("style", "style-src")):
        texts = [text for a, text in page.all(name) if a.get("type") != "application/json"]
        hashes = {f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in texts}
        assert set(rules[rule].split()) == hashes
    for _name, attributes, _texts in page.elements:
        assert not {"style", "onclick", "onload", "onerror"} & attributes.keys()
        for key in ("src", "href"):
            assert attributes.get(key, "#").startswith(("#", "data:")), attributes


@every_kind
def test_every_figure_has_a_title_and_a_sentence_and_nothing_is_empty(kind):
    page = Parsed(PAGES[kind])
    for _attributes, text in page.all("figcaption"):
        assert text.strip()
    for name in ("p", "h1", "h2", "h3", "h4", "h5", "li", "dt", "dd", "th", "ul", "tbody", "details", "section"):
        for attributes, text in page.all(name):
            empty = attributes.get("class") in ("at", "pictures filters") or "scope" in attributes
            assert text.strip() or empty, (name, attributes)


@every_kind
def test_charts_have_names_legends_and_tables(kind):
    page = Parsed(PAGES[kind])
    charts = json.loads(next(text for a, text in page.all("script") if a.get("id") == "report-data"))["charts"]
    plots = [a for a, _text in page.all("div") if a.get("class") == "plot"]
    assert len(plots) == len(charts) == PAGES[kind].count("data-chart=")
    for attributes, chart in zip(plots, charts, strict=True):
        assert attributes["aria-label"]
        assert chart["x"] == sorted(chart["x"]) and chart["series"]
        assert all(len(one["values"]) == len(chart["x"]) for one in chart["series"])
    assert PAGES[kind].count("<summary>Numbers as a table") >= len(charts)


@every_kind
def test_headings_skip_no_level(kind):
    levels = [int(level) for level in re.findall(r"<h([1-6])[ >]", PAGES[kind])]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_metrics_of_a_sample_stand_beside_those_of_all_rows():
    document = documents.classification()
    evaluation = document["runs"][0]["evaluation"]
    evaluation |= {"rows": 30_000, "evaluated_rows": 20_000, "sampled": True}
    evaluation["recorded"]["test"] = {"loss": 0.22, "accuracy": 0.94}
    page = Parsed(html_page(document))
    titles = [text for attributes, text in page.all("th") if attributes.get("scope") == "col"]
    assert titles[:6] == ["metric", "test (sample)", "baseline", "training", "validation", "test (all)"]
    assert any("They are a random sample of the 30,000 rows." in text for _attributes, text in page.all("p"))


def sections(kind):
    return re.findall(r'<section id="([\w-]+)"', PAGES[kind])


def test_sections_without_data_are_absent():
    assert sections("nothing") == ["verdict", "missing"]
    assert "columns" not in sections("ctc") and "columns" in sections("classification")
    assert sections("two_outputs").count("predictions-1") == 1 and "predictions-2" in sections("two_outputs")


def test_the_sections_of_a_run_stand_in_this_order():
    assert sections("classification") == ["verdict", "suggestions", "learning", "predictions", "columns", "network",
                                          "inside", "config", "data", "batches", "environment"]  # fmt: skip


def test_a_comparison_has_each_run_below_it():
    found = sections("comparison")
    assert found[:4] == ["verdict", "learning", "differences", "run-1"]
    assert [name for name in found if name in ("run-1", "run-2", "run-3")] == ["run-1", "run-2", "run-3"]
    assert "run-3-predictions" in found
    assert "★ 0.9500" in PAGES["comparison"] and ">A: adam<" in PAGES["comparison"]


def test_pictures_come_only_from_the_page():
    document = documents.pictures()
    document["runs"][0]["outputs"][0]["most_wrong"][0]["picture"] = "https://example.org/a.png"
    page = html_page(document)
    assert "example.org" not in page and page.count("<img") == PAGES["pictures"].count("<img") - 1


NASTY = [
    "<script>", "</script>", "<!--", '"><img src=x onerror=alert(1)>', "{{x}}", "{0}", "{name}", "__proto__",
    "constructor", "%s", "&lt;", "a\x00b\x1b[31m", "\u202eabc", "\ud800", "]]>", "' onfocus='x", "\\u003cb>",
]  # fmt: skip


@cache
def shape_of_plain(count):
    """The elements of a page whose names are harmless."""
    page = Parsed(html_page(documents.classification([f"class {i}" for i in range(count)])))
    return [(name, sorted(attributes)) for name, attributes, _texts in page.elements]


@settings(max_examples=6, deadline=None)
@example(NASTY[::-1])  # charts show the last twelve of them
@given(st.lists(st.one_of(st.sampled_from(NASTY), st.text(max_size=12)), min_size=3, max_size=4, unique=True))
def test_names_from_the_data_are_shown_and_never_become_markup(names):
    document = documents.classification(names, names[:3])
    document["runs"][0]["name"] = names[0]
    document["runs"][0]["config"][0]["value"] = names[1]
    page = html_page(document)
    page.encode()  # no lone surrogates are left
    found = Parsed(page)
    assert found.errors == []
    shape = [(name, sorted(attributes)) for name, attributes, _texts in found.elements]
    assert shape == shape_of_plain(len(names))
    text = next(text for a, text in found.all("script") if a.get("id") == "report-data")
    assert not {"<", ">", "&"} & set(text)  # with which alone a script element could end
    data = json.loads(text)
    roc = next(chart for chart in data["charts"] if chart["xLabel"] == "false positive rate")
    assert [one["label"].rpartition(" (AUC")[0] for one in roc["series"][:-1]] == names[-12:]
