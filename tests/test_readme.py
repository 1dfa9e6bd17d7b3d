"""The README agrees with the package: its links, its commands, and the layers, losses and optimizers that it names."""

import re
from pathlib import Path

import pytest

from nnctl.cli import COMMANDS
from nnctl.nn.layers import layers
from nnctl.nn.losses import losses
from nnctl.nn.metrics import metrics
from nnctl.nn.optimizers import optimizers

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
LINKS = sorted({link for link in re.findall(r"\]\(([^)#]+)", README) if "://" not in link})


@pytest.mark.parametrize("link", LINKS)
def test_every_linked_file_exists(link):
    assert (ROOT / link).exists()


def test_every_command_for_a_posix_shell_is_also_given_for_powershell():
    posix, powershell = (re.findall(rf"```{shell}\n(.*\.venv.*)\n```", README) for shell in ("sh", "powershell"))
    assert len(posix) == 2
    changes = (("python3 ", "py "), (" && ", "; "), (".venv/bin/", ".venv\\Scripts\\"))
    for old, new in changes:
        posix = [command.replace(old, new) for command in posix]
    assert powershell == posix


def test_the_table_of_commands_has_each_once():
    table = re.findall(r"^\| `nnctl ([\w-]+)", README, re.MULTILINE)
    assert sorted(table) == sorted(COMMANDS)


def named(row, kinds=r"`(\w+)`"):
    """The names in code style in the table rows that begin with `row`."""
    return [name for line in README.splitlines() if line.startswith(f"| {row}") for name in re.findall(kinds, line)]


def test_the_layers_that_it_names_exist_and_the_reference_that_it_links_has_all():
    known = {name for name in named("`layers`") if name[0].isupper()}
    assert len(known) > 50 and known <= set(layers)
    assert "(docs/reference/README.md)" in README
    page = (ROOT / "docs" / "reference" / "layers.md").read_text(encoding="utf-8")
    assert set(layers) <= set(re.findall(r"^## (\w+)$", page, re.MULTILINE))


@pytest.mark.parametrize("row, family", [("`loss`", losses), ("`optimizer`", optimizers), ("`metrics`", metrics)])
def test_every_name_in_the_tables_exists(row, family):
    names = named(row)
    assert len(names) > 5
    for name in names:
        if name not in ("loss", "optimizer", "metrics", "binary_", "categorical_", "clipnorm", "weight_decay",
                        "learning_rate", "weighted_metrics"):  # fmt: skip
            family.lookup(name)


def test_every_ready_config_is_listed():
    told = (ROOT / "configs" / "README.md").read_text(encoding="utf-8")
    for path in (ROOT / "configs").rglob("*.yaml"):
        assert f"{path.relative_to(ROOT / 'configs').as_posix()})" in told, path.name


def test_the_korean_readme_has_the_same_commands_configs_and_names():
    korean = (ROOT / "README.ko.md").read_text(encoding="utf-8")

    def told(text):
        commands = re.findall(r"^\| `nnctl ([\w-]+)[^|]*\|", text, re.MULTILINE)
        rows = re.findall(r"^\| (`[a-z_]+`[^|]*)\|([^|]*)\|", text, re.MULTILINE)
        names = [re.findall(r"`([^`]+)`", cell) for row in rows for cell in row]
        return commands, sorted(map(sorted, names)), re.findall(r"```(?:sh|powershell)\n(.*\.venv.*)\n```", text)[:2]

    commands, names, installed = told(korean)
    assert (commands, names, installed) == told(README) and len(commands) > 10 and len(names) > 20
    # without comments, a block that both have is the same: the file, and the commands for one's own data
    for kind in ("yaml", r"sh\nnnctl init"):
        blocks = [re.search(rf"```{kind}(.*?)```", text, re.DOTALL)[1] for text in (README, korean)]
        plain = [[line.partition(" #")[0].rstrip() for line in block.splitlines()] for block in blocks]
        assert plain[0] == plain[1]
