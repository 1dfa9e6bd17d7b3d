"""A regressor for scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils.validation import validate_data

from nnctl.sklearn.net import Array, Net, Task


class NetRegressor(RegressorMixin, Net):
    """A network that predicts numbers, one or several for each sample.

    Without a `config` it has hidden layers with relu and a linear output, and standardizes features and targets.

    Args:
        config: the network and its training, as a dict, a YAML file or the name of a bundled config; its data are those
            that `fit` is given. Its last layer needs a unit for each target. Default: a network with the hidden layers
            of `hidden_layer_sizes`, trained with mse.
        hidden_layer_sizes: the units of each hidden layer of the default network, or of its only one.
        learning_rate: of the default network.
        epochs, batch_size: in place of the config's; the default network has 100 epochs and batches of 200.
        overrides: more values in place of the config's, by key path: {"optimizer.adam.learning_rate": 0.01}.
        run_dir: the folder of the run, which must be new or empty; by default nothing is written.
        random_state: of the weights, the shuffling and the split; None for another one at each fit, but for configs
            with a `seed`.
        verbose: whether to print a line for each epoch.

    Attributes:
        n_features_in_: the number of features; feature_names_in_: their names, of a data frame.
        run_: the nnctl.TrainedRun. history_: the loss and the metrics of each epoch.
    """

    _task = Task({"Dense": {}}, "mse", scaled_targets=True, labels=("number", "binary"))

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> NetRegressor:
        """Trains on X (samples, features), or with more axes such as images, and y (samples,) or (samples, targets).

        sample_weight: (samples,) or None.
        """
        X, y = validate_data(
            self, X, y, dtype=(np.float64, np.float32), allow_nd=True, multi_output=True, y_numeric=True
        )
        X, y, weights = self._weighted(X, y, sample_weight)
        self._train(X, y.astype(np.float64), weights, 1 if y.ndim == 1 else y.shape[1])
        return self

    def predict(self, X: Any) -> Array:
        """The numbers of each sample, (samples,) or (samples, targets)."""
        numbers: Array = self._run(X, "predict")
        return numbers

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
