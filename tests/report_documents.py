"""Documents of reports, written by hand for the tests of the page: every kind of run, with made-up numbers."""

import base64
import math
import struct
import zlib
from copy import deepcopy


def classification(
    names=("setosa", "versicolor", "virginica"), columns=("sepal length", "petal length", "petal width")
):
    run = _run("iris", "classification")
    epochs = list(range(1, 41))
    run["history"] = _history(epochs, "accuracy", rates=[0.01 * 0.95**epoch for epoch in epochs])
    counts = [[10 if i == j else (i + j) % 2 for j in range(len(names))] for i in range(len(names))]
    run["outputs"] = [_output(
        "species", "classification",
        classes=list(names),
        confusion={"classes": list(names), "matrix": counts, "shown_classes": len(names), "all_classes": len(names),
                   "mistakes": [{"actual": names[0], "predicted": names[1], "rows": 1, "share": 0.1}]},
        per_class=[{"name": name, "precision": 0.9 - i / 10, "recall": None if i == 2 else 0.8, "f1": 0.85 - i / 20,
                    "support": 10 + i, "predicted": 9 + i} for i, name in enumerate(names)],
        roc=[{"name": name, "fpr": [0.0, 0.0, 0.1, 1.0], "tpr": [0.0, 0.6, 0.9 - i / 10, 1.0], "auc": 0.95 - i / 20}
             for i, name in enumerate(names)],
        precision_recall=[{"name": name, "recall": [0.0, 0.5, 1.0], "precision": [1.0, 0.9 - i / 10, 0.3],
                           "average_precision": 0.9 - i / 10, "prevalence": 0.33} for i, name in enumerate(names)],
        calibration={"bins": [{"confidence": c, "accuracy": c - 0.1, "rows": 10} for c in (0.45, 0.65, 0.85, 0.97)],
                     "expected_calibration_error": 0.1},
        most_wrong=[wrong(names[1], names[2], values={column: f"{i}.5" for i, column in enumerate(columns)})],
    )]  # fmt: skip
    run["importance"] = {
        "metric": "accuracy", "score": 0.93, "rows": 30, "repeats": 5,
        "columns": [{"column": column, "mean": 0.4 / (i + 1) - 0.14, "std": 0.05} for i, column in enumerate(columns)],
        "all_columns": len(columns), "unused_columns": sum(i > 1 for i in range(len(columns))),
    }  # fmt: skip
    return _document(run)


def pictures():
    """A classifier of small pictures: most wrong ones, filters."""
    document = classification([str(digit) for digit in range(10)], ())
    run = document["runs"][0]
    run["name"], run["importance"] = "digits_cnn", None
    run["outputs"][0]["most_wrong"] = [wrong("3", "8", picture=PICTURE) for _ in range(6)]
    run["filters"] = [{"layer": "conv2d", "kind": "Conv2D", "shape": [3, 3], "units": 16, "pictures": [PICTURE] * 8}]
    return _own_parts(document)


def regression():
    run = _run("cars", "regression")
    run["history"] = _history(list(range(1, 31)), "mean_absolute_error", better="min")
    actual = [10 + 0.7 * i for i in range(40)]
    run["outputs"] = [_output(
        "mpg", "regression",
        residuals=[{
            "name": "mpg", "actual": actual, "predicted": [value + math.sin(i) for i, value in enumerate(actual)],
            "histogram": _histogram(-3.0), "mean_absolute_error": 1.9, "root_mean_squared_error": 2.6,
            "mean_error": -0.2, "r2": 0.87, "largest": [wrong("30.0", "21.5", values={"weight": "2130"})],
        }],
    )]  # fmt: skip
    return _own_parts(_document(run))


def ctc():
    run = _run("digit_lines", "ctc")
    run["history"] = _history(list(range(1, 21)), "label_error_rate", better="min")
    lines = [{"row": f"line {i}", "expected": "40517", "predicted": "4051", "edit_distance": 1, "picture": PICTURE}
             for i in range(3)]  # fmt: skip
    run["outputs"] = [_output("text", "ctc", sequences={
        "rows": 200, "label_error_rate": 0.034, "exact": 0.82, "worst_lines": lines,
        "edits": [{"expected": "7", "predicted": "", "times": 12}, {"expected": "1", "predicted": "7", "times": 5},
                  {"expected": "", "predicted": "1", "times": 2}],
    })]  # fmt: skip
    return _own_parts(_document(run))


def autoencoder():
    run = _run("autoencoder", "other")
    run["history"] = _history([1, 2], None)
    pair = {"row": "17", "input": PICTURE, "output": PICTURE, "loss": 0.12}
    run["outputs"] = [_output("pixels", "other", reconstructions=[pair] * 4)]
    return _own_parts(_document(run))


def two_outputs():
    document = classification()
    run = document["runs"][0]
    run["outputs"] += regression()["runs"][0]["outputs"]
    return _own_parts(document)


def nothing():
    """A run that ended before its first epoch."""
    run = _run("empty", "classification")
    run |= {"state": "stopped", "evaluation": None, "graph_svg": None, "layers": [], "weights": [], "activations": None,
            "config": [], "config_yaml": "", "notes": [], "environment": {}, "batches": None,
            "missing": ["The run has no epoch yet, so there is nothing to evaluate."]}  # fmt: skip
    run["verdict"] = {"headline": "Nothing was trained.", "grade": "unknown", "sentences": [], "suggestions": []}
    return _document(run)


def comparison(names=("adam", "sgd", "rmsprop")):
    document = _own_parts(classification())
    for part in ("roc", "precision_recall", "most_wrong"):
        document["runs"][0]["outputs"][0][part] = []
    document["runs"] = [deepcopy(document["runs"][0]) for _name in names]
    for number, run in enumerate(document["runs"]):
        history = run["history"]
        history["series"]["val_loss"] = [value * (1 + number / 4) for value in history["series"]["val_loss"]]
    document["comparison"] = {
        "names": list(names),
        "verdict": "adam is best: its accuracy is 0.95.",
        "comparable": True,
        "sentences": [],
        "config_differences": [{"key": "optimizer", "values": list(names)},
                               {"key": "optimizer.learning_rate", "values": ["0.001", None, "0.01"][: len(names)]}],
        "metrics": [{"name": "accuracy", "values": [0.95, 0.9, None][: len(names)], "baseline": [0.33] * len(names),
                     "best_index": 0, "better": "max"},
                    {"name": "seconds", "values": [1.5, 2.5, 61.0][: len(names)], "baseline": [None] * len(names),
                     "best_index": None, "better": None}],
        "charts": ["val_loss", "val_accuracy"],
    }  # fmt: skip
    return document


KINDS = {
    "classification": classification,
    "pictures": pictures,
    "regression": regression,
    "ctc": ctc,
    "autoencoder": autoencoder,
    "two_outputs": two_outputs,
    "nothing": nothing,
    "comparison": comparison,
}


def _png(size=8):
    rows = b"".join(b"\0" + bytes(255 - 30 * abs(x - y) for x in range(size)) for y in range(size))

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", size, size, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


PICTURE = f"data:image/png;base64,{base64.b64encode(_png()).decode()}"

GRAPH = """<svg xmlns="http://www.w3.org/2000/svg" width="200" height="100" viewBox="0 0 200 100" role="img">
<title>A network of 1 boxes</title>
<style>.box { fill: red; }</style>
<g><title>dense</title><rect class="box trained" x="10" y="10" width="180" height="46" rx="6"/>
<text class="name" x="20" y="30">dense</text></g>
<path class="line" d="M 100 56 L 100 90"/>
</svg>
"""


def _document(run):
    return {"format": "nnctl report 1", "language": "en", "made_at": "2026-01-02T03:04:05+09:00",
            "nnctl_version": "1.0", "runs": [run], "comparison": None}  # fmt: skip


def _own_parts(document):
    """The document without the parts that every run has, which those of classification() show."""
    for run in document["runs"]:
        run |= {"weights": [], "activations": None, "layers": [], "graph_svg": None, "config": [], "config_yaml": "",
                "notes": [], "environment": {}, "batches": None}  # fmt: skip
        run["history"]["charts"] = run["history"]["charts"][:1]
    return document


def _run(name, task):
    return {
        "name": name, "folder": f"runs/{name}", "created": "2026-01-02T03:00:00+09:00", "state": "finished",
        "verdict": {
            "headline": "The model is clearly better than the baseline.",
            "grade": "good",
            "sentences": [
                {"rule": "baseline", "severity": "good", "text": "The accuracy is 0.93, the baseline's 0.33."},
                {"rule": "overfitting", "severity": "warning", "text": "The validation loss rises after epoch 30."},
                {"rule": "unused", "severity": "problem", "text": "One class is never predicted."},
                {"rule": "small", "severity": "note", "text": "The test split has 30 rows."},
            ],
            "suggestions": [
                {"rule": "overfitting", "text": "Stop when the validation loss no longer falls.",
                 "yaml": "callbacks:\n  - early_stopping:\n      patience: 10\n",
                 "command": "nnctl train iris.yaml --set epochs=30"},
                {"rule": "rows", "text": "Collect more rows of the rare class.", "yaml": None, "command": None},
            ],
        },
        "missing": [],
        "facts": {"dataset": name, "model": "Dense 16, Dense 3", "task": task,
                  "rows": {"train": 120, "validation": 0, "test": 30}, "parameters": 131, "trainable": 131,
                  "optimizer": "adam", "losses": {"output": "loss"}, "engine": "numpy", "epochs": 40,
                  "planned_epochs": 40, "seconds": 0.51, "weights": "These are the weights of epoch 30."},
        "history": None,
        "evaluation": {
            "split": "test", "rows": 30, "evaluated_rows": 30, "sampled": False,
            "metrics": {"loss": 0.21, "accuracy": 0.93},
            "baseline": {"metrics": {"loss": 1.1, "accuracy": 0.33}, "metric": "accuracy", "value": 0.33,
                         "model_value": 0.93, "train_loss": 1.1,
                         "description": "The baseline always predicts the most frequent class."},
            "bigger": ["accuracy"], "scaled": [], "perfect": {"loss": 0.0, "accuracy": 1.0},
            "recorded": {"train": {"loss": 0.1, "accuracy": 0.97}, "validation": {"loss": 0.2, "accuracy": 0.94}},
        },
        "outputs": [],
        "importance": None,
        "layers": [{"name": "dense", "kind": "Dense", "shape": [16], "parameters": 80, "sources": ["x"],
                    "shared": None}],
        "weights": [{"layer": "dense", "weight": weight, "shape": [4, 16], "trained": True, "minimum": -1.0,
                     "maximum": 1.0, "mean": 0.01, "std": 0.4, "histogram": _histogram(-1.0)}
                    for weight in ("kernel", "bias")],
        "activations": {"rows": 30, "layers": [
            {"layer": "dense", "kind": "Dense", "activation": "relu", "shape": [16], "units": 16, "mean": 0.5,
             "std": 0.3, "zero_fraction": 0.4, "dead_units": 2, "saturated_fraction": None,
             "histogram": _histogram(0.0)}]},
        "filters": [],
        "graph_svg": GRAPH,
        "config": [{"key": "epochs", "value": "40", "origin": "line 3", "set_by_user": True},
                   {"key": "seed", "value": "0", "origin": "default", "set_by_user": False}],
        "config_yaml": "epochs: 40  # line 3\nseed: 0  # default\n",
        "notes": ["4 columns were standardized."],
        "environment": {"python": "3.12", "packages": {"numpy": "2.1"}, "seed": 0},
        "batches": {"samples": 120, "batch_size": 32, "epochs": 40, "iterations_per_epoch": 4, "last_batch": 24,
                    "total_iterations": 160, "samples_seen": 4800,
                    "formulas": [{"title": "Iterations in an epoch", "lines": ["ceil(120 / 32) = 4"]}]},
    }  # fmt: skip


def _history(epochs, metric, better="max", rates=None):
    falling = [1.1 / (1 + 0.2 * epoch) for epoch in epochs]
    series = {
        "loss": falling,
        "val_loss": [value + 0.002 * epoch for epoch, value in zip(epochs, falling, strict=True)],
    }
    charts = [{"name": "loss", "series": ["loss", "val_loss"], "baseline": 1.1, "better": "min"}]
    if metric:
        values = [1 - value / 1.3 for value in falling] if better == "max" else falling
        series |= {metric: values, f"val_{metric}": [value * 0.96 for value in values]}
        charts.append({"name": metric, "series": [metric, f"val_{metric}"], "baseline": 0.33, "better": better})
    return {
        "epochs": epochs, "series": series, "charts": charts, "learning_rate": rates or [0.001] * len(epochs),
        "seconds": [0.01 * epoch for epoch in epochs], "best_epoch": epochs[len(epochs) * 3 // 4],
        "monitor": "val_loss", "bigger_is_better": False, "reason_ended": "done",
        "ended": "The run is complete.", "thinned": False,
    }  # fmt: skip


def _histogram(low):
    return {"edges": [low + i * 0.25 for i in range(13)], "counts": [1, 2, 5, 9, 14, 18, 12, 7, 3, 0, 1, 1]}


def _output(name, kind, **parts):
    return {"name": name, "layer": "dense", "kind": kind, "loss": "loss", "columns": [name], "classes": [],
            "confusion": None, "per_class": [], "roc": [], "precision_recall": [], "calibration": None,
            "residuals": [], "reconstructions": [], "sequences": None, "most_wrong": [], **parts}  # fmt: skip


def wrong(target, predicted, picture=None, values=None):
    return {"row": "71", "target": target, "predicted": predicted, "probability": 0.12, "confidence": 0.85,
            "loss": 2.1, "picture": picture, "values": values, "text": None}  # fmt: skip
