"""Advice on schedules."""

from nnctl.reports.topics.guide import Guide

GUIDES = {
    "CosineDecay": Guide(
        use=(
            "The usual schedule where the number of iterations is known: large steps at first, ever smaller ones at"
            " the end; with warmup_steps for transformers and large batches."
        ),
        avoid=(
            "Where you do not know how long to train: use ReduceLROnPlateau. decay_steps counts iterations, not epochs."
        ),
        see=("CosineDecayRestarts", "ReduceLROnPlateau", "learning rate", "iteration"),
        formula=(
            "lr = top ((1 - alpha) (1 + cos(pi t / decay_steps)) / 2 + alpha)",
            "top = initial_learning_rate, t = step",
            "with warmup_steps: top = warmup_target, t = step - warmup_steps, and before that lr goes from"
            " initial_learning_rate to warmup_target in a straight line",
        ),
    ),
    "CosineDecayRestarts": Guide(
        use="To leave a poor valley again: at every restart the rate jumps up, and the best epoch is kept.",
        avoid="Where the last epoch is kept: it may end in the middle of a cycle.",
        see=("CosineDecay", "learning rate"),
        formula=(
            "lr = initial_learning_rate ((1 - alpha) m_mul^i (1 + cos(pi fraction)) / 2 + alpha)",
            "i = the number of the cycle, from 0; fraction = how much of it has passed",
        ),
    ),
    "ExponentialDecay": Guide(
        use=(
            "For a steady decrease with one number to choose: decay_rate 0.96 every 1000 iterations is a common start."
        ),
        avoid="Where the end of training is known: CosineDecay uses the time better.",
        see=("CosineDecay", "InverseTimeDecay", "learning rate"),
    ),
    "InverseTimeDecay": Guide(
        use="For long training with sgd, where theory asks for a rate that falls like 1/t.",
        avoid="Where the end of training is known: CosineDecay uses the time better.",
        see=("ExponentialDecay", "sgd"),
    ),
    "PiecewiseConstantDecay": Guide(
        use=("Where it is known after how many iterations the rate should fall, as in published recipes for images."),
        avoid="On data of your own, where nobody knows the boundaries: use CosineDecay or ReduceLROnPlateau.",
        see=("CosineDecay", "ReduceLROnPlateau"),
        formula=("lr = values[i], i = number of boundaries < step",),
    ),
    "PolynomialDecay": Guide(
        use="For a straight line from one rate to another, the usual choice for fine-tuning transformers.",
        avoid=("Where decay_steps is shorter than the training: from then on the rate stays at end_learning_rate."),
        see=("CosineDecay", "learning rate"),
    ),
}
