"""scikit-learn's own checks of estimators."""

import pytest

pytest.importorskip("sklearn", reason="nnctl.sklearn needs scikit-learn")

from sklearn.utils.estimator_checks import parametrize_with_checks

from nnctl.sklearn import NetClassifier, NetRegressor


@parametrize_with_checks([NetClassifier(), NetRegressor()])
def test_it_is_an_estimator(estimator, check):
    check(estimator)
