"""Masks: small graphs with padding; outputs, loss, gradients and moving averages of one training step."""

import jax
import keras
import numpy as np

from golden import layers

# case: inputs, of which `pad` is the value of padded steps and `words` means whole numbers below it; layers as a
# config writes them, the last one the output; loss; weighted: the rows have weights
X = {"x": {"shape": [5, 3], "pad": 0.0}}
TWO = {"a": {"shape": [5, 3], "pad": 0.0}, "b": {"shape": [5, 3], "pad": -1.0}}
WORDS = {"x": {"shape": [6], "words": 4}}
MARKED = [{"Masking": {"from": "a", "name": "one"}}, {"Masking": {"mask_value": -1.0, "from": "b", "name": "two"}}]
BOTH = {"from": ["one", "two"]}
SPARSE = "sparse_categorical_crossentropy"


def of(inputs, *entries, loss="mse", weighted=False):
    """A case as `CASES` has it."""
    return {"inputs": inputs, "layers": list(entries), "loss": loss, "weighted": weighted}


CLASSES = {"Dense": {"units": 3, "activation": "softmax"}}
NUMBER = {"Dense": {"units": 2}}
CASES = {
    "steps_of_lstm": of(X, "Masking", {"LSTM": {"units": 4, "return_sequences": True}}, CLASSES, loss=SPARSE),
    "steps_of_lstm_weighted": of(X, "Masking", {"LSTM": {"units": 4, "return_sequences": True}}, CLASSES, loss=SPARSE,
                                 weighted=True),
    "last_of_gru": of(WORDS, {"Embedding": {"input_dim": 4, "output_dim": 3, "mask_zero": True}}, {"GRU": {"units": 4}},
                      {"Dense": {"units": 1, "activation": "sigmoid"}}, loss="binary_crossentropy"),
    "words_unmasked": of(WORDS, {"Embedding": {"input_dim": 4, "output_dim": 3}}, {"GRU": {"units": 4}}, NUMBER),
    "backwards": of(X, "Masking", {"SimpleRNN": {"units": 3, "go_backwards": True}}, NUMBER),
    "bidirectional": of(X, "Masking", {"Bidirectional": {"layer": {"LSTM": {"units": 2, "return_sequences": True}}}},
                        {"Bidirectional": {"layer": {"GRU": {"units": 2}}, "merge_mode": "sum"}}, NUMBER,
                        weighted=True),
    "words_and_places": of(
        {"a": {"shape": [6], "words": 4}, "b": {"shape": [6], "words": 3}},
        {"Embedding": {"input_dim": 4, "output_dim": 3, "mask_zero": True, "from": "a", "name": "one"}},
        {"Embedding": {"input_dim": 3, "output_dim": 3, "mask_zero": True, "from": "b", "name": "two"}},
        {"Add": BOTH}, {"BatchNormalization": {"momentum": 0.7}}, CLASSES, loss=SPARSE,
    ),
    "moments": of(X, "Masking", {"Dense": {"units": 4}}, {"BatchNormalization": {"momentum": 0.7}}, NUMBER,
                  weighted=True),
    "layer_normalization": of(X, "Masking", {"Dense": {"units": 4}}, "LayerNormalization", NUMBER),
    "mean_of_steps": of(X, "Masking", {"Dense": {"units": 4, "activation": "tanh"}}, "GlobalAveragePooling1D", NUMBER,
                        weighted=True),
    "largest_of_steps": of(X, "Masking", {"Dense": {"units": 4}}, "GlobalMaxPooling1D", NUMBER),
    "each_step": of(X, "Masking", {"TimeDistributed": {"layer": {"Dense": {"units": 4, "activation": "relu"}}}},
                    CLASSES, loss=SPARSE),
    "moments_of_each_step": of(X, "Masking", {"TimeDistributed": {"layer": {"BatchNormalization": {"momentum": 0.7}}}},
                               NUMBER),
    "through_activations": of(X, "Masking", {"Activation": {"activation": "tanh"}}, "LeakyReLU",
                              {"Dropout": {"rate": 0.0}}, {"SpatialDropout1D": {"rate": 0.0}},
                              {"Rescaling": {"scale": 0.5}}, NUMBER),
    "ended_by_convolution": of(X, "Masking", {"Conv1D": {"filters": 2, "kernel_size": 3, "padding": "same"}}, NUMBER),
    "ended_by_reshape": of(X, "Masking", {"Reshape": {"target_shape": [3, 5]}}, NUMBER),
    "ended_by_permute": of(X, "Masking", {"Permute": {"dims": [2, 1]}}, NUMBER),
    "ended_by_flatten": of(X, "Masking", {"Dense": {"units": 2}}, "Flatten", NUMBER),
    "ended_by_pooling": of(X, "Masking", {"MaxPooling1D": {"pool_size": 2}}, NUMBER),
    "encoder_decoder": of(X, "Masking", {"GRU": {"units": 3}}, {"RepeatVector": {"n": 4}},
                          {"GRU": {"units": 3, "return_sequences": True}}, NUMBER),
    "masked_twice": of(X, "Masking", {"Activation": {"activation": "relu"}}, "Masking", NUMBER),
    "subtract": of(TWO, *MARKED, {"Subtract": BOTH}, NUMBER),
    "average": of(TWO, *MARKED, {"Average": BOTH}, NUMBER, weighted=True),
    "multiply": of(TWO, *MARKED, {"Multiply": BOTH}, NUMBER),
    "maximum": of(TWO, *MARKED, {"Maximum": BOTH}, NUMBER),
    "minimum": of(TWO, *MARKED, {"Minimum": BOTH}, NUMBER),
    "dot": of(TWO, *MARKED, {"Dot": {"axes": [2, 2]} | BOTH}, NUMBER),
    "one_of_two_masked": of(TWO, MARKED[0], {"Add": {"from": ["one", "b"]}}, NUMBER),
    "side_by_side": of(TWO, *MARKED, {"Concatenate": BOTH}, NUMBER),
    "side_by_side_one_masked": of(TWO, MARKED[0], {"Concatenate": {"from": ["one", "b"]}}, NUMBER),
    "one_after_another": of(TWO, *MARKED, {"Concatenate": {"axis": 1} | BOTH}, NUMBER),
    "attention": of(X, "Masking", {"MultiHeadAttention": {"num_heads": 2, "key_dim": 2}}, NUMBER, weighted=True),
    "attention_then_flat": of(X, "Masking", {"MultiHeadAttention": {"num_heads": 2, "key_dim": 2}}, "Flatten", NUMBER),
    "attention_to_another": of(TWO, *MARKED, {"MultiHeadAttention": {"num_heads": 2, "key_dim": 3} | BOTH}, NUMBER),
    "attention_to_masked": of(TWO, MARKED[0],
                              {"MultiHeadAttention": {"num_heads": 2, "key_dim": 3, "from": ["b", "one"]}}, NUMBER),
    "scored_attention": of(TWO, *MARKED, {"Attention": {"use_scale": True} | BOTH}, NUMBER, weighted=True),
    "scored_attention_then_flat": of(TWO, *MARKED, {"Attention": BOTH}, "Flatten", NUMBER),
    "additive_attention": of(TWO, *MARKED, {"AdditiveAttention": BOTH}, NUMBER),
    "attention_with_key": of(TWO | {"c": {"shape": [5, 2], "pad": 2.0}}, *MARKED,
                             {"Masking": {"mask_value": 2.0, "from": "c", "name": "three"}},
                             {"MultiHeadAttention": {"num_heads": 2, "key_dim": 3, "from": ["one", "two", "three"]}},
                             NUMBER),
}  # fmt: skip
ROWS = 6
LOSSES = {
    "mse": keras.losses.MeanSquaredError,
    "binary_crossentropy": keras.losses.BinaryCrossentropy,
    SPARSE: keras.losses.SparseCategoricalCrossentropy,
}


def inputs(model, rng):
    """Every row has padding and, somewhere, a step that is none."""
    xs = {}
    for name, given in model["inputs"].items():
        shape = (ROWS, *given["shape"])
        padding = rng.random(shape[:2]) < 0.5
        padding[np.arange(ROWS), rng.integers(0, shape[1], ROWS)] = False
        if "words" in given:
            xs[name] = np.where(padding, 0, rng.integers(1, given["words"], shape))
        else:
            xs[name] = np.where(padding[..., None], given["pad"], rng.normal(size=shape))
    return xs


def network(model):
    """(Keras' model, {name: layer}): a layer takes the one above it unless it says `from`, and is called by its
    number unless it has a name."""
    tensors = {
        name: keras.Input(given["shape"], name=name, dtype="int64" if "words" in given else "float64")
        for name, given in model["inputs"].items()
    }
    made = {}
    above = next(iter(tensors))
    for number, entry in enumerate(model["layers"]):
        kind, arguments = next(iter(entry.items())) if isinstance(entry, dict) else (entry, {})
        arguments = dict(arguments)
        sources, name = arguments.pop("from", above), arguments.pop("name", f"layer{number}")
        layer = made[name] = layers.build({kind: arguments})
        xs = [tensors[source] for source in ([sources] if isinstance(sources, str) else sources)]
        if kind == "MultiHeadAttention" and len(xs) == 1:
            xs *= 2
        tensors[name] = layers.call(layer, xs)
        above = name
    return keras.Model([tensors[name] for name in model["inputs"]], tensors[above]), made


def make():
    rng = np.random.default_rng(0)
    arrays = {}
    for case, model in CASES.items():
        keras.backend.clear_session()
        net, made = network(model)
        names = {id(v): f"{layer}/{layers.name_of(v)}" for layer, own in made.items() for v in own.weights}
        for v in net.trainable_variables:
            v.assign(rng.uniform(-1, 1, v.shape))
        xs = inputs(model, rng)
        shape = (ROWS, *net.output.shape[1:])
        y = {
            "mse": lambda shape=shape: rng.normal(size=shape),
            SPARSE: lambda shape=shape: rng.integers(0, shape[-1], shape[:-1]),
            "binary_crossentropy": lambda shape=shape: rng.integers(0, 2, shape).astype(float),
        }[model["loss"]]()
        weights = rng.uniform(0.2, 2, ROWS) if model["weighted"] else None
        # Keras spreads (rows,) over the steps only where there is a mask: said in full
        each = None if weights is None else np.broadcast_to(weights.reshape(-1, *[1] * (len(shape) - 2)), shape[:-1])
        net.compile(loss=LOSSES[model["loss"]]())
        kept = [v.value for v in net.non_trainable_variables]

        def loss(trained, net=net, kept=kept, xs=xs, y=y, each=each):
            metrics = [v.value for v in net.metrics_variables]
            total, (_, out, after, _) = net.compute_loss_and_updates(
                trained, kept, metrics, list(xs.values()), y, each, training=True,
                optimizer_variables=[v.value for v in net.optimizer.variables],
            )  # fmt: skip
            return total, (out, after)

        start = [v.value for v in net.trainable_variables]
        (total, (out, after)), gradients = jax.value_and_grad(loss, has_aux=True)(start)
        arrays |= {f"{case}/x/{name}": x for name, x in xs.items()}
        arrays |= {f"{case}/target": y, f"{case}/y": out, f"{case}/loss": total}
        if weights is not None:
            arrays[f"{case}/weights"] = weights
        for v, gradient in zip(net.trainable_variables, gradients, strict=True):
            arrays[f"{case}/w/{names[id(v)]}"], arrays[f"{case}/dw/{names[id(v)]}"] = v.value, gradient
        for v, value in zip(net.non_trainable_variables, after, strict=True):
            if id(v) in names and "seed" not in v.name:
                arrays[f"{case}/state/{names[id(v)]}"] = value
    return CASES, arrays
