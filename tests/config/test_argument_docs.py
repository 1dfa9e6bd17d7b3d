"""What is said about arguments: the sentence of a name that several components share is true for each of them."""

from functools import cache

import pytest

from nnctl.config.argument_docs import descriptions as read_descriptions
from nnctl.config.component_argument_texts import COMMON, OF_COMPONENT
from nnctl.reports.topics import declarations

MEMBERS = {(noun, name): cls for noun in declarations.FAMILIES for name, cls in declarations.members(noun).items()}


@cache
def descriptions(cls):
    return read_descriptions(cls)


# Sentences that are shared beyond one family: each was read for all of its families.
SHARED = {
    "stddev": {"layer", "initializer"},
    "epsilon": {"layer", "optimizer"},
    "max_value": {"layer", "activation"}, "negative_slope": {"layer", "activation"},
    "threshold": {"layer", "activation"},
    "from_logits": {"loss", "metric"}, "label_smoothing": {"loss", "metric"}, "delta": {"loss", "metric"},
}  # fmt: skip


@pytest.mark.parametrize(("noun", "name", "argument", "words"), [
    ("loss", "binary_focal_crossentropy", "alpha", "The weight of class 1, and 1 - alpha that of class 0"),
    ("metric", "binary_focal_crossentropy", "alpha", "where `apply_class_balancing` is true"),
    ("layer", "ELU", "alpha", "-alpha"),
    ("schedule", "CosineDecay", "alpha", "a fraction of the initial one"),
    ("optimizer", "adam", "beta_2", "squared gradients"),
    ("optimizer", "lion", "beta_2", "The decay of the mean of the gradients."),
    ("optimizer", "adamax", "beta_2", "largest gradient"),
    ("layer", "LSTM", "dropout", "of the inputs"),
    ("layer", "Attention", "dropout", "of the attention weights"),
    ("layer", "MultiHeadAttention", "dropout", "of the attention weights"),
    ("layer", "LayerNormalization", "axis", "The axis that is normalized"),
    ("layer", "BatchNormalization", "axis", "The axis of the channels"),
    ("layer", "Concatenate", "axis", "joined"),
    ("layer", "MaxPooling2D", "padding", "windows that reach beyond the edge"),
    ("layer", "Conv1D", "padding", "`causal` pads only the start"),
    ("layer", "Conv2D", "padding", "pads with zeros"),
    ("layer", "Conv2DTranspose", "padding", "the size of the input times the stride"),
    ("layer", "ReLU", "negative_slope", "below the threshold"),
    ("layer", "LeakyReLU", "negative_slope", "for negative inputs"),
    ("layer", "GaussianDropout", "rate", "noise"),
    ("layer", "RandomTranslation", "width_factor", "shift"),
    ("layer", "RandomZoom", "width_factor", "zoom"),
    ("schedule", "ExponentialDecay", "decay_steps", "multiplied by `decay_rate`"),
    ("schedule", "PolynomialDecay", "decay_steps", "that the decay takes"),
])  # fmt: skip
def test_an_argument_means_what_it_does_in_its_component(noun, name, argument, words):
    assert words in descriptions(MEMBERS[noun, name])[argument]


def test_a_common_sentence_is_used_in_one_family_or_was_read_for_each():
    families = {}
    for (noun, _), cls in MEMBERS.items():
        for argument, text in descriptions(cls).items():
            if text == COMMON.get(argument):
                families.setdefault(argument, set()).add(noun)
    assert families.keys() == COMMON.keys()  # none is left of which nobody reads
    assert {argument: found for argument, found in families.items() if len(found) > 1} == SHARED


def test_a_sentence_of_a_class_belongs_to_an_argument_of_it():
    for name, texts in OF_COMPONENT.items():
        classes = [cls for cls in MEMBERS.values() if any(home.__name__ == name for home in cls.__mro__)]
        for argument, text in texts.items():
            assert any(descriptions(cls).get(argument) == text for cls in classes), (name, argument)


def test_a_common_sentence_is_not_about_a_number_here_and_a_choice_there():
    for argument, text in COMMON.items():
        kinds = {
            declarations.type_of(cls, argument).partition(",")[0].startswith(("a number", "a whole number"))
            for cls in MEMBERS.values()
            if descriptions(cls).get(argument) == text
        }
        assert len(kinds) <= 1 or argument in ("learning_rate", "factor"), argument
