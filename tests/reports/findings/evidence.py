"""Evidence for the rules, made by hand: its parts are those of a report, without what no rule looks at."""

from nnctl.reports.findings.rules.evidence import Evidence

RESOLVED = {
    "optimizer": {"adam": {"learning_rate": 0.01, "beta_1": 0.9}}, "class_weight": None, "keep": "best", "epochs": 10,
}  # fmt: skip
WRITTEN = {
    "dataset": {"name": "iris"},
    "layers": [{"Dense": {"units": 16, "activation": "relu"}}, {"Dense": {"units": 3, "activation": "softmax"}}],
    "loss": {"dense_1": "sparse_categorical_crossentropy"},
    "optimizer": {"adam": {"learning_rate": 0.01}},
    "epochs": 10,
}


def curves(loss, val_loss=()):
    series = {"loss": list(loss)} | ({"val_loss": list(val_loss)} if val_loss else {})
    best = min((value, at) for at, value in enumerate(val_loss, 1) if value is not None)[1] if val_loss else None
    return {"epochs": list(range(1, len(loss) + 1)), "series": series, "best_epoch": best}


def evaluation(value, baseline, metric="accuracy", bigger=("accuracy",), rows=1000, base_loss=1.0, perfect_loss=0.0,
               **more):  # fmt: skip
    """more: (the model's, the baseline's) of further metrics."""
    metrics = {metric: value} | {name: pair[0] for name, pair in more.items()}
    known = {"loss": base_loss, metric: baseline} | {name: pair[1] for name, pair in more.items()}
    return {
        "split": "test", "rows": rows, "evaluated_rows": rows, "bigger": list(bigger), "metrics": metrics,
        "baseline": {"metric": metric, "value": baseline, "model_value": value, "description": "It guesses.",
                     "train_loss": base_loss, "metrics": known},
        "perfect": {"loss": perfect_loss}, "sampled": False, "recorded": {},
    }  # fmt: skip


def two_outputs(**metrics):
    """The evaluation of a model with the outputs `TWO`, of which `against_baseline` speaks of the first."""
    found = evaluation(0.9, 0.5, "origin_accuracy", ("origin_accuracy",))
    found["metrics"] |= metrics
    found["baseline"]["metrics"] |= {"mpg_loss": 1.0, "mpg_mae": 6.0}
    return found


def scores(name, support, predicted, recall):
    return {"name": name, "support": support, "predicted": predicted, "recall": recall, "precision": 0.5, "f1": 0.5}


def output(kind="classification", **parts):
    return {
        "name": "y", "layer": "dense_1", "kind": kind, "columns": ["y"], "per_class": [], "confusion": {"mistakes": []},
        "calibration": None, "residuals": [], "sequences": None,
    } | parts  # fmt: skip


TWO = [output(name="origin", layer="origin"), output("regression", name="mpg", layer="mpg", confusion=None)]


def importance(**columns):
    found = sorted(
        ({"column": name, "mean": mean, "std": 0.0} for name, mean in columns.items()), key=lambda c: -c["mean"]
    )
    return {"metric": "accuracy", "score": 0.9, "rows": 500, "repeats": 5, "columns": found,
            "all_columns": len(found), "unused_columns": sum(each["mean"] <= 0 for each in found)}  # fmt: skip


def activations(**layers):
    whole = [{"layer": name, "units": 10, "activation": "relu", "dead_units": None, "saturated_fraction": None} | parts
             for name, parts in layers.items()]  # fmt: skip
    return {"rows": 100, "layers": whole}


def evidence(**parts):
    return Evidence(**{"written": WRITTEN, "resolved": RESOLVED, "folder": "runs/iris"} | parts)
