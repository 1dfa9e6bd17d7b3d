"""Random graphs (tests/random_graphs) give in onnxruntime what they give in nnctl."""

import numpy as np
import pytest
from random_graphs import compare, in_nnctl

from nnctl.engine.program import Program

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

from in_onnxruntime import check

CASES = compare.read()


def program_and_inputs(model):
    """A random graph with its weights, in float32."""
    program, executor, batch = in_nnctl.prepare(model, probes=False)
    executor.close()
    single = Program(program.graph)
    for name, w in program.named_weights().items():
        single.view(name)[...] = w
    return single, {name: np.asarray(x) for name, x in batch.inputs.items()}, dict(batch.lengths)


@pytest.mark.parametrize("number", range(100))
def test_a_random_graph(number):
    model, expected = CASES[number]
    if not compare.tame(model, expected):
        pytest.skip("its numbers are too large to compare in float32")
    program, inputs, lengths = program_and_inputs(model)
    check(program, inputs, lengths, rows=(model["rows"], 1))
