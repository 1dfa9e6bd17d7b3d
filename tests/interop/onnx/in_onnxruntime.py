"""A model's outputs by onnxruntime and by nnctl's own engine, from the same program."""

import numpy as np
import onnxruntime

from nnctl.engine.batch import Batch
from nnctl.engine.executor import Executor
from nnctl.interop.onnx.builder import Builder, Tensor
from nnctl.interop.onnx.lowering import lower
from nnctl.interop.onnx.raw_inputs import real_steps
from nnctl.interop.onnx.writer import assembled
from nnctl.nn.losses import losses

KINDS = {"i": "INT64", "f": "FLOAT"}


def session_of(program, kinds, lengths=()):
    """The program in onnxruntime. kinds: by input, the kind of its dtype. lengths: inputs with a length of each row."""
    b = Builder()
    tensors = {}
    for name in program.graph.inputs:
        shape = program.graph.shapes[name]
        mask = None
        b.input(name, KINDS[kinds[name]], shape)
        if name in lengths:
            b.input(f"{name}_lengths", "INT64", ())
            mask = real_steps(b, f"{name}_lengths", shape[0])
        tensors[name] = Tensor(name, shape, mask)
    outputs = lower(b, program, tensors)
    for name, y in outputs.items():
        b.output(y.name, f"out_{name}", "FLOAT", y.shape)
    return onnxruntime.InferenceSession(assembled(b, "test"), providers=["CPUExecutionProvider"])


def run(session, inputs, lengths=None):
    """{output: array}."""
    given = {name: x.astype(np.int64 if x.dtype.kind in "iu" else np.float32) for name, x in inputs.items()}
    given |= {f"{name}_lengths": each.astype(np.int64) for name, each in (lengths or {}).items()}
    names = [output.name for output in session.get_outputs()]
    return {name.removeprefix("out_"): y for name, y in zip(names, session.run(names, given), strict=True)}


def by_nnctl(program, inputs, lengths=None):
    """{output: array} of nnctl's engine."""
    given = {name: x if x.dtype.kind in "iu" else x.astype(program.dtype) for name, x in inputs.items()}
    executor = Executor(program, {name: losses.build("mse") for name in program.graph.outputs}, None)
    with executor:
        found = executor.predict(Batch(given, {}, None, lengths or {})).outputs
        return {name: y.copy() for name, y in found.items()}


def fill(program, seed=0):
    """Random weights; variances are positive."""
    rng = np.random.default_rng(seed)
    for name, w in program.named_weights().items():
        w[...] = rng.uniform(0.5, 1.5, w.shape) if name.endswith("variance") else rng.uniform(-1, 1, w.shape)


def check(program, inputs, lengths=None, rows=(5, 1)):
    """Both agree, for all rows and for one."""
    kinds = {name: x.dtype.kind.replace("u", "i") for name, x in inputs.items()}
    session = session_of(program, kinds, lengths or {})
    for count in rows:
        some = {name: x[:count] for name, x in inputs.items()}
        own = {name: each[:count] for name, each in (lengths or {}).items()}
        expected, found = by_nnctl(program, some, own), run(session, some, own)
        assert expected.keys() == found.keys()
        for name, y in expected.items():
            assert found[name].shape == y.shape, name
            scale = max(1, np.abs(y).max(initial=0))
            np.testing.assert_allclose(found[name] / scale, y / scale, rtol=0, atol=1e-4, err_msg=name)
            if y.ndim > 1 and y.size:
                last = np.sort(y, axis=-1)
                sure = np.ones(y.shape[:-1], bool) if y.shape[-1] == 1 else last[..., -1] - last[..., -2] > 1e-3
                same = found[name].argmax(-1) == y.argmax(-1)
                assert same[sure].all(), name
