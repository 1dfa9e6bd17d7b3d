"""No line of English is printed with --lang ko, apart from names, data, YAML, formulas and errors."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from nnctl import cli
from nnctl.reports.topics.ideas import IDEAS
from nnctl.reports.topics.names import all_topics
from nnctl.translation import use_language

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.slow  # every page that there is; .ci/run includes it

# Words that any English sentence has, and no formula, name or key.
COMMON = frozenset(re.findall(r"\w+", """
    an and are as at be because been but by can do does each for from has have how if in into is it its may more most no
    not of on one only or over so than that the their them then there these they this to was which who will with without
    you your
"""))  # fmt: skip
QUOTED = re.compile(r"with probability rate|`[^`]*`|\"[^\"]*\"|“[^”]*”|'[^']*'")
WORDS = re.compile(r"[A-Za-z]+(?:'[a-z]+)?(?:,? [A-Za-z]+(?:'[a-z]+)?){2,}")
# Names that are shown beside the Korean ones.
NAMES = re.compile(rf"\((?:{'|'.join([*IDEAS, 'Follow the regularized leader'])})\)".replace(" ", r"\s+"))
# Lines of others: a config's own text, authors and licences, and the machine.
OTHERS = re.compile(r"^ *\d* │|^ *출처|^ *라이선스|^\| (command|blas|machine|system)")


def english(text):
    """The English in a text: three words or more in a row, with one that any sentence has."""
    for line in NAMES.sub("", text).splitlines():
        if not OTHERS.match(line):
            for words in WORDS.findall(QUOTED.sub("", line)):
                if COMMON & set(re.split(r",? ", words.lower())):
                    yield line.strip()


@pytest.fixture(autouse=True)
def english_again():
    yield
    use_language("en")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Runs of iris and of cars."""
    folder = tmp_path_factory.mktemp("korean")
    for name in ("iris", "cars"):
        printed(["train", name, "--epochs", "3", "--run", str(folder / name)])
    return folder


def printed(arguments):
    done = CliRunner(env={"NNCTL_LANG": "ko", "COLUMNS": "80", "NNCTL_KERNELS": "numpy"}).invoke(cli.program, arguments)
    assert done.exit_code == 0, done.output
    return done.output


def test_english_is_found():
    assert list(english("모두\nThe rows that were read\n- y = max(x, 0) where x > 0\n`it is code`")) == [
        "The rows that were read"
    ]
    assert list(english("  주제: leaky_relu, elu, gelu, he_normal\n  nnctl train iris\n  1 │ # it is a config")) == []


@pytest.mark.parametrize("command", ["", *cli.COMMANDS])
def test_help(command):
    text = printed([command, "--help"] if command else ["--help"])
    assert "사용법: nnctl" in text and not list(english(text))


def test_every_topic():
    lacking = {topic.words: found for topic in all_topics()
               if (found := list(english(printed(["explain", *topic.words.split()]))))}  # fmt: skip
    assert not lacking


@pytest.mark.parametrize("arguments", [
    ["explain"],
    ["explain", "ideas"],
    ["explain", "optimizers"],
    ["explain-batches", "iris", "--ranks", "4"],
    ["explain-batches", "--samples", "1000", "--batch-size", "1000"],
    ["explain-batches", "--samples", "1", "--batch-size", "1"],
    ["explain", "iris"],
    ["explain", "cars"],
    ["explain", "digits_cnn"],
    ["explain", "reviews_text"],
    ["check", "iris"],
    ["check", "cars"],
    ["check", "reviews_text"],
    ["summary", "siamese"],
    ["datasets"],
    ["init", "--list"],
    ["datasets", "iris"],
], ids=" ".join)  # fmt: skip
def test_other_commands(arguments):
    assert not list(english(printed(arguments)))


@pytest.mark.parametrize("name", ["iris", "cars"])
def test_a_run(folder, name, tmp_path):
    run = str(folder / name)
    texts = [
        printed(["train", name, "--epochs", "3", "--run", str(tmp_path / "run")]),
        printed(["eval", run]),
        printed(["report", run, "--markdown"]),
        printed(["explain", run, "--row", "2"]),
        printed(["export", run, "--to", "torch-code", "-o", str(tmp_path / "m.py")]),
        printed(["predict", run, str(ROOT / "datasets" / f"{name}.csv")]),
    ]
    assert not [line for text in texts for line in english(text)]
    assert "Val_loss" not in texts[3] and (name != "iris" or "val_loss 기준으로" in texts[3])


def test_runs_side_by_side(folder):
    assert not list(english(printed(["report", str(folder / "iris"), str(folder / "cars"), "--markdown"])))
    assert not list(english(printed(["runs", str(folder)])))


def test_a_first_config(tmp_path):
    data = ROOT / "datasets" / "cars.csv"
    config = tmp_path / "first.yaml"
    told = printed(["init", "--from", str(data), "--target", "mpg", "-o", str(config)])
    assert not list(english(told))
    assert not list(english(config.read_text(encoding="utf-8").replace("#", "")))


@pytest.mark.parametrize("arguments", [
    ["report", "iris"],
    ["report", "cars"],
    ["report", "iris", "cars"],
    ["explain-batches", "iris"],
    ["explain", "adam"],
    ["explain", "iris"],
], ids=" ".join)  # fmt: skip
def test_a_page(folder, arguments, tmp_path):
    command, *names = arguments
    page = tmp_path / "page.html"
    if command == "report":
        printed([command, *(str(folder / name) for name in names), "-o", str(page)])
    else:
        printed([command, *names, "--html", str(page)])
    text = page.read_text(encoding="utf-8")
    assert '<html lang="ko"' in text
    shown = re.sub(r"<(script|style).*?</\1>|<code.*?</code>|<pre.*?</pre>|<td>[^<]*</td>", "", text, flags=re.DOTALL)
    assert not list(english(re.sub(r"<[^>]*>", "\n", shown)))
    titles = re.findall(r'(?:title|aria-label|alt|data-[a-z]+)="([^"]*)"', shown)
    assert not list(english("\n".join(titles)))
