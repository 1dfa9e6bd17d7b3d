"""What every test starts from."""

import gc
import os

# pytest-xdist tells its workers a terminal's width, at which messages would be broken into lines
os.environ.pop("COLUMNS", None)
# each worker computes on one core: threads that wait for threads of another worker's waste both
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"


def pytest_collection():
    gc.disable()  # thousands of tests are made, and none goes


def pytest_collection_finish():
    gc.freeze()
    gc.enable()
