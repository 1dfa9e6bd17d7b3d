"""Networks as scikit-learn estimators: NetClassifier and NetRegressor."""

from nnctl.extras import require

require("sklearn", "nnctl.sklearn")

from nnctl.sklearn.classifier import NetClassifier  # noqa: E402  (scikit-learn is known to be there)
from nnctl.sklearn.regressor import NetRegressor  # noqa: E402

__all__ = ["NetClassifier", "NetRegressor"]
