"""A classifier for scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import column_or_1d, validate_data

from nnctl.sklearn.net import Array, Net, Task


class NetClassifier(ClassifierMixin, Net):
    """A network that predicts classes.

    Without a `config` it has hidden layers with relu and a softmax, and standardizes the features.

    Args:
        config: the network and its training, as a dict, a YAML file or the name of a bundled config; its data are those
            that `fit` is given. Its last layer needs a unit for each class, or one unit for two classes with
            binary_crossentropy. Default: a network with the hidden layers of `hidden_layer_sizes`.
        hidden_layer_sizes: the units of each hidden layer of the default network, or of its only one.
        learning_rate: of the default network.
        epochs, batch_size: in place of the config's; the default network has 100 epochs and batches of 200.
        overrides: more values in place of the config's, by key path: {"optimizer.adam.learning_rate": 0.01}.
        run_dir: the folder of the run, which must be new or empty; by default nothing is written.
        random_state: of the weights, the shuffling and the split; None for another one at each fit, but for configs
            with a `seed`.
        verbose: whether to print a line for each epoch.

    Attributes:
        classes_: the classes that y has, sorted.
        n_features_in_: the number of features; feature_names_in_: their names, of a data frame.
        run_: the nnctl.TrainedRun. history_: the loss and the metrics of each epoch.
    """

    _task = Task({"Dense": {"activation": "softmax"}}, "sparse_categorical_crossentropy", scaled_targets=False,
                 labels=("integer", "onehot", "binary"))  # fmt: skip

    classes_: Array

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> NetClassifier:
        """Trains on X (samples, features), or with more axes such as images, and y (samples,).

        sample_weight: (samples,) or None. Raises ValueError for fewer than two classes.
        """
        X, y = validate_data(self, X, y, dtype=(np.float64, np.float32), allow_nd=True)
        y = column_or_1d(y, warn=True)
        check_classification_targets(y)
        X, y, weights = self._weighted(X, y, sample_weight)
        classes, numbers = np.unique(y, return_inverse=True)
        if len(classes) < 2:
            raise ValueError(f"{type(self).__name__} needs 2 classes or more, but y has 1 class: {classes[0]}")
        self._train(X, numbers, weights, len(classes))
        self.classes_ = classes
        return self

    def predict(self, X: Any) -> Array:
        """The class of each sample, (samples,)."""
        numbers = self._run(X, "predict")
        predicted: Array = self.classes_[np.asarray(numbers).astype(np.intp)]
        return predicted

    def predict_proba(self, X: Any) -> Array:
        """The probability of each class, (samples, classes), in the order of `classes_`. Raises InputError if the
        network gives no probabilities, as with a hinge loss."""
        probabilities: Array = self._run(X, "predict_proba")
        return probabilities
