"""The choice of OpenBLAS' kernels: only where it helps, never against the user, and the numbers stay right."""

import os
import subprocess
import sys

import numpy as np
import pytest

from nnctl.blas import CHOICE, choose_kernels

AVX512 = "fpu avx2 avx512f avx512dq avx512cd avx512bw avx512vl"
CPUS = {
    "zen 5": (f"vendor_id\t: AuthenticAMD\ncpu family\t: 26\nflags\t\t: {AVX512}\n\nvendor_id: x", "SkylakeX"),
    "zen 3": ("vendor_id\t: AuthenticAMD\nflags\t\t: fpu avx2\n", None),
    "intel": (f"vendor_id\t: GenuineIntel\nflags\t\t: {AVX512}\n", None),
    "arm": ("processor\t: 0\nFeatures\t: fp asimd\n", None),
    "empty": ("", None),
}


@pytest.mark.parametrize("cpu", CPUS)
def test_the_choice_follows_the_cpu(cpu, tmp_path, monkeypatch):
    text, expected = CPUS[cpu]
    (tmp_path / "cpuinfo").write_text(text)
    monkeypatch.delenv(CHOICE, raising=False)
    choose_kernels(str(tmp_path / "cpuinfo"))
    assert os.environ.get(CHOICE) == expected


def test_the_users_choice_stands_and_no_cpuinfo_is_no_matter(tmp_path, monkeypatch):
    (tmp_path / "cpuinfo").write_text(CPUS["zen 5"][0])
    monkeypatch.setenv(CHOICE, "Haswell")
    choose_kernels(str(tmp_path / "cpuinfo"))
    assert os.environ[CHOICE] == "Haswell"
    monkeypatch.delenv(CHOICE)
    choose_kernels(str(tmp_path / "none"))
    assert CHOICE not in os.environ


def test_it_is_made_before_numpy_is_loaded():
    code = "import nnctl, sys; assert 'numpy' not in sys.modules; import os; print(os.environ.get('OPENBLAS_CORETYPE'))"
    environment = {key: value for key, value in os.environ.items() if key != CHOICE}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() in ("SkylakeX", "None")


@pytest.mark.parametrize("dtype, close", [("float32", 1e-5), ("float64", 1e-12)])
def test_products_are_right(dtype, close):
    rng = np.random.default_rng(0)
    for m, k, n in ((1, 1, 1), (3, 7, 5), (64, 784, 512), (130, 65, 33)):
        a, b = rng.normal(size=(m, k)).astype(dtype), rng.normal(size=(k, n)).astype(dtype)
        exact = np.einsum("mk,kn->mn", a.astype(np.longdouble), b.astype(np.longdouble))
        for product in (a @ b, (b.T @ a.T).T, np.ascontiguousarray(a.T).T @ np.ascontiguousarray(b.T).T):
            np.testing.assert_allclose(product, exact, rtol=close, atol=close * np.sqrt(k))
