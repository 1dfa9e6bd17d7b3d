"""Without its extra, whatever needs an optional package says in one line how to install it; nothing else needs one."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import nnctl
from nnctl.extras import EXTRAS

ROOT = Path(__file__).parents[1]

# In front of what is run: packages of the extras that are installed here seem not to be.
BLOCKED = """
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in BLOCKED_PACKAGES:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Blocker())
""".replace("BLOCKED_PACKAGES", repr({*EXTRAS, "keras", "tensorflow", "onnxruntime", "jax", "pandas", "scipy"}))

COMMAND = "import sys; from nnctl.cli import main; sys.argv = ['nnctl', *{arguments!r}]; main()"


def python(program, folder):
    return subprocess.run(
        [sys.executable, "-c", BLOCKED + program], cwd=folder, capture_output=True, text=True, check=False,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(folder), "NNCTL_KERNELS": "numpy"},
    )  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("base")
    nnctl.train("iris", epochs=1, folder=folder / "run")
    zipfile.ZipFile(folder / "model.keras", "w").close()
    return folder


# package -> the commands that need it, and what each of them says
COMMANDS = {
    "torch": [
        (["train", "iris", "--engine", "torch"], "--engine torch needs PyTorch: pip install 'nnctl[torch]'"),
        (
            ["train", "--resume", "run", "--engine", "torch", "--epochs", "2"],
            "--engine torch needs PyTorch: pip install 'nnctl[torch]'",
        ),
    ],
    "onnx": [(["export", "run", "--to", "onnx"], "exporting to ONNX needs onnx: pip install 'nnctl[onnx]'")],
    "h5py": [
        (["export", "run", "--to", "keras"], "exporting to Keras needs h5py: pip install 'nnctl[keras]'"),
        (["import", "model.keras"], "importing a Keras model needs h5py: pip install 'nnctl[keras]'"),
    ],
}
# package -> the module of nnctl that needs it, and what importing it says
MODULES = {"sklearn": [("nnctl.sklearn", "nnctl.sklearn needs scikit-learn: pip install 'nnctl[sklearn]'")]}


def test_every_package_has_a_row():
    assert {*COMMANDS, *MODULES} == set(EXTRAS)


@pytest.mark.parametrize(("arguments", "message"), [row for rows in COMMANDS.values() for row in rows],
                         ids=lambda value: " ".join(value) if isinstance(value, list) else "")  # fmt: skip
def test_a_command_names_the_extra(arguments, message, folder):
    before = sorted(folder.rglob("*"))
    done = python(COMMAND.format(arguments=arguments), folder)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"error: {message}\n")
    assert sorted(folder.rglob("*")) == before  # nothing was written


@pytest.mark.parametrize(("module", "message"), [row for rows in MODULES.values() for row in rows])
def test_a_module_names_the_extra(module, message, folder):
    done = python(f"try:\n    import {module}\nexcept ImportError as error:\n    print(error)", folder)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{message}\n", "")


def test_the_rest_works_without_extras(folder):
    for arguments in (["train", "iris", "--run", "other", "--epochs", "1", "-q"], ["eval", "run"], ["summary", "iris"],
                      ["export", "run", "--to", "torch-code", "-o", "model.py"]):  # fmt: skip
        done = python(COMMAND.format(arguments=arguments), folder)
        assert done.returncode == 0, done.stderr


def test_import_nnctl_imports_nothing_heavy(folder):
    """What it imports is what takes its time: benchmarks/single_rows.py measures it."""
    code = "import sys; before = set(sys.modules); import nnctl; print(*sorted(set(sys.modules) - before))"
    assert python(code, folder).stdout.split() == ["__future__", "nnctl", "nnctl.version"]
