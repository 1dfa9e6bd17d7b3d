"""The list of layers as a graph: names, sources, shared layers, inputs and outputs."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from configs import config_text, nodes, same, wrong
from nnctl import config

TWO = "inputs: {left: {shape: [4]}, right: {shape: [4]}}"

# id: (layers, the rest of the file, what each layer takes)
GRAPHS = {
    "a list": ("Dense: {units: 1}\nDense: {units: 1}", "", {"dense": ("input",), "dense_1": ("dense",)}),
    "names alone": ("Flatten\nReLU\nDense: {units: 1}", "",
                    {"flatten": ("input",), "re_lu": ("flatten",), "dense": ("re_lu",)}),
    "by name": (
        "Dense: {units: 1, name: a}\nDense: {units: 1, name: b, from: input}\nAdd: {from: [a, b]}", "",
        {"a": ("input",), "b": ("input",), "add": ("a", "b")},
    ),
    "above": (
        "Dense: {units: 1, name: a}\nDense: {units: 1}\nAdd: {from: [above, a]}", "",
        {"a": ("input",), "dense": ("a",), "add": ("dense", "a")},
    ),
    "above of the first is the input": ("Dense: {units: 1, from: above}", "", {"dense": ("input",)}),
    "one tensor twice": ("Dense: {units: 1}\nMultiply: {from: [dense, dense]}", "",
                         {"dense": ("input",), "multiply": ("dense", "dense")}),
    "two inputs": ("Dense: {units: 1, from: left}\nAdd: {from: [dense, right]}", TWO,
                   {"dense": ("left",), "add": ("dense", "right")}),
    "inputs in the list": (
        "Input: {shape: [4], name: left}\nInput: {shape: [4], name: right}\nAdd: {from: [left, right]}", "",
        {"add": ("left", "right")},
    ),
    "shared": ("Dense: {units: 1, name: tower, from: left}\nshared: {layer: tower, from: right}\n"
               "Add: {from: [tower, above]}", TWO,
               {"tower": ("left",), "tower_1": ("right",), "add": ("tower", "tower_1")}),
    "shared, long": ("Dense: {units: 1, name: tower, from: left}\nDense: {shared: tower, from: right, name: b}\n"
                     "Add: {from: [tower, b]}", TWO, {"tower": ("left",), "b": ("right",), "add": ("tower", "b")}),
    "one source where a layer merges from one on": (
        "MultiHeadAttention: {num_heads: 2, key_dim: 3}", "", {"multi_head_attention": ("input",)}
    ),
    "an anchored layer": ("Dense: &arguments {units: 1}\nDense: {<<: *arguments, name: other}\nDense: *arguments", "",
                          {"dense": ("input",), "other": ("dense",), "dense_1": ("other",)}),
}  # fmt: skip


@pytest.mark.parametrize("name", GRAPHS)
def test_layers_take_what_is_written(name):
    layers, rest, taken = GRAPHS[name]
    assert nodes(config_text(layers, rest)) == taken


# id: (layers, the rest of the file, what the one problem says)
MISTAKES = {
    "no such layer": ("Dense: {units: 1, name: hidden}\nDense: {units: 1, from: hiden}", "",
                      [":4:23", "'hiden'", "did you mean hidden?"]),
    "comes later": ("Dense: {units: 1, from: b}\nDense: {units: 1, from: input, name: b}", "", [":3:", "comes later"]),
    "a circle": ("Dense: {units: 1, from: b, name: a}\nDense: {units: 1, from: a, name: b}", "",
                 [":3:", "a <- b <- a"]),
    "above itself": ("Dense: {units: 1, from: dense}", "", [":3:", "dense <- dense"]),
    "from of numbers": ("Dense: {units: 1, from: 3}", "", [":3:", "got 3", "from: [one, other]"]),
    "from of nothing": ("Dense: {units: 1, from: []}", "", [":3:", "got []"]),
    "one for a merge": ("Dense: {units: 1}\nAdd: {from: dense}", "",
                        [":4:", "Add takes 2 tensors or more, got one: 'dense'"]),
    "above for a merge": ("Dense: {units: 1}\nAdd", "", [":4:", "only the layer above", "from: [above, other]"]),
    "three for two": ("Dense: {units: 1}\nSubtract: {from: [dense, input, dense]}", "",
                      [":4:", "Subtract takes 2 tensors, got 3", "name fewer"]),
    "two for one": ("Dense: {units: 1}\nDense: {units: 1, from: [dense, input]}", "",
                    [":4:", "Dense takes one tensor, got 2", "Concatenate"]),
    "five for attention": ("MultiHeadAttention: {num_heads: 2, key_dim: 3, from: [input, input, input, input, input]}",
                           "",
                           [":3:", "takes 1 to", "got 5"]),
    "which input": ("Dense: {units: 1}\nAdd: {from: [dense, left, right]}", TWO, [":3:", "2 inputs", "from: left"]),
    "which input, above": ("Add: {from: [above, left, right]}", TWO, [":3:", "2 inputs", "from: left"]),
    "a reserved name": ("Dense: {units: 1, name: above}", "", [":3:", "'above' is not allowed as a name"]),
    "a reserved input": ("Dense: {units: 1, from: after}", "inputs: {before: [3], after: [3]}",
                         ["'before' is not allowed as a name"]),
    "before, outside": ("Dense: {units: 1}\nAdd: {from: [above, before]}", "",
                        [":4:", "this repetition of a `repeat`"]),
    "a name with a dot": ("Dense: {units: 1, name: a.b}", "", [":3:", "'a.b' is not allowed"]),
    "one name twice": ("Dense: {units: 1, name: a}\nDense: {units: 1, name: a}", "",
                       [":4:", "taken, in line 3", "another name"]),
    "an alias with its name": ("Dense: &one {units: 1, name: a}\nDense: *one", "",
                               ["taken, in line 3", "remove it from the anchored mapping"]),
    "a typo in what is anchored": ("Dense: &one {units: 1, activaton: relu}\nDense: {<<: *one, activaton: tanh}", "",
                                   [":3:28", ":4:23", "activation"]),
    "shared of nobody": ("Dense: {units: 1}\nshared: {layer: dens}", "",
                         [":4:", "'dens' is not a layer above it", "did you mean dense?"]),
    "shared with arguments": ("Dense: {units: 1}\nshared: {layer: dense, units: 3}", "", [":4:", "remove units"]),
    "shared of another kind": ("Dense: {units: 1}\nFlatten: {shared: dense}", "",
                               [":4:", "'dense' is a Dense, not a Flatten"]),
    "an end in the air": ("Dense: {units: 1}\nDense: {units: 1, from: input}", "", [":3:", "nothing uses 'dense'"]),
    "an input for nothing": ("Dense: {units: 1, from: left}", TWO, ["nothing uses the input 'right'"]),
    "an unknown output": ("Dense: {units: 1}", "outputs: [dens]", ["'dens'", "did you mean dense?"]),
    "an output twice": ("Dense: {units: 1}", "outputs: [dense, dense]", ["listed twice"]),
    "a typo inside a wrapper": ("Bidirectional: {layer: {LSTM: {unit: 3}}}", "",
                                [":3:36", "Bidirectional.layer.LSTM.unit", "did you mean units?"]),
    "an unknown layer inside": ("TimeDistributed: {layer: {Dens: {units: 3}}}", "",
                                [":3:31", "TimeDistributed.layer", "did you mean Dense?"]),
    "a name inside": ("Bidirectional: {layer: {LSTM: {units: 3, name: x}}}", "",
                      [":3:", "name belongs to the enclosing layer"]),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_reported_with_its_place_and_a_hint(name):
    layers, rest, words = MISTAKES[name]
    problems = wrong(config_text(layers, rest))
    assert len(problems) == (2 if name == "a typo in what is anchored" else 1), problems
    for word in words:
        assert word in "\n".join(problems)


def test_nested_layers_are_written_out():
    text = config_text("Bidirectional: {layer: {LSTM: {units: 3}}}\nDense: {units: 1}")
    checked = config.loads(text)
    inner = checked.resolved["layers"][0]["Bidirectional"]["layer"]["LSTM"]
    assert inner["units"] == 3 and inner["recurrent_initializer"] == {"orthogonal": {"gain": 1.0}}
    assert checked.origins["layers[0].Bidirectional.layer.LSTM.units"] == "line 3"
    assert checked.origins["layers[0].Bidirectional.layer.LSTM.use_bias"] == "default"
    assert same(checked, config.loads(config.dump(checked.resolved, checked.origins)))


@st.composite
def graphs(draw):
    """A random list of layers: merges, shared layers, states, blocks; every end is an output."""
    names, recurrent, dense, ends, lines = ["input"], [], [], set(), []
    for at in range(draw(st.integers(1, 8))):
        kinds = ["dense", "lstm", "merge", "block", "twice"] if at else ["dense", "lstm"]
        kind = draw(st.sampled_from([kind for kind in kinds if kind != "twice" or dense]))
        name, source = f"n{at}", draw(st.sampled_from(names))
        taken = [source]
        if kind == "dense":
            dense.append(name)
            lines.append(f"Dense: {{units: {at + 1}, name: {name}, from: {source}, activation: relu}}")
        elif kind == "lstm":
            states = draw(st.sampled_from([None, *recurrent]))
            start = f", initial_state: {states}" if states else ""
            taken += [states] if states else []
            recurrent.append(name)
            lines.append(f"LSTM: {{units: 3, name: {name}, from: {source}, return_state: true{start}}}")
        elif kind == "merge":
            taken += draw(st.lists(st.sampled_from(names), min_size=1, max_size=3))
            lines.append(f"Add: {{name: {name}, from: [{', '.join(taken)}]}}")
        elif kind == "twice":
            lines.append(f"shared: {{layer: {draw(st.sampled_from(dense))}, name: {name}, from: {source}}}")
        else:
            times = draw(st.integers(1, 3))
            lines.append(f"Flatten: {{name: {name}, from: {source}}}")
            lines.append(f"repeat: {{times: {times}, layers: [{{Dense: {{units: 2, name: d{at}}}}}, "
                         f"{{Add: {{from: [above, before, d{at}], name: s{at}}}}}]}}")  # fmt: skip
            names.append(name := f"s{at}_{times}")
        names.append(name)
        ends = (ends - set(taken)) | {name}
    return config_text("\n".join(lines), outputs=f"outputs: [{', '.join(sorted(ends))}]")


@settings(deadline=None, max_examples=60)
@given(graphs())
def test_any_graph_comes_back_from_its_resolved_form(text):
    checked = config.loads(text)
    written = config.dump(checked.resolved, checked.origins)
    again = config.loads(written)
    assert same(checked, again)
    assert again.resolved == checked.resolved
