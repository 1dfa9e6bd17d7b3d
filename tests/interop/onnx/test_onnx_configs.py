"""The ready configs, exported: raw rows of their own data give in onnxruntime what nnctl predicts."""

import numpy as np
import pytest
from test_configs import CONFIGS, name

from nnctl import config
from nnctl.api.trained_run import TrainedRun
from nnctl.data.catalog.bundled import bundled_path
from nnctl.data.catalog.download import find
from nnctl.training.batching import cast
from nnctl.training.model import Model, load_data

pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")

from in_onnxruntime import fill  # noqa: E402
from raw_rows import answers_agree, feed  # noqa: E402

from nnctl.interop.onnx import export  # noqa: E402

ELSEWHERE = ("fashion_mnist", "mnist")  # data that are downloaded
PATHS = [path for path in CONFIGS if path.parent.name != "optimizers"]  # which differ in how they are trained


def untrained(spec, folder):
    """A run with random weights, which need no training."""
    data = load_data(spec)
    targets = {name: coder.target for name, coder in data.preprocessing.targets.items()}
    model = Model.build(spec, data.input_shapes, targets)
    fill(model.program)
    for weight in model.program.named_weights().values():
        weight *= 0.3
    return TrainedRun(folder, model, data.preprocessing)


@pytest.mark.parametrize("path", PATHS, ids=map(name, PATHS))
def test_config(path, tmp_path):
    spec = config.load(path)
    if spec.dataset.name in ELSEWHERE and find(spec.dataset.name) is None:
        pytest.skip(f"{spec.dataset.name} is not on this machine")
    run = untrained(spec, tmp_path)
    export(run, tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx")
    source = str(bundled_path(spec.dataset.name))
    if any(coder.labels == "sequence" for coder in run.preprocessing.targets.values()):  # CTC: classes of the steps
        split = cast(run.preprocessing.read(source, with_targets=False).split, np.float32)
        expected = next(iter(run.model.predict(split)[0].values()))[:20]
        [found] = session.run(None, {key: x[:20] for key, x in feed(session, run, source).items()})
        assert np.allclose(found, expected, atol=1e-4) and (found.argmax(-1) == expected.argmax(-1)).all()
    else:
        assert answers_agree(run, session, source)
