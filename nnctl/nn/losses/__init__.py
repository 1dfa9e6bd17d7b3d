"""Losses, one file for each kind of prediction: classes, label sequences, margins, numbers, distributions."""

from nnctl.nn.losses.base import Loss, LossName, losses

OF_SEQUENCES = ("ctc",)  # those whose `labels` are sequences, said here so that no module is loaded to find out

# in the order in which tables and messages list them
for _module, _names in {
    "crossentropy": (
        "binary_crossentropy",
        "categorical_crossentropy",
        "binary_focal_crossentropy",
        "sparse_categorical_crossentropy",
    ),
    "ctc": ("ctc",),
    "hinge": ("hinge", "squared_hinge", "categorical_hinge"),
    "regression": ("mse", "mae", "mape", "msle", "huber", "log_cosh", "cosine_similarity"),
    "divergence": ("kl_divergence", "poisson"),
}.items():
    losses.declared_in(f"nnctl.nn.losses.{_module}", *_names)

__all__ = ["OF_SEQUENCES", "Loss", "LossName", "losses"]
