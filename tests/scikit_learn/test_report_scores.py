"""The report's curves and scores are those of scikit-learn."""

import numpy as np
import pytest

calibration = pytest.importorskip("sklearn.calibration")
inspection = pytest.importorskip("sklearn.inspection")
metrics = pytest.importorskip("sklearn.metrics")

from nnctl.reports.findings import scores  # noqa: E402
from nnctl.reports.findings.thinning import thinned_curve  # noqa: E402


@pytest.fixture(scope="module", params=["smooth", "ties", "few"])
def answers(request):
    rng = np.random.default_rng(3)
    n = {"smooth": 5000, "ties": 400, "few": 7}[request.param]
    actual = rng.random(n) < 0.3
    actual[:2] = True, False
    score = np.clip(0.25 * actual + rng.normal(0.4, 0.2, n), 0, 1)
    return actual, score.round(1) if request.param == "ties" else score


def test_roc(answers):
    fpr, tpr, auc = scores.roc_curve(*answers)
    theirs = metrics.roc_curve(*answers, drop_intermediate=False)
    np.testing.assert_allclose([fpr, tpr], theirs[:2], atol=1e-12)
    assert auc == pytest.approx(metrics.roc_auc_score(*answers), abs=1e-12)


def test_thinning_does_not_change_the_area_by_much(answers):
    fpr, tpr, auc = scores.roc_curve(*answers)
    x, y = thinned_curve(fpr, tpr)
    assert len(x) <= 201 and scores.area(x, y) == pytest.approx(auc, abs=2e-3)
    assert (x[0], y[0], x[-1], y[-1]) == (0, 0, 1, 1)


def test_precision_and_recall(answers):
    recall, precision, average = scores.precision_recall_curve(*answers)
    theirs_precision, theirs_recall, _ = metrics.precision_recall_curve(*answers)
    np.testing.assert_allclose(recall, theirs_recall[::-1], atol=1e-12)
    np.testing.assert_allclose(precision, theirs_precision[::-1], atol=1e-12)
    assert average == pytest.approx(metrics.average_precision_score(*answers), abs=1e-12)


def test_calibration(answers):
    right, confidence = answers
    bins, _ = scores.calibration(confidence, right)
    share, mean = calibration.calibration_curve(right, confidence, n_bins=10)
    if len(set(confidence)) > 20:  # values on an edge between two bins are counted in the lower one here
        np.testing.assert_allclose([(each[0], each[1]) for each in bins], np.stack([mean, share], axis=1), atol=1e-12)
    assert sum(each[2] for each in bins) == len(right)


def test_scores_of_a_class(answers):
    actual, score = answers
    predicted = score > 0.5
    both, support, said = np.count_nonzero(actual & predicted), np.count_nonzero(actual), np.count_nonzero(predicted)
    ours = [0.0 if each is None else each for each in scores.class_scores(both, support, said)]
    theirs = metrics.precision_recall_fscore_support(actual, predicted, average="binary", zero_division=0)[:3]
    assert ours == pytest.approx(list(theirs), abs=1e-12)
