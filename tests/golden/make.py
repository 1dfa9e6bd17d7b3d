"""Writes the fixtures from real Keras: `python tests/golden/make.py [PART...]`, all parts by default.

Run by hand, with Keras 3 and JAX installed, when a row or a part is added or Keras changes; the tests need neither.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path

os.environ["KERAS_BACKEND"] = "jax"
os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["JAX_ENABLE_X64"] = "1"  # without it JAX makes float32 of every float64
TESTS = Path(__file__).resolve().parents[1]
sys.path[0] = str(TESTS)  # golden/ itself must not be on the path: its parts' names would shadow others

import keras  # noqa: E402

import golden  # noqa: E402

OTHERS = ("__init__", "formulas", "make", "not_in_keras")
PARTS = sorted(p.stem for p in golden.HERE.glob("*.py") if p.stem not in OTHERS)


def main(parts: list[str]) -> None:
    print(f"Keras {keras.__version__} on {keras.backend.backend()}")
    for part in parts or PARTS:
        module = import_module(f"golden.{part}")
        keras.config.set_floatx(getattr(module, "FLOAT", "float64"))
        cases, arrays = module.make()
        path = golden.write(part, keras.__version__, keras.backend.backend(), cases, arrays)
        print(f"{path.relative_to(TESTS.parent)}: {len(cases)} cases, {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
