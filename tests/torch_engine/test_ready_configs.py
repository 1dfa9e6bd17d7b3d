"""Every ready config reaches with the torch engine what its comment states, too."""

import pytest

pytest.importorskip("torch")

import re

from test_configs import COMPARE, CONFIGS, name, statement

from nnctl import config
from nnctl.data.catalog.download import find
from nnctl.training import runner

QUICK = {"iris", "wine", "diabetes", "cars", "two_inputs_two_outputs"}  # the others take minutes together


def params():
    for path in CONFIGS:
        yield pytest.param(path, id=name(path), marks=[] if name(path) in QUICK else [pytest.mark.slow])


@pytest.mark.parametrize("path", list(params()))
def test_a_config(path, tmp_path):
    spec = config.load(path, ["engine.backend=torch"])
    if spec.dataset.name in ("fashion_mnist", "mnist") and find(spec.dataset.name) is None:
        pytest.skip(f"{spec.dataset.name} is not on this machine")
    ended = runner.train(spec, folder=tmp_path / "run")
    assert ended.reason in ("done", "early stopping")
    for metric, sign, bound in re.findall(r"test (\w+) (>=|<=) ([\d.]+)", statement(path)):
        assert COMPARE[sign](ended.test[metric], float(bound)), (metric, ended.test[metric])
