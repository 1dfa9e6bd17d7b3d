"""Advice on losses."""

from nnctl.reports.topics.guide import Guide

GUIDES = {
    "binary_crossentropy": Guide(
        use=(
            "For yes-or-no answers, with one sigmoid unit for each question; also for several labels that may be "
            "right at once."
        ),
        avoid=(
            "For one class of several: use categorical_crossentropy or sparse_categorical_crossentropy with "
            "softmax. For numbers: use mse."
        ),
        see=("sigmoid", "binary_focal_crossentropy", "accuracy", "auc", "logits"),
        formula=("mean -(y log p + (1 - y) log(1 - p))",),
    ),
    "binary_focal_crossentropy": Guide(
        use=(
            "For yes-or-no answers of which one is rare: rows that are right already count little, so that the hard"
            " ones decide."
        ),
        avoid=(
            "Where both answers are common, binary_crossentropy gives better probabilities. class_weight: balanced "
            "is the simpler way for rare classes."
        ),
        see=("binary_crossentropy", "auc", "f1_score"),
    ),
    "categorical_crossentropy": Guide(
        use=(
            "For one class of several, where targets are one-hot or probabilities, with softmax and one unit for "
            "each class."
        ),
        avoid=(
            "Where several labels may be right at once: use binary_crossentropy with sigmoid. For class numbers use"
            " sparse_categorical_crossentropy, which is the same loss."
        ),
        see=("sparse_categorical_crossentropy", "softmax with crossentropy", "one-hot encoding"),
        formula=("-sum y log p",),
    ),
    "categorical_hinge": Guide(
        use=(
            "For one class of several, where only the right decision counts and no probabilities are needed; the "
            "last layer is linear."
        ),
        avoid="Where probabilities are wanted: use categorical_crossentropy.",
        see=("hinge", "categorical_crossentropy"),
    ),
    "cosine_similarity": Guide(
        use="Where only the direction of a vector should be predicted, as for embeddings of words or faces.",
        avoid="Where the length counts, too: use mse. For a single number it knows only the sign.",
        see=("UnitNormalization", "Dot", "mse"),
    ),
    "ctc": Guide(
        use=(
            "For reading a text from a picture or a recording, where nothing says which time step shows which "
            "character; after a recurrent layer with return_sequences: true and softmax over the labels and the "
            "blank."
        ),
        avoid=(
            "Where every time step has a label of its own: use sparse_categorical_crossentropy. The sequence must "
            "have at least as many steps as the text has characters, and one more for each repeated character."
        ),
        see=("label_error_rate", "Bidirectional", "LSTM", "softmax"),
        formula=("-ln sum over paths that read y of product over t of p[t, path[t]]",),
    ),
    "hinge": Guide(
        use=(
            "For yes-or-no answers as in a support vector machine: rows that are right with a margin of 1 count no "
            "more. The last layer is linear."
        ),
        avoid="Where probabilities are wanted: use binary_crossentropy with sigmoid.",
        see=("squared_hinge", "binary_crossentropy", "logits"),
    ),
    "huber": Guide(
        use=(
            "For predicting numbers where some targets are far off (outliers): small errors count as in mse, large "
            "ones as in mae."
        ),
        avoid="Where large errors should count most: use mse. delta must suit the scale of the target.",
        see=("mse", "mae", "log_cosh"),
        formula=("with e = p - y: mean of e^2 / 2 where |e| <= delta, else delta |e| - delta^2 / 2",),
    ),
    "kl_divergence": Guide(
        use=(
            "Where the targets are distributions, such as the answers of a larger model that a smaller one should "
            "imitate."
        ),
        avoid="For one right class, where it equals categorical_crossentropy, which also works on logits.",
        see=("categorical_crossentropy", "softmax"),
    ),
    "log_cosh": Guide(
        use="As huber, where a smooth loss without an argument is wanted.",
        avoid="Where large errors should count most: use mse. Where targets are far above 1, it is almost mae.",
        see=("huber", "mse", "mae"),
        formula=("mean log(cosh(p - y))",),
    ),
    "mae": Guide(
        use=("For predicting numbers where every unit of error costs the same, or where outliers should not dominate."),
        avoid=(
            "Where large errors are worse than many small ones: use mse. Its gradient does not shrink near the "
            "target, which needs a falling learning rate."
        ),
        see=("mse", "huber", "rmse"),
    ),
    "mape": Guide(
        use="For predicting numbers where errors matter in proportion to the target, such as prices.",
        avoid=(
            "Where targets may be 0 or near it: they would dominate. It also prefers predictions that are too low; "
            "msle does not."
        ),
        see=("mae", "msle"),
    ),
    "mse": Guide(
        use="The usual loss for predicting numbers; the last layer is linear, and the target scaled.",
        avoid=(
            "For classes: use a crossentropy, whose gradient does not vanish where a sigmoid is sure and wrong. "
            "Where some targets are far off: use huber or mae."
        ),
        see=("mae", "huber", "rmse", "r2_score", "linear"),
    ),
    "msle": Guide(
        use=(
            "For positive numbers over several magnitudes, such as incomes or views, where a factor of 2 is as bad "
            "for small as for large ones."
        ),
        avoid="Where targets or predictions may be negative.",
        see=("mse", "mape", "softplus"),
    ),
    "poisson": Guide(
        use="For counts, such as visits in an hour, with exponential or softplus as the last activation.",
        avoid="Where counts vary far more than their mean, and for numbers that are no counts: use mse.",
        see=("exponential", "softplus", "mse"),
    ),
    "sparse_categorical_crossentropy": Guide(
        use=(
            "For one class of several, where targets are class numbers, with softmax and one unit for each class; "
            "the usual loss for classes."
        ),
        avoid=(
            "Where several labels may be right at once: use binary_crossentropy with sigmoid. For one-hot targets "
            "use categorical_crossentropy, which is the same loss."
        ),
        see=("categorical_crossentropy", "softmax with crossentropy", "accuracy"),
    ),
    "squared_hinge": Guide(
        use=(
            "As hinge, where wrong answers far from the margin should count more; it is smooth, which trains more "
            "evenly."
        ),
        avoid=(
            "With wrong labels in the data, which it weighs most. Where probabilities are wanted: use "
            "binary_crossentropy."
        ),
        see=("hinge", "binary_crossentropy"),
    ),
}
