"""Advice on regularizers."""

from nnctl.reports.topics.guide import Guide

GUIDES = {
    "l1": Guide(
        use="Against overfitting where only some inputs matter: the weights of the others become almost 0.",
        avoid=(
            "Where many inputs matter a little: use l2. A factor that is too large lets the model learn nothing; "
            "start near 0.001."
        ),
        see=("l2", "l1_l2", "overfitting"),
    ),
    "l1_l2": Guide(
        use=(
            "Against overfitting where inputs come in groups that are alike: it keeps groups together and still "
            "makes weights almost 0."
        ),
        avoid="As a first try: l2 has one number to choose.",
        see=("l1", "l2", "overfitting"),
        formula=("l1 sum|w| + l2 sum w^2",),
    ),
    "l2": Guide(
        use=(
            "Against overfitting: the first regularizer to try, with a factor near 0.001, on the kernels of the "
            "larger layers."
        ),
        avoid=(
            "With adam, the weight decay of adamw works better. On biases and on gamma of BatchNormalization it does "
            "little good."
        ),
        see=("l1", "adamw", "Dropout", "overfitting"),
        formula=("l2 sum w^2",),
    ),
}
