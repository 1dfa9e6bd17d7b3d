"""A config's training with scikit-learn's MLPClassifier: train with validation, evaluate, save. Timed as a whole.

    python script_sklearn.py FOLDER EPOCHS

Only for Dense layers of one activation, class numbers, and Adam or SGD; ends with 3 for any other config. It keeps a
running loss and no accuracy in training. Saved by joblib, as its users do.
"""

import sys
import warnings

from rows import model_of, parts_of


class NotExpressed(Exception):
    """The config asks for something that MLPClassifier does not have."""


def arguments_of(description: dict) -> dict:
    *hidden, last = description["nodes"]
    optimizer, given = description["optimizer"]
    if any(node["kind"] != "Dense" or len(node["sources"]) > 1 for node in description["nodes"]):
        raise NotExpressed("layers other than Dense")
    if any(not {"units", "activation"}.issuperset(node["arguments"]) for node in description["nodes"]):
        raise NotExpressed("Dense with further arguments")
    if last["arguments"].get("activation") != "softmax" or len(description["outputs"]) > 1:
        raise NotExpressed("an output other than softmax")
    if description["losses"][0][0] != "sparse_categorical_crossentropy":
        raise NotExpressed(f"the loss {description['losses'][0][0]}")
    activations = {node["arguments"].get("activation", "identity") for node in hidden}
    if len(activations) > 1 or not activations <= {"relu", "tanh"}:
        raise NotExpressed("these activations")
    if optimizer not in ("adam", "sgd", "momentum", "nesterov") or isinstance(given["learning_rate"], dict):
        raise NotExpressed(f"the optimizer {optimizer}, or its schedule")
    found = {"solver": "adam" if optimizer == "adam" else "sgd", "learning_rate_init": given["learning_rate"]}
    if optimizer != "adam":
        found |= {"momentum": given["momentum"], "nesterovs_momentum": given["nesterov"]}
    units = [node["arguments"]["units"] for node in hidden]
    return found | {"hidden_layer_sizes": units, "activation": activations.pop(), "alpha": 0.0}


def main(folder: str, epochs: int) -> None:
    description = model_of(folder)
    arguments = arguments_of(description)
    # imported late: what is refused above costs nothing
    import joblib
    from sklearn.neural_network import MLPClassifier

    warnings.simplefilter("ignore")
    parts = {name: (part.x[0], part.y[0]) for name, part in parts_of(folder, description).items()}
    x, y = parts["train"]
    model = MLPClassifier(batch_size=min(description["batch"], len(x)), **arguments)
    classes = list(range(description["nodes"][-1]["arguments"]["units"]))
    for _ in range(epochs):
        model.partial_fit(x, y, classes=classes)  # one epoch
        if "validation" in parts:
            model.score(*parts["validation"])
    if "test" in parts:
        print(model.loss_, model.score(*parts["test"]))
    joblib.dump(model, f"{folder}/saved.joblib")


if __name__ == "__main__":
    try:
        main(sys.argv[1], int(sys.argv[2]))
    except NotExpressed as error:
        print(error, file=sys.stderr)
        sys.exit(3)
