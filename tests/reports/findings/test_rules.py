"""Every rule of the verdict, by value: when it speaks, when it is silent, and what it says to change."""

import re
from pathlib import Path

import pytest
from evidence import TWO, WRITTEN, activations, curves, evaluation, evidence, importance, output, scores, two_outputs

from nnctl.reports.findings.rules import baseline, results
from nnctl.reports.findings.verdict import RULES, verdict_of

FALLING = [1.0, 0.8, 0.6, 0.5, 0.4, 0.35, 0.3, 0.25, 0.2, 0.15]
FLAT = [1.0, 0.5, 0.3, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.2]
RISING = [0.9, 0.6, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1]
MISTAKE = {"actual": "rare", "predicted": "often", "rows": 20, "share": 0.5}
LINE = {"row": "1", "expected": "12", "predicted": "", "edit_distance": 2, "picture": None}


def classes(*rows, **more):
    return [output(per_class=[scores(*row) for row in rows], **more)]


def bins(*rows):
    error = sum(abs(sure - right) * n for sure, right, n in rows) / sum(n for *_, n in rows)
    found = [{"confidence": sure, "accuracy": right, "rows": n} for sure, right, n in rows]
    return {"bins": found, "expected_calibration_error": error}


def residual(mean_error, rmse=1.0):
    return {"name": "price", "mean_error": mean_error, "root_mean_squared_error": rmse, "actual": [0.0] * 50}


def losses(now, then):
    """Of the same weights on the same split: in the report, and after training."""
    return evaluation(now, 1.0, "loss", ()) | {"recorded": {split: {"loss": then} for split in ("test", "train")}}


# rule: (evidence for which it speaks, with a word of the sentence), (evidence for which it is silent)
CASES = {
    "diverged": (
        [({"reason": "nan"}, "no longer a number")],
        [{"reason": "done"}, {"reason": "interrupted"}],
    ),
    "interrupted": (
        [({"state": "stopped", "reason": "interrupted"}, "stopped before its end")],
        [{"state": "finished"}, {"state": "running"}, {"state": "stopped", "reason": "nan"}],
    ),
    "against_baseline": (
        [({"evaluation": evaluation(0.95, 0.5)}, "90% of the way"),
         ({"evaluation": evaluation(0.95, 0.5) | {"sampled": True}}, "On the sampled test rows, accuracy is 0.9500"),
         ({"evaluation": evaluation(0.505, 0.5)}, "accuracy is 0.5050: hardly better than the baseline's 0.5000"),
         ({"evaluation": evaluation(0.5, 0.5)}, "no better"), ({"evaluation": evaluation(0.4, 0.5)}, "no better"),
         ({"evaluation": evaluation(2.0, 8.0, "mae", ())}, "75% of the way"),
         ({"evaluation": evaluation(7.99, 8.0, "mae", ())}, "hardly better"),
         ({"evaluation": evaluation(8.01, 8.0, "mae", ())}, "no better"),
         ({"evaluation": evaluation(8.1, 8.0, "mae", ("r2_score",), r2_score=(0.2, -0.01))},
          "the baseline's 8.0000. But r2_score is 0.2000; the baseline has -0.0100."),
         ({"evaluation": evaluation(-3.0, -1.0, "loss", ())}, "the baseline has -1.0"),
         ({"evaluation": evaluation(-0.8, -0.6, "loss", (), perfect_loss=-1.0)}, "50% of the way"),
         ({"evaluation": evaluation(0.61, 0.69, "loss", (), perfect_loss=0.6)}, "89% of the way")],
        [{}],
    ),
    "other_outputs": (
        [({"evaluation": two_outputs(mpg_mae=2.0), "outputs": TWO}, "mpg_mae is 2.0000; the baseline has 6.0000"),
         ({"evaluation": two_outputs(mpg_mae=6.0), "outputs": TWO}, "mpg_mae is 6.0000: no better than"),
         ({"evaluation": two_outputs(mpg_mae=5.98), "outputs": TWO}, "mpg_mae is 5.9800: hardly better than"),
         ({"evaluation": two_outputs(mpg_loss=0.5), "outputs": TWO}, "mpg_loss is 0.5000; the baseline has 1.0000")],
        [{"evaluation": evaluation(0.9, 0.5), "outputs": [output()]}, {"outputs": TWO},
         {"evaluation": evaluation(0.9, 0.5, "origin_accuracy"), "outputs": TWO}],  # nothing is known of the other
    ),
    "uncertain": (
        [({"evaluation": evaluation(0.9, 0.5, rows=50), "outputs": classes(("a", 50, 50, 0.9))}, "only 50 rows")],
        [{"evaluation": evaluation(0.9, 0.5, rows=500), "outputs": classes(("a", 500, 500, 0.9))},
         {"evaluation": evaluation(0.9, 0.5, rows=50), "outputs": classes(("a", 400, 400, 0.9))},  # of 8 time steps
         {"evaluation": evaluation(0.9, 0.5, rows=50) | {"split": "train"}, "outputs": classes(("a", 50, 50, 0.9))},
         {"evaluation": evaluation(3.0, 9.0, "mae", rows=50), "outputs": [output("regression", confusion=None)]}],
    ),
    "data_changed": (
        [({"evaluation": losses(now=0.5, then=0.4)}, "loss on the test rows was 0.4000; now it is 0.5")],
        [{"evaluation": losses(now=0.4, then=0.4001)}, {"evaluation": losses(now=0.4, then=None)}, {},
         {"evaluation": losses(now=0.5, then=0.4) | {"sampled": True}},
         {"evaluation": losses(now=0.5, then=0.4) | {"split": "train"}}],
    ),
    "nothing_held_out": (
        [({"evaluation": evaluation(0.9, 0.5) | {"split": "train"}}, "rows that it was trained on")],
        [{"evaluation": evaluation(0.9, 0.5)}, {}],
    ),
    "learning_rate_too_high": (
        [({"history": curves([1.0, 0.5, 0.9, 0.4, 0.8, 0.4, 0.9])}, "training loss jumps up in 3 of 7 epochs"),
         ({"history": curves(FALLING, [1.0, 0.5, 0.9, 0.4, 0.8])}, "validation loss jumps up in 2 of 5 epochs")],
        [{"history": curves(FALLING)}, {"history": curves([1.0, 0.5, 0.9])},
         {"history": curves([1.0, 0.001, 0.002, 0.001, 0.002, 0.001])}],
    ),
    "not_learning": (
        [({"history": curves([1.0, 1.0, 0.99, 0.99, 0.98])}, "hardly changes")],
        [{"history": curves(FALLING)}, {"history": curves([0.01] * 5), "evaluation": evaluation(0.9, 0.5)}],
    ),
    "still_falling": (
        [({"history": curves(FALLING)}, "still falling"), ({"history": curves(FALLING, FALLING)}, "still falling")],
        [{"history": curves(FLAT)}, {"history": curves(FALLING, FLAT)}, {"history": curves(FALLING[:3])},
         {"history": curves(FALLING), "reason": "early stopping"}, {"history": curves(FALLING), "state": "running"},
         {"history": curves([0.02, 0.018, 0.016, 0.014, 0.012]), "evaluation": evaluation(0.9, 0.5)}],
    ),
    "overfitting": (
        [({"history": curves(FALLING, [1.0] * 10), "resolved": {"keep": "last"}}, "overfits"),
         # the monitor is another metric, by which epoch 9 is best
         ({"history": curves(FALLING, RISING) | {"best_epoch": 9}}, "0.2000 on the training rows, but 1.0000 on the")],
        [{"history": curves(FALLING, FALLING)}, {"history": curves(FALLING)},
         {"history": curves(FALLING, RISING)}],  # the weights that are kept are those of epoch 3
    ),
    "validation_rises": (
        [({"history": curves(FALLING, RISING)}, "lowest in epoch 3"),
         ({"history": curves([1, 0.5, 0.4, 0.3, 0.2], [1, 0.5, 0.6, 0.7, 0.8])}, "for 3 epochs"),
         ({"history": curves([2, 1, 0.5, 0.4, 0.3, 0.2], [None, 1, 0.5, 0.7, 0.8, 0.9])}, "lowest in epoch 3")],
        [{"history": curves(FALLING, FALLING)}, {"history": curves(RISING, RISING)}, {"history": curves(FALLING)}],
    ),
    "underfitting": (
        [({"history": curves([1.2, 0.95, 0.91, 0.9, 0.9, 0.9]), "evaluation": evaluation(0.5, 0.4)},
          "0.9000, not much below the 1.0000"),
         ({"history": curves([2.0, 1.3, 1.21, 1.2, 1.2, 1.2]), "evaluation": evaluation(0.5, 0.4)},
          "1.2000, no lower than the 1.0000")],
        [{"history": curves(FLAT), "evaluation": evaluation(0.9, 0.4)},
         {"history": curves([1.2, 0.95, 0.91, 0.9, 0.9])},
         {"history": curves([1.2, 1.1, 1.0, 0.9, 0.8]), "evaluation": evaluation(0.5, 0.4)},
         {"history": curves([1.48, 1.44, 1.4, 1.36, 1.32, 1.28, 1.24, 1.2]), "evaluation": evaluation(0.5, 0.4)},
         {"history": curves([900.0, 3.0, 2.5, 2.0, 1.8, 1.6]), "evaluation": evaluation(0.5, 0.4)},
         # a larger model would learn the training rows by heart all the more
         {"history": curves([1.2, 0.95, 0.91, 0.9, 0.9, 0.9], [1.0, 1.1, 1.2, 1.3, 1.3, 1.3]),
          "evaluation": evaluation(0.5, 0.4)},
         # nearly as good as these targets allow
         {"history": curves([1.2, 0.95, 0.91, 0.9, 0.9, 0.9]), "evaluation": evaluation(0.5, 0.4, perfect_loss=0.88)}],
    ),
    "no_validation": (
        [({"history": curves(FALLING), "rows": {"train": 100}}, "no validation rows")],
        [{"history": curves(FALLING, FALLING)}, {"history": curves(FALLING), "rows": {"validation": 9}}, {},
         {"history": curves(FALLING), "evaluation": evaluation(0.9, 0.5) | {"split": "train"}}],
    ),
    "never_predicted": (
        [({"outputs": classes(("rare", 8, 0, 0.0), ("often", 90, 98, 1.0))},
          "class rare is never predicted, although it occurs 8 times in the"),
         ({"outputs": classes(("a", 8, 0, 0.0), ("b", 9, 0, 0.0), ("c", 90, 98, 1.0))},
          "classes a, b are never predicted, although they occur 17"),
         ({"outputs": classes(*((name, 8, 0, 0.0) for name in "abcdef"))}, "classes a, b, c, d, e, … are")],
        [{"outputs": classes(("rare", 4, 0, 0.0), ("often", 90, 94, 1.0))}, {}],
    ),
    "imbalance": (
        [({"outputs": classes(("rare", 10, 5, 0.3), ("often", 90, 95, 0.95))},
          "often occurs 90 times, but rare only 10; 30% of these are recognized")],
        [{"outputs": classes(("rare", 10, 9, 0.9), ("often", 90, 91, 0.95))},
         {"outputs": classes(("rare", 40, 20, 0.3), ("often", 60, 80, 0.95))},
         {"outputs": classes(("rare", 10, 5, 0.3), ("often", 90, 95, 0.4))}],
    ),
    "weak_class": (
        [({"outputs": classes(("rare", 40, 30, 0.5), ("often", 90, 95, 0.95), ("c", 50, 50, 0.9),
                              confusion={"mistakes": [MISTAKE]})}, "The class rare is recognized worst: 50%"),
         ({"outputs": classes(("rare", 40, 30, 0.5), ("often", 90, 95, 0.95), ("c", 50, 50, 0.9), ("few", 2, 0, 0.0),
                              confusion={"mistakes": [MISTAKE]})},
          "Of the classes with 5 or more of these rows, rare is recognized worst: 50%; most often it is taken")],
        [{"outputs": classes(("rare", 40, 30, 0.9), ("often", 90, 95, 0.95), ("c", 50, 50, 0.9),
                             confusion={"mistakes": [MISTAKE]})},
         {"outputs": classes(("rare", 40, 30, 0.5), ("often", 90, 95, 0.9), confusion={"mistakes": [MISTAKE]})}],
    ),
    "calibration": (
        [({"outputs": [output(calibration=bins((0.9, 0.6, 300)))]}, "too sure"),
         ({"outputs": [output(calibration=bins((0.6, 0.9, 300)))]}, "less sure")],
        [{"outputs": [output(calibration=bins((0.9, 0.85, 300)))]},
         {"outputs": [output(calibration=bins((0.9, 0.6, 30)))]}],
    ),
    "biased": (
        [({"outputs": [output("regression", residuals=[residual(0.5)])]}, "too high by 0.5"),
         ({"outputs": [output("regression", residuals=[residual(-0.5)])]}, "too low by 0.5")],
        [{"outputs": [output("regression", residuals=[residual(0.1)])]},
         {"outputs": [output("regression", residuals=[residual(0.0, 0.0)])]}],
    ),
    "reads_nothing": (
        [({"outputs": [output("ctc", sequences={"label_error_rate": 1.0, "worst_lines": [LINE] * 4})]}, "blanks")],
        [{"outputs": [output("ctc", sequences={"label_error_rate": 0.3, "worst_lines": [LINE] * 4})]},
         {"outputs": [output("ctc", sequences={"label_error_rate": 1.0,
                                               "worst_lines": [LINE | {"predicted": "9"}] * 4})]}],
    ),
    "leakage": (
        [({"importance": importance(target_2=0.5, age=0.01), "evaluation": evaluation(0.995, 0.5)}, "target_2 alone")],
        [{"importance": importance(target_2=0.5, age=0.01), "evaluation": evaluation(0.9, 0.5)},
         {"importance": importance(a=0.3, b=0.2), "evaluation": evaluation(0.995, 0.5)},
         {"importance": importance(a=-0.1, b=0.0), "evaluation": evaluation(0.995, 0.5)}],
    ),
    "important_columns": (
        [({"importance": importance(a=0.3, b=0.2, c=-0.01, d=0.0)}, "matter most are a, b. Shuffling 2 other columns"),
         ({"importance": importance(a=0.3, b=-0.2)}, "matters most is a. Shuffling 1 other column makes"),
         ({"importance": importance(a=0.3, b=-0.2) | {"all_columns": 80, "unused_columns": 31}}, "Shuffling 31 other"),
         ({"importance": importance(a=-0.3, b=-0.2)}, "makes accuracy no worse")],
        [{}],
    ),
    "dead_units": (
        [({"activations": activations(hidden={"dead_units": 4})}, "4 of 10 units")],
        [{"activations": activations(hidden={"dead_units": 2})}, {"activations": activations(hidden={})}],
    ),
    "saturated": (
        [({"activations": activations(hidden={"saturated_fraction": 0.9, "activation": "tanh"})},
          "90% of the values of tanh")],
        [{"activations": activations(hidden={"saturated_fraction": 0.5})},
         {"activations": activations(dense_1={"saturated_fraction": 0.9}), "outputs": [output()]}],
    ),
}  # fmt: skip


def test_every_rule_is_here_and_in_the_docs():
    assert set(CASES) == set(RULES)
    page = (Path(__file__).parents[3] / "docs" / "report.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)` \|", page, re.M) == list(RULES)


@pytest.mark.parametrize("name", CASES)
def test_a_rule(name):
    speaks, silent = CASES[name]
    for parts, words in speaks:
        ruling = RULES[name](evidence(**parts))
        assert ruling is not None and words in ruling.text, (parts, ruling)
        assert "{" not in ruling.text + "".join(each.text for each in ruling.advice)
    for parts in silent:
        assert RULES[name](evidence(**parts)) is None, parts


@pytest.mark.parametrize(("outputs", "rows", "balances"), [
    (classes(("rare", 8, 0, 0.0), ("often", 92, 100, 1.0)), 100, True),
    (classes(("a", 40, 0, 0.0), ("b", 30, 50, 1.0), ("c", 30, 50, 1.0)), 100, False),  # it is no rare class
    (classes(("rare", 8, 0, 0.0), ("often", 92, 100, 1.0)), 20, False),  # 5 time steps a row
    (classes(("rare", 8, 0, 0.0), ("often", 92, 100, 1.0)) * 2, 100, False),
])  # fmt: skip
def test_classes_are_balanced_where_that_is_possible_and_helps(outputs, rows, balances):
    ruling = results.never_predicted(evidence(outputs=outputs, evaluation=evaluation(0.9, 0.5, rows=rows)))
    assert ("class_weight" in ruling.advice[0].changes) == balances


@pytest.mark.parametrize(("normalize", "advice"), [
    (None, "Train longer, or scale the target with dataset.normalize."),
    ("standard", "Train longer, or scale the target with dataset.normalize."),  # which leaves targets as they are
    ({"price": "none"}, "Train longer, or scale the target with dataset.normalize."),
    ({"price": "standard"}, "Train longer."),
])  # fmt: skip
def test_scaling_is_not_suggested_for_a_target_that_is_scaled(normalize, advice):
    outputs = [output("regression", columns=["price"], residuals=[residual(0.5)])]
    ruling = results.biased(evidence(outputs=outputs, resolved={"dataset": {"normalize": normalize}}))
    assert [each.text for each in ruling.advice] == [advice]


def test_a_model_of_a_constant_target_does_not_fit_the_training_rows():
    """The baseline's loss is 0, which nothing can be below."""
    found = evidence(history=curves([0.3, 0.2, 0.15, 0.12]), evaluation=evaluation(0.3, 0.0, "mae", (), base_loss=0.0))
    assert "fits the training rows" not in baseline.against_baseline(found).advice[0].text


def test_the_leading_metric_alone_does_not_make_a_model_useless():
    found = verdict_of(evidence(evaluation=evaluation(8.1, 8.0, "mae", ("r2_score",), r2_score=(0.2, -0.01))), {})
    assert (found["headline"], found["grade"]) == ("The model is only a little better than the baseline.", "fair")
    perfect = evaluation(1.0, 1.0, "accuracy", ("accuracy",), loss=(0.1, 1.0))  # nothing to gain in accuracy
    found = verdict_of(evidence(evaluation=perfect), {})
    assert (found["headline"], found["grade"]) == ("The model is only a little better than the baseline.", "fair")


def test_a_model_with_dropout_is_not_given_more():
    found = {"evaluation": evaluation(0.5, 0.5), "history": curves(FALLING)}
    with_dropout = {**WRITTEN, "layers": [*WRITTEN["layers"], {"Dropout": {"rate": 0.2}}]}
    [plain] = RULES["against_baseline"](evidence(**found, written=WRITTEN)).advice
    [other] = RULES["against_baseline"](evidence(**found, written=with_dropout)).advice
    assert plain.changes and not other.changes and "fewer units" in other.text


@pytest.mark.parametrize("parts", [
    {"evaluation": evaluation(0.4, 0.4)},  # no better than the baseline
    {"outputs": classes(("a", 40, 0, 0.0), ("b", 30, 50, 1.0), ("c", 30, 50, 1.0))},  # a class is never predicted
    {"outputs": [output("regression", columns=["price"], residuals=[residual(0.5)])],
     "resolved": {"keep": "last", "dataset": {"normalize": {"price": "standard"}}}},  # the predictions are too high
])  # fmt: skip
def test_where_the_validation_loss_rises_nobody_is_told_to_train_longer(parts):
    parts = {"resolved": {"keep": "last"}, "evaluation": evaluation(0.5, 0.4)} | parts
    slowly = [1.0, 0.97, 0.95, 0.93, 0.92, 0.91]
    texts = [
        " ".join(
            each["text"] for each in verdict_of(evidence(**parts, history=curves(slowly, held_out)), {})["suggestions"]
        )
        for held_out in ([1.0, 1.05, 1.1, 1.2, 1.3, 1.4], [1.0, 0.99, 0.99, 0.99, 0.99, 0.99])
    ]
    assert re.findall("Stop when|Train longer|more epochs", texts[0]) == ["Stop when"]
    assert re.search("Train longer|more epochs", texts[1])


def test_early_stopping_that_has_kept_the_best_weights_is_no_warning():
    found = {"history": curves(FALLING, RISING), "reason": "early stopping"}
    rule = RULES["validation_rises"]
    assert rule(evidence(**found)).severity == "note"
    assert rule(evidence(**found, resolved={"keep": "last"})).severity == "warning"


def test_the_confidence_interval_of_wilson():
    # from the table of Wilson intervals in Newcombe 1998, table 2
    assert results.wilson(81 / 263, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert results.wilson(0 / 20, 20) == pytest.approx((0.0, 0.1611), abs=1e-4)


@pytest.mark.parametrize(("first", "second", "headline", "grade"), [
    (0.9, 1.0, "clearly better than the baseline, and nothing looks wrong", "good"),
    (0.9, 7.0, "better than the baseline, but something is wrong", "fair"),
    (0.5, 1.0, "better than the baseline, but something is wrong", "fair"),
    (0.5, 7.0, "not clearly better than always giving the same answer", "poor"),
])  # fmt: skip
def test_the_headline_looks_at_every_output(first, second, headline, grade):
    found = two_outputs(mpg_mae=second)
    found["metrics"]["origin_accuracy"] = found["baseline"]["model_value"] = first
    verdict = verdict_of(evidence(evaluation=found, outputs=TWO), {})
    assert headline in verdict["headline"] and verdict["grade"] == grade
