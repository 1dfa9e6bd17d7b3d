"""What every test starts from, and the order of the files on several cores."""

import gc
import os
import sys
from pathlib import Path

import hypothesis
import pytest

# Half of Hypothesis' own number: the properties hold in every run, and other examples are tried each time. Without a
# deadline, since on a busy machine any example may take longer than its usual 0.2 seconds.
examples = int(os.environ.get("NNCTL_EXAMPLES", "50"))
hypothesis.settings.register_profile("nnctl", max_examples=examples, deadline=None)
hypothesis.settings.load_profile("nnctl")
# pytest-xdist tells its workers a terminal's width, at which messages would be broken into lines
os.environ.pop("COLUMNS", None)
os.environ["NNCTL_LANG"] = "en"  # whatever the locale of whoever runs the tests
# each worker computes on one core: threads that wait for threads of another worker's waste both
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

if os.environ.get("NNCTL_TEST_AS_WINDOWS"):  # before any test imports nnctl
    sys.path.insert(0, str(Path(__file__).parent / "portability" / "as_windows"))
    import pretended_windows

    pretended_windows.begin()

# Files that compile most of the kernels: one worker runs them, and first, while the others run files that need none or
# few. So each kernel is compiled once, not by every worker at the same time.
COMPILING = {
    "tests/kernels/test_twins.py", "tests/kernels/ops/test_dense_chain.py", "tests/kernels/ops/test_fused_optimizer.py",
    "tests/kernels/ops/test_convolution.py", "tests/kernels/ops/test_conv_pool_backward.py",
    "tests/kernels/primitives/test_gemm.py", "tests/kernels/primitives/test_philox.py",
    "tests/nn/layers/test_layers_golden.py", "tests/engine/test_executor.py", "tests/engine/test_fusions.py",
}  # fmt: skip
NEEDS_KERNELS = (
    "tests/kernels/", "tests/nn/", "tests/engine/", "tests/training/", "tests/cli/", "tests/random_graphs/",
    "tests/test_configs.py", "tests/test_kinds.py",
)  # fmt: skip


def pytest_collection_modifyitems(items):
    def place(item):
        file = item.nodeid.partition("::")[0]
        return 0 if file in COMPILING else 2 if file.startswith(NEEDS_KERNELS) else 1

    items.sort(key=place)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    from xdist.scheduler import LoadFileScheduling

    class OneCompiles(LoadFileScheduling):
        def _split_scope(self, nodeid):
            file = super()._split_scope(nodeid)
            return "compiling" if file in COMPILING else file

    return OneCompiles(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_collection():
    gc.disable()  # thousands of tests are made, and none goes


def pytest_collection_finish():
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)  # Numba makes many objects: looking through them each time takes a tenth of it
    gc.enable()
