"""`repeat`: the names and sources of the layers in its repetitions, and the mistakes that are reported."""

import pytest

from configs import config_text, nodes, same, wrong
from nnctl import config
from nnctl.config.layer_list import MOST_LAYERS
from nnctl.errors import ConfigError

RESIDUAL = """Dense: {units: 4, name: stem}
repeat: {times: 2, layers: [{Dense: {units: 4, name: inner}}, {Dense: {units: 4}}, {Add: {from: [above, before]}}]}
Dense: {units: 1, name: last}"""

# id: (layers, what each layer takes)
BLOCKS = {
    "a residual block": (RESIDUAL, {
        "stem": ("input",),
        "inner_1": ("stem",), "dense": ("inner_1",), "add": ("dense", "stem"),
        "inner_2": ("add",), "dense_1": ("inner_2",), "add_1": ("dense_1", "add"),
        "last": ("add_1",),
    }),
    "the first of all": ("repeat: {times: 2, layers: [{Dense: {units: 1}}]}",
                         {"dense": ("input",), "dense_1": ("dense",)}),
    "names alone": ("repeat: {times: 2, layers: [ReLU]}", {"re_lu": ("input",), "re_lu_1": ("re_lu",)}),
    "a number in the name": (
        'repeat: {times: 2, layers: [{Dense: {units: 1, name: "a{i}b"}}, {Add: {from: ["a{i}b", before], name: s}}]}',
        {"a1b": ("input",), "s_1": ("a1b", "input"), "a2b": ("s_1",), "s_2": ("a2b", "s_1")},
    ),
    "own repetition before outside": (
        "Dense: {units: 1, name: a}\n"
        "repeat: {times: 2, layers: [{Dense: {units: 1, name: a}}, {Dense: {units: 1, name: b, from: a}}]}",
        {"a": ("input",), "a_1": ("a",), "b_1": ("a_1",), "a_2": ("b_1",), "b_2": ("a_2",)},
    ),
    "from outside, and to the outside": (
        "Dense: {units: 1, name: a}\nrepeat: {times: 2, layers: [{Add: {from: [above, a], name: b}}]}\n"
        "Add: {from: [b_1, b_2], name: c}",
        {"a": ("input",), "b_1": ("a", "a"), "b_2": ("b_1", "a"), "c": ("b_1", "b_2")},
    ),
    "a repetition that begins elsewhere": (
        "Dense: {units: 1, name: a}\n"
        "repeat: {times: 2, layers: [{Dense: {units: 1, from: a, name: b}}, {Add: {from: [b, before], name: c}}]}",
        {"a": ("input",), "b_1": ("a",), "c_1": ("b_1", "a"), "b_2": ("a",), "c_2": ("b_2", "c_1")},
    ),
    "nested": (
        "repeat: {times: 2, layers: [{Dense: {units: 1, name: a}}, "
        "{repeat: {times: 2, layers: [{Add: {from: [before, a], name: b}}]}}, "
        "{Add: {from: [before, b_1, b_2], name: c}}]}",
        {"a_1": ("input",), "b_1_1": ("a_1", "a_1"), "b_1_2": ("b_1_1", "a_1"), "c_1": ("input", "b_1_1", "b_1_2"),
         "a_2": ("c_1",), "b_2_1": ("a_2", "a_2"), "b_2_2": ("b_2_1", "a_2"), "c_2": ("c_1", "b_2_1", "b_2_2")},
    ),
    "weights of one layer, every repetition": (
        "Dense: {units: 1, name: a}\nrepeat: {times: 2, layers: [{shared: a}]}",
        {"a": ("input",), "a_1": ("a",), "a_2": ("a_1",)},
    ),
    "shared within the repetition": (
        "repeat: {times: 2, layers: [{Dense: {units: 1, name: a}}, {shared: {layer: a, name: b}}]}",
        {"a_1": ("input",), "b_1": ("a_1",), "a_2": ("b_1",), "b_2": ("a_2",)},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BLOCKS)
def test_turns_take_what_stands_before_them(name):
    layers, taken = BLOCKS[name]
    text = config_text(layers)
    assert nodes(text) == taken
    checked = config.loads(text)
    assert same(checked, config.loads(config.dump(checked.resolved, checked.origins)))


def test_shared_layers_of_a_turn_share_within_it():
    owners = {
        node.name: node.shared for node in config.loads(config_text(BLOCKS["shared within the repetition"][0])).nodes
    }
    assert owners == {"a_1": None, "b_1": "a_1", "a_2": None, "b_2": "a_2"}


def test_values_come_from_the_lines_of_the_block():
    checked = config.loads(config_text(RESIDUAL))
    origins = [checked.origins[f"layers[{at}].Dense.units"] for at in (0, 1, 4, 7)]
    assert origins == ["line 3", "line 4", "line 4", "line 5"]
    assert checked.nodes[4].where == "config:4:34: layers[1].repeat.layers[0].Dense"


# id: (the block, what its one problem says)
MISTAKES = {
    "no times": ("repeat: {layers: [ReLU]}", ["needs times", "repeat: {times: 3, layers: [...]}"]),
    "no layers": ("repeat: {times: 2}", ["needs layers"]),
    "nothing": ("repeat", ["expected times and layers"]),
    "a number": ("repeat: 3", ["got 3"]),
    "a typo": ("repeat: {time: 2, layers: [ReLU]}", [":4:14", "'time'", "did you mean times?"]),
    "never": ("repeat: {times: 0, layers: [ReLU]}", [":4:14", "at least 1, got 0"]),
    "a fraction": ("repeat: {times: 1.5, layers: [ReLU]}", ["got 1.5"]),
    "true": ("repeat: {times: true, layers: [ReLU]}", ["got true"]),
    "no list": ("repeat: {times: 2, layers: ReLU}", ["expected a list of layers, got 'ReLU'"]),
    "an empty list": ("repeat: {times: 2, layers: []}", ["expected a list of layers, got []"]),
    "a billion": ("repeat: {times: 1000000000, layers: [ReLU]}", ["1,000,000,000 layers", f"{MOST_LAYERS:,}"]),
    "a billion, nested": ("repeat: {times: 100000, layers: [{repeat: {times: 10000, layers: [ReLU]}}]}",
                          ["1,000,000,000 layers"]),
    "an unknown layer": ("repeat: {times: 3, layers: [{Dens: {units: 1}}]}",
                         [":4:", "layers[1].repeat.layers[0]", "did you mean Dense?"]),
    "an unknown argument": ("repeat: {times: 3, layers: [{Dense: {unit: 1}}]}",
                            [":4:", "repeat.layers[0].Dense.unit", "did you mean units?"]),
    "an unknown source": ("repeat: {times: 3, layers: [{Dense: {units: 1, name: inner}}, "
                          "{Add: {from: [iner, above]}}]}",
                          [":4:", "'iner'", "did you mean inner"]),
    "a cycle": ("repeat: {times: 3, layers: [{Dense: {units: 1, from: b}}, {Dense: {units: 1, name: b}}]}",
                ["a cycle"]),
    "one name twice": ("repeat: {times: 3, layers: [{ReLU: {name: a}}, {ReLU: {name: a}}]}", ["'a_1' is already"]),
    "a name of a repetition, outside": ("repeat: {times: 3, layers: [{ReLU: {name: stem}}]}\nReLU: {name: stem_2}",
                                  [":5:", "'stem_2' is already taken, in line 4"]),
    "an end in the air": ("repeat: {times: 3, layers: [{ReLU: {name: a}}, {ReLU: {from: before}}]}",
                          ["nothing uses 'a_1'"]),
    "an input": ("repeat: {times: 1, layers: [{Input: {shape: [3]}}]}", ["an Input cannot be repeated"]),
    "an entry of two": ("repeat: {times: 3, layers: [{ReLU: {}, Flatten: {}}]}", [":4:", "repeat.layers[0]"]),
    "wrongly indented": ("{repeat: , times: 3, layers: [ReLU]}", ["indent times, layers further"]),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_in_a_block_is_told_once_with_its_line(name):
    block, words = MISTAKES[name]
    problems = wrong(config_text(f"Dense: {{units: 1, name: stem}}\n{block}\nDense: {{units: 1}}"))
    assert len(problems) == 1, problems
    for word in words:
        assert word in problems[0]


@pytest.mark.slow
def test_the_most_layers_come_back_from_their_resolved_form():
    block = "{Conv2D: {filters: 4, kernel_size: 3, activation: relu, kernel_regularizer: {l2: {l2: 0.1}}}}"
    checked = config.loads(config_text(f"repeat: {{times: {MOST_LAYERS - 1}, layers: [{block}]}}\nDense: {{units: 1}}"))
    assert same(checked, config.loads(config.dump(checked.resolved, checked.origins)))


@pytest.mark.parametrize(
    ("setting", "units"),
    [
        ("layers.repeat.times=1", [4, 4, 4, 1]),
        ("layers.1.repeat.times=1", [4, 4, 4, 1]),
        ("layers.inner.units=3", [4, 3, 4, 3, 4, 1]),
        ("layers.1.repeat.layers.0.units=3", [4, 3, 4, 3, 4, 1]),
        ("layers.last.units=3", [4, 4, 4, 4, 4, 3]),
    ],
)
def test_set_reaches_into_a_block(setting, units):
    checked = config.loads(config_text(RESIDUAL), overrides=[setting])
    assert [node.layer.units for node in checked.nodes if node.layer.kind == "Dense"] == units


def test_set_of_one_turn_names_the_block():
    with pytest.raises(ConfigError, match="did you mean inner"):
        config.loads(config_text(RESIDUAL), overrides=["layers.inner_2.units=3"])
