"""The last layer checked against its target: units against classes, shapes, places, label sequences.

For its activation and the loss see test_loss_and_activation.py.
"""

import pytest

from nnctl import config
from nnctl.data.dataset import Target
from nnctl.engine.executor import Executor
from nnctl.engine.graph import Graph
from nnctl.engine.program import Program
from nnctl.errors import ConfigError, Problem
from nnctl.training.checks.outputs import check_heads, check_taken_over

NUMBER = Target("number", ("y",), ())


def classes(count, labels="integer", shape=None, columns=("y",), **more):
    if shape is None:
        shape = (count,) if labels == "onehot" else ()
    return Target(labels, columns, shape, tuple("abcdefghij"[:count]), **more)


def found(layers, loss, target, shape=(4,)):
    """The one problem of a model, the list of its notes, or None for neither."""
    made = config.loads(f"dataset: iris\nlayers: [{layers}]\nloss: {loss}\nmetrics: []")
    graph = Graph.build(made.nodes, {made.nodes[0].sources[0]: shape}, made.outputs)
    [output] = made.outputs
    try:
        return check_heads(made, graph, {output: target}) or None
    except ConfigError as error:
        [problem] = error.problems
        return problem


def dense(units, activation="softmax"):
    return f"{{Dense: {{units: {units}, activation: {activation}}}}}"


CHANGE = "add Flatten, or change the target"
SPARSE, ONEHOT, BINARY = "sparse_categorical_crossentropy", "categorical_crossentropy", "binary_crossentropy"


@pytest.mark.parametrize("loss", [SPARSE, ONEHOT, BINARY, "mse"])
@pytest.mark.parametrize("activation", ["softmax", "log_softmax"])
def test_softmax_over_one_unit(loss, activation):
    problem = found(dense(1, activation), loss, classes(2))
    assert (
        problem.message
        == f"the last layer 'dense' has {activation} over 1 unit: its output is the same for every input"
    )
    assert problem.where == "config:2:11: layers[0].Dense"
    assert "activation: sigmoid with loss: binary_crossentropy, or one unit for each class" in problem.hint
    assert found(dense(1, "sigmoid"), BINARY, Target("binary", ("y",), (1,), ("a", "b"))) is None


@pytest.mark.parametrize(("units", "count", "labels", "hint"), [
    (3, 3, "integer", None), (3, 3, "onehot", None), (2, 2, "integer", None), (2, 2, "onehot", None),
    (3, 4, "integer", "set units: 4"), (4, 3, "integer", "set units: 3"), (3, 4, "onehot", "set units: 4"),
    (2, 3, "onehot", "set units: 3"), (3, 2, "integer", "set units: 2"),
    (10, 9, "integer", "set units: 9"),
])  # fmt: skip
def test_a_unit_for_each_class(units, count, labels, hint):
    problem = found(dense(units), SPARSE if labels == "integer" else ONEHOT, classes(count, labels))
    if hint is None:
        assert problem is None
        return
    assert problem.hint == hint
    names = ", ".join("abcdefghij"[: min(count, 5)]) + (", ..." if count > 5 else "")
    assert problem.message == (
        f"the last layer 'dense' gives {units} values, but the target 'y' has {count} classes ({names})"
    )


@pytest.mark.parametrize(("count", "names"), [(4, "a, b, c, d"), (5, "a, b, c, d, e"), (6, "a, b, c, d, e, ...")])
def test_at_most_five_classes_are_named(count, names):
    assert f"has {count} classes ({names})" in found(dense(3), SPARSE, classes(count)).message


@pytest.mark.parametrize(("units", "count", "hint"), [
    (1, 2, "for two classes use loss: binary_crossentropy with one sigmoid unit, or units: 2"),
    (1, 3, "set units: 3"), (3, 2, "set units: 2"),
])  # fmt: skip
def test_one_unit_for_two_classes(units, count, hint):
    loss = f"{{{SPARSE}: {{from_logits: true}}}}"
    assert found(dense(units, "linear"), loss, classes(count)).hint == hint


@pytest.mark.parametrize(("loss", "says"), [
    (SPARSE, "divides its 2 values by their sum"), (ONEHOT, "divides its 2 values by their sum"),
    ("kl_divergence", "do not sum to 1"),
])  # fmt: skip
def test_two_sigmoid_units_are_no_distribution(loss, says):
    [note] = found(dense(2, "sigmoid"), loss, classes(2, "integer" if loss == SPARSE else "onehot"))
    assert says in note


@pytest.mark.parametrize(("top", "refused"), [(1, False), (1.5, True), (2, True), (0.5, False)])
def test_probabilities_are_at_most_1(top, refused):
    problem = found(f"{{Dense: {{units: 1}}}}, {{ReLU: {{max_value: {top}}}}}", BINARY, Target("binary", ("y",), (1,)))
    assert (problem is not None) == refused
    assert problem is None or problem.message.startswith("binary_crossentropy expects probabilities")


def test_several_columns_are_named():
    target = classes(3, "onehot", columns=("red", "green", "blue"))
    assert "but the target 'red', 'green', 'blue' has 3 classes" in found(dense(2), ONEHOT, target).message


def test_targets_without_classes_are_checked_by_their_shape():
    assert found(dense(3), ONEHOT, Target("onehot", ("p", "q", "r"), (3,))) is None
    problem = found(dense(2), ONEHOT, Target("onehot", ("p", "q", "r"), (3,)))
    assert problem.message == "the last layer 'dense' gives (None, 2), but the target 'p', 'q', 'r' is (None, 3)"
    assert problem.hint == "set units: 3"


@pytest.mark.parametrize(("layers", "shape", "target", "message", "hint"), [
    (dense(1, "linear"), (4,), (1,), None, None), (dense(2, "linear"), (4,), (2,), None, None),
    (dense(1, "linear"), (4,), (2,), "gives (None, 1), but the target 'y' is (None, 2)", "set units: 2"),
    (dense(3, "linear"), (4,), (2,), "gives (None, 3), but the target 'y' is (None, 2)", "set units: 2"),
    (dense(2, "linear"), (5, 4), (5, 2), None, None),
    (dense(2, "linear"), (5, 4), (5, 3), "gives (None, 5, 2), but the target 'y' is (None, 5, 3)", "set units: 3"),
    (dense(2, "linear"), (5, 4), (2,), "gives (None, 5, 2), but the target 'y' is (None, 2)", CHANGE),
    ("Flatten", (2, 3), (2, 3), "gives (None, 6), but the target 'y' is (None, 2, 3)", CHANGE),
    (f"Flatten, {dense(2, 'linear')}", (5, 4), (2,), None, None),
])  # fmt: skip
@pytest.mark.parametrize("loss", ["mse", f"{{{BINARY}: {{from_logits: true}}}}"])
def test_the_output_has_the_targets_shape(layers, shape, target, message, hint, loss):
    problem = found(layers, loss, Target("number" if loss == "mse" else "binary", ("y",), target), shape)
    if message is None:
        assert problem is None
    else:
        assert message in problem.message and problem.hint == hint


@pytest.mark.parametrize(("shape", "target", "places"), [
    ((4,), (), None), ((5, 4), (5,), None), ((5, 4), (), 5), ((5, 4), (4,), 5), ((2, 4), (), 2),
    ((2, 3, 4), (2, 3), None), ((2, 3, 4), (6,), None), ((2, 3, 4), (2,), 6), ((2, 3, 4), (), 6), ((1, 4), (), None),
    ((None, 4), (), None), ((None, 4), (5,), None),
])  # fmt: skip
def test_a_class_number_for_each_place(shape, target, places):
    """For a loss of class numbers; how many steps a row has is known only with the row."""
    problem = found(dense(3), SPARSE, classes(3, shape=target), shape)
    if places is None:
        assert problem is None
        return
    assert f", scores at each of {places} places, but the target 'y' has " in problem.message
    if target == ():
        assert problem.message.endswith("has one class number for each row")
        assert problem.hint == (
            "put a Flatten or a global pooling before it; after a recurrent layer, leave out its return_sequences: true"
        )
    else:
        assert f"has class numbers (None, {target[0]}) for each row" in problem.message
        assert problem.hint == "give every place one class number"


@pytest.mark.parametrize(("loss", "soft", "refused"), [
    ("hinge", True, True), ("squared_hinge", True, True), ("hinge", False, False), (BINARY, True, False),
    ("mse", True, False),
])  # fmt: skip
def test_fractions_for_a_loss_of_margins(loss, soft, refused):
    end = "sigmoid" if loss == BINARY else "linear"
    problem = found(dense(1, end), loss, Target("binary", ("y",), (1,), soft=soft))
    if refused:
        assert problem.message == f"{loss} expects targets of 0 and 1, but the target 'y' has fractions"
        assert problem.hint == "use loss: binary_crossentropy with activation: sigmoid"
    else:
        assert problem is None


LETTERS = Target("sequence", ("text",), (7,), ("a", "b", "c"))
LSTM = "{LSTM: {units: 2, return_sequences: true}}"


@pytest.mark.parametrize(("layers", "message", "hint"), [
    (f"{LSTM}, {dense(4)}", None, None), (f"{LSTM}, {dense(4, 'linear')}", None, None),
    (f"{LSTM}, {dense(3)}", "gives 3 values, but the labels 'text' have 3 classes (a, b, c) and ctc adds the blank",
     "set units: 4"),
    (f"{LSTM}, {dense(5)}", "gives 5 values, but the labels 'text' have 3 classes", "set units: 4"),
    (f"{{LSTM: {{units: 2}}}}, {dense(4)}",
     "ctc expects the classes of each time step, (steps, 4), but the last layer 'dense' gives (None, 4)",
     "set return_sequences: true in the recurrent layers before it"),
    (f"{{LSTM: {{units: 2}}}}, {dense(3)}", "(steps, 4)", "return_sequences"),
    (f"{LSTM}, {dense(4, 'sigmoid')}", "ctc expects softmax or logits, but the last layer 'dense' ends in sigmoid",
     "end with Dense: {units: 4, activation: softmax}"),
    (f"{LSTM}, {dense(4, 'tanh')}", "ends in tanh", "units: 4"),
    (f"{LSTM}, {dense(4, 'relu')}", None, None),  # bounded on one side only: unusual logits
])  # fmt: skip
def test_label_sequences(layers, message, hint):
    problem = found(layers, "ctc", LETTERS, (6, 4))
    if message is None:
        assert problem is None
    else:
        assert isinstance(problem, Problem) and message in problem.message and hint in problem.hint


@pytest.mark.parametrize(("units", "letters", "said"), [
    (1, "a", "gives 1 value, but the labels 'text' have 1 class (a) and"),
    (2, "ab", "gives 2 values, but the labels 'text' have 2 classes (a, b) and"),
])  # fmt: skip
def test_scores_and_labels_are_counted(units, letters, said):
    problem = found(f"{LSTM}, {dense(units, 'linear')}", "ctc", Target("sequence", ("text",), (7,), tuple(letters)),
                    (6, 4))  # fmt: skip
    assert said in problem.message and problem.hint == f"set units: {units + 1}"


def test_scores_of_images_are_not_time_steps():
    problem = found("{Conv2D: {filters: 4, kernel_size: 1}}", "ctc", LETTERS, (6, 5, 1))
    assert "gives (None, 6, 5, 4)" in problem.message and "for images, Permute the columns to the front" in problem.hint


TWO = """
dataset: {path: data.npz, target: {kind: y, size: z}}
inputs: {x: {}}
layers:
  - Dense: {units: 2, activation: KIND, name: kind, from: x}
  - Dense: {units: 1, activation: SIZE, name: size, from: x}
outputs: [kind, size]
loss: {kind: sparse_categorical_crossentropy, size: mse}
metrics: []
"""


def both(kind, size, targets=()):
    made = config.loads(TWO.replace("KIND", kind).replace("SIZE", size))
    graph = Graph.build(made.nodes, {"x": (4,)}, made.outputs)
    given = {"kind": classes(2), "size": Target("number", ("z",), (1,))} | dict(targets)
    return check_heads(made, graph, given)


def test_every_output_is_checked_against_its_own_target():
    assert both("softmax", "linear") == []
    [note] = both("softmax", "sigmoid")
    assert "'size' ends in sigmoid" in note
    notes = both("sigmoid", "tanh")
    assert ["'kind'" in notes[0], "'size'" in notes[1]] == [True, True] and len(notes) == 2
    with pytest.raises(ConfigError) as caught:
        both("linear", "linear", {"size": Target("number", ("z",), (3,))})
    assert ["'kind'" in caught.value.problems[0].message, "'size'" in caught.value.problems[1].message] == [True, True]
    with pytest.raises(ConfigError) as caught:
        both("softmax", "sigmoid", {"kind": classes(3)})  # a note beside it does not hide a problem
    [problem] = caught.value.problems
    assert problem.hint == "set units: 3"


TAKEN = """
dataset: {path: data.npz, target: {scores: y, other: z}}
inputs: {x: {}}
layers:
  - Dense: {units: 3, name: first, from: x}
  - Dense: {units: 4, activation: softmax, name: scores, from: first}
  - Dense: {units: 1, name: other, from: FROM}
outputs: [scores, other]
loss: {scores: LOSS, other: mse}
metrics: []
"""


def taken(source="x", loss="ctc"):
    made = config.loads(TAKEN.replace("FROM", source).replace("LOSS", loss))
    graph = Graph.build(made.nodes, {"x": (6, 4)}, made.outputs)
    executor = Executor(Program(graph, dtype="float32", seed=1), made.losses)
    return check_taken_over(graph, executor.objectives)


@pytest.mark.parametrize(("given", "refused"), [
    ({"source": "scores"}, True), ({}, False), ({"source": "scores", "loss": "mse"}, False),
    ({"source": "scores", "loss": "categorical_crossentropy"}, False),
])  # fmt: skip
def test_a_softmax_that_another_layer_uses_too(given, refused):
    """The loss of label sequences would take the softmax for logits, since another layer uses it too."""
    if not refused:
        assert taken(**given) is None
        return
    with pytest.raises(ConfigError) as caught:
        taken(**given)
    [problem] = caught.value.problems
    assert problem.message == (
        "ctc can be computed together with softmax only where no other layer uses its output and it is the last step "
        "of its layer, which is not the case in 'scores'"
    )
    assert problem.hint == "leave out activation: softmax there: the loss takes logits"
