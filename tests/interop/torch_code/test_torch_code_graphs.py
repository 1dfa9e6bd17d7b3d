"""Whole graphs as PyTorch code give the NumPy engine's outputs: random ones, and those with padding."""

import shutil
import subprocess

import numpy as np
import pytest
import torch_code_cases as tc
from golden import read
from random_graphs import arrays, compare, in_nnctl

from nnctl.engine.graph import Graph
from nnctl.engine.program import Program

pytest.importorskip("torch")
CASES = compare.read()
MASKS = read("masks")
RUFF = shutil.which("ruff")


def random_graph(number):
    """(program with the case's weights, inputs, lengths) of a stored case."""
    model, _ = CASES[number]
    inputs = arrays.inputs(model)
    shapes = {name: x.shape[1:] for name, x in inputs.items()}
    program = Program(Graph.build(in_nnctl.spec_of(model).nodes, shapes, model["outputs"]), initialize=False)
    for owner, weights in program.graph.weights.items():
        for index, name in enumerate(weights):
            w = program.view(f"{owner}/{name}")
            w[...] = arrays.weight(model, owner, index, name.rpartition("/")[2], w.shape)
    lengths = {name: arrays.lengths(model, name) for name, how in model["inputs"].items() if how.get("lengths")}
    return program, inputs, lengths


@pytest.mark.parametrize("number", range(len(CASES)))
def test_a_random_graph(number, tmp_path):
    program, inputs, lengths = random_graph(number)
    tc.agree_on(program, inputs, tmp_path, lengths)


@pytest.mark.parametrize("case", MASKS.cases)
def test_padding(case, tmp_path):
    model = MASKS.cases[case]
    entries = []
    for number, entry in enumerate(model["layers"]):
        [(kind, arguments)] = (entry if isinstance(entry, dict) else {entry: {}}).items()
        entries.append({kind: {"name": f"layer{number}"} | arguments})
    inputs = {name: x.astype(np.float32) if x.dtype.kind == "f" else x for name, x in MASKS.under(f"{case}/x").items()}
    shapes = {name: given["shape"] for name, given in model["inputs"].items()}
    spec = tc.spec_of(shapes, entries, [f"layer{len(entries) - 1}"])
    tc.agree_on(tc.program_of(spec, inputs), inputs, tmp_path)


@pytest.mark.parametrize("merge", ["Add", "Multiply", "Maximum", "Concatenate", {"Concatenate": {"axis": 1}}], ids=str)
@pytest.mark.parametrize("second", ["two", "one", "b"], ids=["other mask", "same mask", "no mask"])
def test_the_mask_of_a_merge_goes_on(merge, second, tmp_path):
    [(kind, arguments)] = (merge if isinstance(merge, dict) else {merge: {}}).items()
    entries = [
        {"Masking": {"from": "a", "name": "one"}},
        {"Masking": {"from": "b", "name": "two"}},
        {kind: {"from": ["one", second], "name": "merged", **arguments}},
        {"GRU": {"units": 2, "return_sequences": True, "from": "merged", "name": "rnn"}},
    ]
    rng = np.random.default_rng(0)
    inputs = {name: rng.normal(size=(6, 4, 3)) * (rng.random((6, 4, 1)) < 0.6) for name in ("a", "b")}
    outputs = ["rnn"] if second == "two" else ["rnn", "two"]
    tc.agree_on(tc.program_of(tc.spec_of({"a": [4, 3], "b": [4, 3]}, entries, outputs), inputs), inputs, tmp_path)


def test_a_tensor_is_called_x_until_it_is_needed_again():
    entries = [
        {"Dense": {"units": 3, "name": "one", "from": "a"}},
        {"Dense": {"units": 3, "name": "two", "activation": "relu"}},
        {"Dense": {"units": 3, "name": "three"}},
        {"Add": {"from": ["three", "one"], "name": "sum"}},
        {"Dense": {"units": 3, "name": "four"}},
        {"Dense": {"units": 3, "name": "five", "from": "b"}},
        {"Concatenate": {"from": ["four", "five"], "name": "both"}},
        {"shared": {"layer": "one", "from": "sum", "name": "again"}},
    ]
    spec = tc.spec_of({"a": [3], "b": [3]}, entries, ["both", "again"])
    source = tc.source_of(tc.builder_of(tc.program_of(spec, {name: np.zeros((1, 3)) for name in "ab"})))
    assert (
        """
    def forward(self, a, b):
        one = self.one(a)
        x = F.relu(self.two(one))
        three = self.three(x)
        sum_1 = three + one
        four = self.four(sum_1)
        five = self.five(b)
        both = torch.cat([four, five], dim=-1)
        again = self.one(sum_1)
        return both, again
"""
        in source
    )


@pytest.mark.skipif(RUFF is None, reason="ruff comes with the extra `dev`")
def test_the_files_are_formatted(tmp_path):
    from cases import CASES as LAYERS

    for case, (entry, shapes, *_) in LAYERS.items():
        source = tc.source_of(tc.builder_of(tc.of_one_layer(entry, shapes)))
        (tmp_path / f"{case}.py").write_text(source, encoding="utf-8")
    for number in range(len(CASES)):
        program, _, lengths = random_graph(number)
        (tmp_path / f"graph{number}.py").write_text(tc.source_of(tc.builder_of(program, lengths)), encoding="utf-8")
    for command in (["format", "--diff"], ["check"]):
        done = subprocess.run([RUFF, *command, "--isolated", tmp_path], capture_output=True, text=True,
                              encoding="utf-8", check=False)  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
