"""Keras' numbers: fixtures that `make.py` writes from real Keras and the tests read.

A part is one module here with the fixture beside it, of the same name. `make()` returns

    cases    {case name: JSON}         what each case is, as a config would say it
    arrays   {"case name/x": array}    its inputs and what Keras makes of them

and a test reads them back without Keras:

    from golden import read

    GOLDEN = read("losses")

    @pytest.mark.parametrize("case", GOLDEN.cases)
    def test_agrees_with_keras(case):
        loss = losses.build(GOLDEN.cases[case])
        y, p = GOLDEN[f"{case}/y"], GOLDEN[f"{case}/p"]

To add a part: write the module, `python tests/golden/make.py PART`, and commit both files. Keras works in
float64, which leaves the tolerance to our own rounding, unless the module says `FLOAT = "float32"`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Golden:
    """One part's fixture."""

    keras: str  # the version the numbers come from
    backend: str
    cases: dict[str, Any]
    arrays: dict[str, np.ndarray]

    def __getitem__(self, name: str) -> np.ndarray:
        return self.arrays[name]

    def under(self, prefix: str) -> dict[str, np.ndarray]:
        """The arrays below a prefix, by the rest of their names: under("dense/w") -> {"kernel": ...}."""
        return {
            name.removeprefix(prefix + "/"): array
            for name, array in self.arrays.items()
            if name.startswith(prefix + "/")
        }


def read(*parts: str) -> Golden:
    """The fixture of a part, or of several as one."""
    cases: dict[str, Any] = {}
    arrays: dict[str, np.ndarray] = {}
    for part in parts:
        with np.load(HERE / f"{part}.npz") as file:
            arrays |= {name: file[name] for name in file.files}
        manifest = json.loads(str(arrays.pop("manifest")))
        assert not cases.keys() & manifest["cases"].keys(), "two parts have a case of the same name"
        cases |= manifest["cases"]
    return Golden(manifest["keras"], manifest["backend"], cases, arrays)


def write(part: str, keras: str, backend: str, cases: dict, arrays: dict) -> Path:
    """Writes the fixture of a part; the same numbers give the same bytes."""
    manifest = json.dumps({"keras": keras, "backend": backend, "cases": cases}, indent=1)
    path = HERE / f"{part}.npz"
    np.savez_compressed(path, manifest=np.array(manifest), **{k: np.asarray(v) for k, v in arrays.items()})
    return path
