"""The words of the page, which its script fills with numbers."""

from __future__ import annotations

from nnctl.translation import _


def texts() -> dict[str, str]:
    """Name in page.js -> text in the language in use."""
    return {
        "title": _("Epochs, batches and iterations"),
        "samples": _("training samples"),
        "epochs": _("epochs"),
        "batch_size": _("batch size"),
        "iterations": _("iterations per epoch"),
        "last_batch": _("samples in the last batch"),
        "updates": _("total iterations = weight updates"),
        "seen": _("samples seen"),
        "of_rank": _("batch size of a rank"),
        "ranks": _("ranks: {n}"),
        "stochastic": _("Each batch is a single sample: stochastic gradient descent."),
        "full": _("One batch contains all samples: (full-batch) gradient descent."),
        "mini": _("Each batch contains some of the samples: mini-batch gradient descent."),
        "one_epoch": _("one epoch, split into batches"),
        "how_batches": _(
            "Each dot is a training sample, each box a batch. The samples of a batch go through the network together;"
            " then the weights are updated once. Gray dots are places that the last batch leaves empty."
        ),
        "one_dot": _("samples per dot: {n}"),
        "batch_title": _("batch {n}: samples {first}–{last}, {size} in all"),
        "more": _("… {n} more"),
        "play": _("Play one epoch"),
        "stop": _("Stop"),
        "progress": _("batch {done}/{total}"),
        "how_bar": _(
            "This is the progress bar of one epoch. It counts batches: it ends at the number of iterations per epoch,"
            " not at the number of samples."
        ),
        "epochs_title": _("several epochs"),
        "how_epochs": _(
            "Each bar is an epoch, one pass over all training samples in a new order. Its pieces are the batches,"
            " unless they are too many to be seen."
        ),
        "epoch": _("epoch {n}"),
        "more_epochs": _("… epochs {first} to {last}"),
        "updates_so_far": _("updates so far: {n}"),
        "sizes_title": _("the same training with other batch sizes"),
        "iterations_short": _("iterations"),
        "last_short": _("last batch"),
        "updates_short": _("updates"),
        "memory": _("memory"),
        "learning_rate": _("learning rate"),
        "this_run": _("this run"),
        "the_config": _("the config"),
        "all_samples": _("all samples"),
        "mix_ups_title": _("often confused"),
        "methods_title": _("gradient descent by batch size"),
    }
