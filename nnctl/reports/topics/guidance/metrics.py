"""Advice on metrics."""

from nnctl.reports.topics.guide import Guide

GUIDES = {
    "accuracy": Guide(
        use="The first number to look at for classes, where all of them are about equally frequent.",
        avoid=(
            "Where one class is rare: a model that never finds it can still be right for 99% of the rows. Look at "
            "f1_score, recall or auc."
        ),
        see=("f1_score", "auc", "sparse_categorical_accuracy", "precision"),
        formula=("right predictions / all predictions",),
    ),
    "auc": Guide(
        use=(
            "For yes-or-no answers, also rare ones: how well the probabilities put the yes rows before the no rows,"
            " whatever the threshold. With curve: PR where yes is very rare."
        ),
        avoid="Where one threshold is given and only the decisions count: use precision and recall.",
        see=("precision", "recall", "f1_score", "binary_crossentropy"),
        formula=("area = sum over points of (x[i+1] - x[i]) (y[i] + y[i+1]) / 2",),
    ),
    "binary_accuracy": Guide(
        use="For yes-or-no answers with a threshold of your own; accuracy chooses this kind itself.",
        avoid="Where yes is rare: use f1_score or auc.",
        see=("accuracy", "f1_score", "auc"),
        formula=("mean of (p > threshold) = y",),
    ),
    "categorical_accuracy": Guide(
        use="For one class of several with one-hot targets; accuracy chooses this kind itself.",
        avoid="For class numbers: use sparse_categorical_accuracy. Where one class is rare: use f1_score.",
        see=("accuracy", "sparse_categorical_accuracy", "top_k_categorical_accuracy"),
        formula=("mean of argmax p = argmax y",),
    ),
    "cosine_similarity": Guide(
        use=(
            "For vectors of which only the direction counts; here larger is better, while the loss of that name is "
            "negative."
        ),
        avoid="Where the length counts, too: use mse.",
        see=("loss cosine_similarity", "mse"),
    ),
    "exact_match": Guide(
        use="For ctc, where a text with one wrong character is of no use, such as a number plate.",
        avoid="While a model still makes mistakes everywhere: label_error_rate shows progress earlier.",
        see=("label_error_rate", "ctc"),
        formula=("rows without a mistake / rows",),
    ),
    "f1_score": Guide(
        use="For classes of which some are rare: it is high only where both precision and recall are.",
        avoid="Where one kind of mistake costs more than the other: look at precision and recall on their own.",
        see=("precision", "recall", "accuracy"),
        formula=("F1 = 2 precision recall / (precision + recall)",),
    ),
    "label_error_rate": Guide(
        use="For ctc: the share of characters that are wrong (the character error rate).",
        avoid="Where only whole texts count: use exact_match. It may exceed 1, where too much is predicted.",
        see=("exact_match", "ctc"),
        formula=("edit distances / true labels",),
    ),
    "precision": Guide(
        use="Where a false alarm is expensive: how many of the rows that were called yes are yes.",
        avoid="Alone: calling only the surest row yes gives 1. Look at recall, too.",
        see=("recall", "f1_score", "auc"),
        formula=("precision = true positives / (true positives + false positives)",),
    ),
    "r2_score": Guide(
        use=(
            "For predicting numbers, as a scale without a unit: 0 is as good as always predicting the mean, 1 is "
            "perfect."
        ),
        avoid="On few rows, and to compare data sets whose targets vary differently.",
        see=("rmse", "mae", "mse"),
        formula=("1 - sum (y - p)^2 / sum (y - mean y)^2",),
    ),
    "recall": Guide(
        use="Where a miss is expensive, as in medicine: how many of the rows that are yes were found.",
        avoid="Alone: calling every row yes gives 1. Look at precision, too.",
        see=("precision", "f1_score", "auc"),
        formula=("recall = true positives / (true positives + false negatives)",),
    ),
    "rmse": Guide(
        use=("For predicting numbers: a typical error in the unit of the target, in which large errors count most."),
        avoid="Where outliers should not dominate: use mae.",
        see=("mse", "mae", "r2_score"),
    ),
    "sparse_categorical_accuracy": Guide(
        use="For one class of several with class numbers; accuracy chooses this kind itself.",
        avoid="For one-hot targets: use categorical_accuracy. Where one class is rare: use f1_score.",
        see=("accuracy", "categorical_accuracy", "sparse_top_k_categorical_accuracy"),
        formula=("mean of argmax p = y",),
    ),
    "sparse_top_k_categorical_accuracy": Guide(
        use=(
            "For many classes, where it is enough if the right one is among the first k, as in a list of "
            "suggestions; targets are class numbers."
        ),
        avoid="For few classes: with k of k classes it is always 1.",
        see=("top_k_categorical_accuracy", "accuracy"),
        formula=("mean of (classes with p > p_y) < k",),
    ),
    "top_k_categorical_accuracy": Guide(
        use=(
            "For many classes, where it is enough if the right one is among the first k, as in a list of "
            "suggestions; targets are one-hot."
        ),
        avoid="For few classes: with k of k classes it is always 1.",
        see=("sparse_top_k_categorical_accuracy", "accuracy"),
        formula=("mean of (classes with p > p_y) < k",),
    ),
}
