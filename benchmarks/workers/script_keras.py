"""A config's training as a Keras script: build, fit with validation, evaluate, save. Timed as a whole process.

    python script_keras.py FOLDER EPOCHS

The backend is KERAS_BACKEND's; the arrays are ready (see prepare.py). Ends with 3 where Keras has no form of the
config.
"""

import sys

from keras_model import PADDED, NotExpressed, compiled, one
from rows import Split, model_of, parts_of


def masked(part: Split, inputs: list[str], names: set[str]) -> list:
    """The inputs, the padded time steps of the named ones filled with what Masking looks for."""
    filled = []
    for name, x in zip(inputs, part.x, strict=True):
        if name in names:
            for row, length in zip(x, part.lengths[name], strict=True):
                row[length:] = PADDED
        filled.append(x)
    return filled


def main(folder: str, epochs: int) -> None:
    description = model_of(folder)
    parts = parts_of(folder, description)
    inputs = list(description["inputs"])
    words = {node["sources"][0] for node in description["nodes"] if node["arguments"].get("mask_zero")}
    # only where a recurrent layer looks at them: elsewhere a mask would end at the next layer
    used = {node["lengths"] for node in description["nodes"] if node["lengths"]} - words
    used = {name for name in used if takes_mask(description, name)}
    x = {name: masked(part, inputs, used) for name, part in parts.items()}
    model = compiled(description, used)
    train, validation, test = (parts.get(name) for name in ("train", "validation", "test"))
    model.fit(
        one(x["train"]), one(train.y), batch_size=description["batch"], epochs=epochs, verbose=0,
        sample_weight=train.weights,
        validation_data=(one(x["validation"]), one(validation.y)) if validation else None,
    )  # fmt: skip
    if test:
        print(model.evaluate(one(x["test"]), one(test.y), verbose=0))
    model.save(f"{folder}/saved.keras")


def takes_mask(description: dict, name: str) -> bool:
    """Whether the input goes straight into layers that know what padding is."""
    kinds = [node["kind"] for node in description["nodes"] if name in node["sources"]]
    return all(kind in ("LSTM", "GRU", "Bidirectional", "Dropout", "Dense") for kind in kinds)


if __name__ == "__main__":
    try:
        main(sys.argv[1], int(sys.argv[2]))
    except NotExpressed as error:
        print(error, file=sys.stderr)
        sys.exit(3)
