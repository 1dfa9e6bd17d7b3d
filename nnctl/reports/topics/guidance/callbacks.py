"""Advice on callbacks."""

from nnctl.reports.topics.guide import Guide

GUIDES = {
    "EarlyStopping": Guide(
        use=(
            "Almost always, with a validation split: training stops when the model begins to overfit, and nobody "
            "has to guess the number of epochs. A patience of 10 to 20 epochs survives noise."
        ),
        avoid=(
            "Together with a schedule that is planned to the end, such as CosineDecay, which is at its best in the "
            "last epochs."
        ),
        see=("overfitting", "epoch", "ReduceLROnPlateau", "ModelCheckpoint"),
        formula=("stop where epoch - best epoch >= patience",),
    ),
    "ModelCheckpoint": Guide(
        use=("To choose the metric by which the best epoch is kept, for example val_accuracy in place of val_loss."),
        avoid="Where val_loss is right: every run keeps its best epoch without it.",
        see=("EarlyStopping", "epoch"),
        formula=("best epoch = argmin or argmax of monitor",),
    ),
    "ReduceLROnPlateau": Guide(
        use=(
            "Where training comes to a halt: smaller steps often go on. It needs no plan of the number of iterations."
        ),
        avoid=(
            "Together with a schedule, which lowers the rate already. Its patience must be shorter than that of "
            "EarlyStopping."
        ),
        see=("learning rate", "EarlyStopping", "CosineDecay"),
        formula=("learning rate <- max(factor learning rate, min_lr)",),
    ),
    "TerminateOnNaN": Guide(
        use="Never needed: every run stops where the loss is no longer a number, and says where it happened.",
        avoid="If a run stops so, lower the learning rate or set clipnorm, and look for missing values.",
        see=("learning rate", "normalization"),
        formula=("stop where loss is NaN or infinite",),
    ),
}
