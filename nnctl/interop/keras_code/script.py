"""The whole script: what it imports, data, network, weights, training."""

from __future__ import annotations

from collections.abc import Iterable

from nnctl.interop.keras.graph import KerasModel
from nnctl.interop.keras_code.formatting import STEP, call, listed, mapping, paragraph, statement, text


def script(sections: Iterable[list[str]], docstring: list[str], constants: list[str]) -> str:
    """The text of the file. constants: lines before the first function."""
    body = "\n\n\n".join("\n".join(section) for section in sections)
    used = body + "\n".join(constants)
    standard = ["import csv"] if "csv." in used else []
    standard += ["from pathlib import Path", ""]
    libraries = ["import keras"] + (["import numpy as np"] if "np." in used else [])
    libraries += ["from keras import layers"] if "layers." in used.replace("keras.layers.", "") else []
    libraries += ["from safetensors.numpy import load_file"] if "load_file(" in used else []
    head = [*docstring, "", *standard, *libraries, ""]
    return "\n".join([*head, *constants, *([] if body.startswith(("DATA", "FEATURES")) else ["", ""]), body]) + "\n"


def docstring(name: str, version: str) -> list[str]:
    lines = paragraph(f'"""{name}: the Keras script that the config of this name stands for.')
    return [
        *lines, "", f"Written by nnctl {version}. build_model() makes the network, load_weights(model)",
        "gives it the weights that nnctl has trained, and train(model) trains it.", '"""',
    ]  # fmt: skip


def weights_code(model: KerasModel, prefix: str) -> tuple[list[str], list[str]]:
    """(the constant with the names of the weights, the lines of load_weights). prefix: of the names in the file."""
    owners = {name: layer.names for name, layer in model.layers.items() if layer.names}
    constant = statement(
        mapping({name: listed(list(map(text, own))) for name, own in owners.items()}).before("NAMES = ")
    )
    key = f'f"{prefix}{{layer}}/{{name}}"'
    return constant, [
        "def load_weights(model):", f'{STEP}"""Gives the model the weights that nnctl has trained."""',
        f"{STEP}saved = load_file(WEIGHTS)", f"{STEP}for layer, names in NAMES.items():",
        *statement(call("model.get_layer(layer).set_weights", f"[saved[{key}] for name in names]"), STEP * 2),
    ]  # fmt: skip


MAIN = [
    'if __name__ == "__main__":',
    f"{STEP}network = build_model()",
    f"{STEP}network.summary()",
    f"{STEP}compile_model(network)",
    f"{STEP}train(network)",
]
