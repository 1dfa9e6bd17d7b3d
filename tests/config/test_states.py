"""States as tensors: `encoder.h` under `from`, and `initial_state`."""

import pytest

from configs import config_text, nodes, same, wrong
from nnctl import config

ENCODER = "LSTM: {units: 4, return_state: true, name: encoder}\n"
WRAPPED = "Bidirectional: {layer: {LSTM: {units: 4, return_state: true}}, name: encoder}\n"

# id: (layers, what the last one takes)
STATES = {
    "by name": (ENCODER + "LSTM: {units: 4, from: [input, encoder.h, encoder.c]}", ("input", "encoder.h", "encoder.c")),
    "all of a layer": (ENCODER + "LSTM: {units: 4, from: input, initial_state: encoder}",
                       ("input", "encoder.h", "encoder.c")),
    "a list": (ENCODER + "LSTM: {units: 4, from: input, initial_state: [encoder.c, encoder.h]}",
               ("input", "encoder.c", "encoder.h")),
    "any tensor": (ENCODER + "GRU: {units: 4, from: input, initial_state: [encoder]}", ("input", "encoder")),
    "of a layer without states": ("Dense: {units: 4, name: a}\nGRU: {units: 4, from: input, initial_state: a}",
                                  ("input", "a")),
    "an input": ("Dense: {units: 4, name: a}\nGRU: {units: 4, initial_state: input}", ("a", "input")),
    "without from": (ENCODER + "RepeatVector: {n: 3}\nLSTM: {units: 4, initial_state: encoder}",
                     ("repeat_vector", "encoder.h", "encoder.c")),
    "a GRU has one": ("GRU: {units: 4, return_state: true, name: g}\nGRU: {units: 4, from: input, initial_state: g}",
                      ("input", "g.h")),
    "into a merge": (ENCODER + "Concatenate: {from: [encoder.h, encoder.c]}", ("encoder.h", "encoder.c")),
    "into one": (ENCODER + "Dense: {units: 4, from: encoder.c}", ("encoder.c",)),
    "of both directions": (WRAPPED + "Bidirectional: {layer: {LSTM: {units: 4}}, from: input, initial_state: encoder}",
                           ("input", *(f"encoder.{way}_{state}" for way in ("forward", "backward") for state in "hc"))),
    "of a shared layer": (ENCODER + "shared: {layer: encoder, from: input, initial_state: encoder}",
                          ("input", "encoder.h", "encoder.c")),
    "between repetitions": (ENCODER + "repeat: {times: 2, layers: [{LSTM: {units: 4, from: input, return_state: true, "
                          "name: a, initial_state: encoder}}, {Add: {from: [a.h, a.c, before], name: b}}]}",
                          ("a_2.h", "a_2.c", "b_1")),
}  # fmt: skip


@pytest.mark.parametrize("name", STATES)
def test_states_are_taken(name):
    layers, taken = STATES[name]
    text = config_text(layers)
    assert list(nodes(text).values())[-1] == taken
    checked = config.loads(text)
    assert same(checked, config.loads(config.dump(checked.resolved, checked.origins)))


# id: (layers, what the one problem says)
MISTAKES = {
    "no return_state": ("LSTM: {units: 4, name: encoder}\nLSTM: {units: 4, from: input, initial_state: encoder}",
                        [":4:", "has no state outputs", "add return_state: true to encoder"]),
    "no return_state, by name": ("LSTM: {units: 4, name: encoder}\nDense: {units: 4, from: encoder.h}",
                                 [":4:", "no state 'h'", "add return_state: true to encoder"]),
    "no return_state inside": (WRAPPED.replace(", return_state: true", "")
                               + "Dense: {units: 4, from: encoder.forward_h}",
                               [":4:", "add return_state: true to the layer inside of encoder"]),
    "another state": (ENCODER + "Dense: {units: 4, from: encoder.k}", [":4:", "no state 'k'", "its states: h, c"]),
    "a state of a Dense": ("Dense: {units: 4, name: a}\nDense: {units: 4, from: a.h}",
                           [":4:", "'a' (Dense) has no state 'h'", "recurrent"]),
    "a state of an input": ("Dense: {units: 4, from: input.h}", [":3:", "'input.h'"]),
    "a typo": (ENCODER + "Dense: {units: 4, from: encodr.h}", [":4:", "did you mean encoder.h"]),
    "for a Dense": (ENCODER + "Dense: {units: 4, initial_state: encoder}",
                    [":4:", "Dense takes no initial state", "LSTM"]),
    "for attention": (ENCODER + "MultiHeadAttention: {num_heads: 1, key_dim: 4, initial_state: encoder}",
                      [":4:", "takes no initial state"]),
    "too many": (ENCODER + "LSTM: {units: 4, from: [input, input], initial_state: encoder}",
                 [":4:", "LSTM takes 1 to 3 tensors, got 4"]),
    "a number": (ENCODER + "LSTM: {units: 4, from: input, initial_state: 0}", [":4:", "got 0", "initial_state: name"]),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_with_states_is_reported(name):
    layers, words = MISTAKES[name]
    problems = wrong(config_text(layers))
    assert len(problems) == 1, problems
    for word in words:
        assert word in problems[0]


def test_a_state_is_no_output_but_can_become_one():
    layers = ENCODER + "Dense: {units: 1, from: encoder.c}"
    [problem] = wrong(config_text(layers, outputs="outputs: [dense, encoder.h]"))
    assert "'encoder.h' is a state" in problem
    assert "- Activation: {activation: linear, from: encoder.h, name: encoder_h}" in problem
    mended = config_text(
        layers + "\nActivation: {activation: linear, from: encoder.h, name: encoder_h}", "outputs: [dense, encoder_h]"
    )
    assert config.loads(mended).outputs == ("dense", "encoder_h")


def test_the_resolved_form_says_from_and_where_it_was_written():
    checked = config.loads(config_text(ENCODER + "LSTM: {units: 4, from: input, initial_state: encoder}"))
    arguments = checked.resolved["layers"][1]["LSTM"]
    assert arguments["from"] == ["input", "encoder.h", "encoder.c"] and "initial_state" not in arguments
    assert checked.origins["layers[1].LSTM.from"] == "line 4"
