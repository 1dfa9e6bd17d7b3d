"""Every topic has a page that fits the terminal, and says all that a page of its family should say."""

import functools
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from nnctl.reports.terminal import Terminal, display_width
from nnctl.reports.topics import contents, names, pages, text_page, texts
from nnctl.reports.topics.cases import derivative_line
from nnctl.reports.topics.guidance import guides_of
from nnctl.reports.topics.names import all_topics
from nnctl.reports.topics.pages import found
from nnctl.translation import use_language

TOPICS = all_topics()
page_of = functools.cache(pages.page_of)


def printed(show, *arguments, width=80, unicode=True):
    stream = io.StringIO()
    show(*arguments, Terminal(stream, live=False, color=False, unicode=unicode, width=width))
    return stream.getvalue()


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: f"{topic.family} {topic.name}")
def test_a_page_fits_the_terminal(topic):
    page = page_of(topic)
    for width, unicode in ((80, True), (120, False)):
        text = printed(text_page.show, page, width=width, unicode=unicode)
        assert not [line for line in text.splitlines() if display_width(line) > width]
        assert unicode or text.isascii()


def test_in_a_narrow_terminal_only_yaml_is_wider():
    for words in ("LSTM", "adam", "he_normal", "ctc"):
        text = printed(text_page.show, found(words), width=60)
        before, after = text.split("\nYAML\n")
        _yaml, after = after.split("\n\n", 1)
        assert max(map(display_width, [*before.splitlines(), *after.splitlines()])) <= 60


def test_the_list_has_every_topic():
    text = printed(contents.show)
    assert all(topic.name in " ".join(text.split()) for topic in TOPICS)
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize(
    ("words", "family", "name"),
    [("relu", "activation", "relu"), ("ReLU", "activation", "relu"), ("layer relu", "layer", "ReLU"),
     ("layers/softmax", "layer", "Softmax"), ("leaky-relu", "activation", "leaky_relu"),
     ("swish", "activation", "silu"),
     ("bce", "loss", "binary_crossentropy"), ("MeanSquaredError", "loss", "mse"), ("CTC", "loss", "ctc"),
     ("metric mse", "metric", "mse"), ("nag", "optimizer", "nesterov"), ("keras.layers.ReLU", "layer", "ReLU"),
     ("tf.keras.layers.Dense", "layer", "Dense"), ("keras.optimizers.schedules.CosineDecay", "schedule", "CosineDecay"),
     ("optimizers schedules CosineDecay", "schedule", "CosineDecay"), ("keras.optimizers.Adam", "optimizer", "adam")],
)  # fmt: skip
def test_a_name_finds_its_topic(words, family, name):
    page = found(words)
    assert (page["family"], page["topic"]) == (family, name)


def test_an_example_names_the_arguments_that_it_is_computed_with():
    assert found("leaky_relu")["example"]["intro"] == "With {negative_slope: 0.1}:"
    assert found("relu")["example"]["intro"] == ""
    assert found("GroupNormalization")["example"]["intro"] == "One row and the first weights, with {groups: 2}:"


def test_a_formula_is_not_repeated_as_a_note_and_explains_its_symbols():
    assert found("huber")["notes"] == []
    assert found("CosineDecay")["formula"][1] == "top = initial_learning_rate, t = step"
    assert "fraction = " in found("CosineDecayRestarts")["formula"][1]


def test_the_yaml_of_cosine_similarity_has_a_vector():
    assert "Dense: {units: 3}" in found("cosine_similarity")["yaml"]


def test_other_topics_of_the_name_are_mentioned():
    assert found("softmax")["others"] == ["layer Softmax"]
    assert "nnctl explain layer Softmax" in printed(text_page.show, found("softmax"))


def test_every_name_leads_back_to_its_topic():
    for topic in TOPICS:
        assert names.find(topic.words)[0] == topic


def test_an_unknown_name_suggests_the_nearest():
    with pytest.raises(names.UnknownTopic) as caught:
        found("sigmiod")
    assert caught.value.problems[0].hint.startswith("did you mean sigmoid")


def test_every_component_and_idea_has_advice():
    for topic in TOPICS:
        page = page_of(topic)
        lacking = [key for key in ("summary", "formula", "use", "avoid", "see", "yaml", "keras") if not page[key]]
        if topic.family == names.IDEA:
            lacking = [key for key in lacking if key != "formula"]
        assert not lacking, f"nnctl/reports/topics/guidance/ lacks {lacking} of {topic}"
        assert [names.find(name)[0] for name in page["see"]]  # names of topics that exist


def test_all_texts_of_the_pages_can_be_translated(monkeypatch):
    shown = []
    for module in (pages, contents):
        monkeypatch.setattr(module, "_", lambda text: shown.append(text) or text)
    for topic in TOPICS:
        pages.page_of(topic)
    printed(contents.show)
    declared = set(texts.all_texts())
    assert len(set(shown)) > 500
    assert not set(shown) - declared


def test_a_component_of_a_plug_in_has_a_page_from_its_docstring():
    code = (
        "import io, nnctl_example.layers, nnctl_example.losses, nnctl_example.optimizers, nnctl_example.training\n"
        "from nnctl.reports.terminal import Terminal\n"
        "from nnctl.reports.topics import html, pages, text_page\n"
        "for words in ('Gain', 'quantile', 'signum', 'Warmup', 'StopBelow'):\n"
        "    page = pages.found(words)\n"
        "    text_page.show(page, Terminal.of())\n"
        "    assert page['topic'] in html.html_page(page)\n"
    )
    root = Path(__file__).parents[3]
    path = os.pathsep.join([str(root / "tests/plugins/example_package"), str(root)])
    environment = {**os.environ, "PYTHONPATH": path, "COLUMNS": "80", "PYTHONIOENCODING": "utf-8"}
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", env=environment)
    assert ran.returncode == 0, ran.stderr
    assert "Multiplies every feature by a trained number of its own" in ran.stdout
    assert "y = gain x" in ran.stdout and "optimizer: " in ran.stdout
    assert max(map(display_width, ran.stdout.splitlines())) <= 80


@pytest.mark.parametrize("name", [name for name, guide in guides_of("activation").items() if guide.derivative])
def test_a_derivative_has_no_english_words_in_korean(name):
    formula = guides_of("activation")[name].derivative
    assert derivative_line(formula).removeprefix("dy/dx = ") == formula
    use_language("ko")
    try:
        line = derivative_line(formula)
    finally:
        use_language("en")
    assert line.count("아니면") == formula.count(", else ")
    assert not re.search(r"\b(where|for|else)\b", line) and ("아니면" in line) == (" else " in formula)


@pytest.mark.parametrize("words, line", [
    ("Dropout", "y = x m / (1 - rate), m = 0 (확률 rate), 아니면 1"),
    ("layer LeakyReLU", "x > 0일 때 y = x, 아니면 negative_slope x"),
    ("relu6", "y = min(max(x, 0), 6)"),
])  # fmt: skip
def test_a_formula_with_cases_is_korean_in_korean(words, line):
    use_language("ko")
    try:
        assert found(words)["formula"][0] == line
        assert "otherwise" not in " ".join(found("radam")["formula"])
    finally:
        use_language("en")
