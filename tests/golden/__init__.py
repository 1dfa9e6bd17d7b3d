"""Expected numbers: fixtures that `make.py` writes from real Keras, and formulas for what Keras does not have.

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

A component that Keras has is a row in the part's module; then `python tests/golden/make.py PART`. One that Keras does
not have is a row in not_in_keras.py, with the reason and a formula of its own, and needs no Keras. `read` gives the
numbers of both in the same way.

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
    """One part's numbers."""

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
    """The numbers of a part, or of several as one."""
    from golden import not_in_keras
    from golden.formulas import numbers

    cases: dict[str, Any] = {}
    arrays: dict[str, np.ndarray] = {}
    for part in parts:
        with np.load(HERE / f"{part}.npz") as file:
            arrays |= {name: file[name] for name in file.files}
        manifest = json.loads(str(arrays.pop("manifest")))
        assert not cases.keys() & manifest["cases"].keys(), "two parts have a case of the same name"
        own, values = numbers(not_in_keras.PARTS.get(part, {}), arrays, manifest["cases"])
        twice = own.keys() & (cases | manifest["cases"]).keys()
        assert not twice, f"{', '.join(twice)}: in tests/golden/{part}.py and in not_in_keras.py; keep one"
        cases |= manifest["cases"] | own
        arrays |= values
    return Golden(manifest["keras"], manifest["backend"], cases, arrays)


def write(part: str, keras: str, backend: str, cases: dict, arrays: dict) -> Path:
    """Writes the fixture of a part; the same numbers give the same bytes."""
    manifest = json.dumps({"keras": keras, "backend": backend, "cases": cases}, indent=1)
    path = HERE / f"{part}.npz"
    np.savez_compressed(path, manifest=np.array(manifest), **{k: np.asarray(v) for k, v in arrays.items()})
    return path
