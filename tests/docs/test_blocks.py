"""Every YAML block of every page is a network, and every block of commands runs."""

import pytest

from docs.blocks import PAGES, blocks, name_of
from docs.commands import of_page, run, shortened
from docs.prepared import prepare
from docs.shown_output import difference
from docs.yaml_blocks import build, text_of

SHELLS = ("sh", "bash", "console")
YAML = [block for page in PAGES for block in blocks(page, "yaml") if "not run" not in block.marks]
WITH_COMMANDS = [page for page in PAGES if any("nnctl" in block.text for block in blocks(page, *SHELLS))]
# What the commands of a page need beyond the base install; the tests in tests/interop run those.
EXTRAS = {"keras.md": ["keras", "h5py"], "pytorch.md": ["torch"], "torch_engine.md": ["torch"],
          "serving.md": ["onnx", "onnxruntime"]}  # fmt: skip


def in_folder(page, folder, monkeypatch):
    monkeypatch.chdir(folder)
    monkeypatch.setenv("NNCTL_KERNELS", "numpy")  # nothing is compiled for a few iterations
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))  # for tables that a page streams
    prepare(page, name_of(page))


@pytest.mark.parametrize("block", YAML, ids=lambda block: block.id)
def test_yaml_is_a_network(block, tmp_path, monkeypatch):
    in_folder(block.page, tmp_path, monkeypatch)
    parameters, outputs = build(text_of(block), block.id)
    assert parameters > 0 and outputs


def run_page(page, folder, monkeypatch):
    """Runs all commands of a page, with one epoch of training."""
    in_folder(page, folder, monkeypatch)
    found = of_page(page, "slow")
    configs = [block.text for block in blocks(page, "yaml")]
    for at, command in enumerate(found):
        run(shortened(command, [*configs, *(later.text for later in found[at + 1 :])]))


ELSEWHERE = {"fine_tuning.md"}  # with its own test, which looks at the weights


@pytest.mark.slow  # .ci/run includes it
@pytest.mark.parametrize(
    "page", [page for page in WITH_COMMANDS if name_of(page) not in EXTRAS.keys() | ELSEWHERE], ids=name_of
)
def test_commands_run(page, tmp_path, monkeypatch):
    run_page(page, tmp_path, monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in WITH_COMMANDS if name_of(page) not in EXTRAS], ids=name_of)
def test_output_is_as_shown(page, tmp_path, monkeypatch):
    in_folder(page, tmp_path, monkeypatch)
    monkeypatch.delenv("NNCTL_KERNELS")  # as the pages were made
    for command in of_page(page):
        printed = run(command)
        if printed is not None and command.shown is not None and not command.varies:
            found = difference(command.shown, printed)
            assert found is None, f"{command.where}: {found}\n{printed}"
