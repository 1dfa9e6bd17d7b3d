"""Rules that look inside the model: at the importance of columns and at the outputs of layers."""

from __future__ import annotations

from nnctl.reports.findings.importance import leads
from nnctl.reports.findings.rules import changes
from nnctl.reports.findings.rules.evidence import Advice, Evidence, Ruling
from nnctl.translation import _, plural

ALONE = 0.9  # a column with this share of all importance decides alone, which is suspicious if
TOO_GOOD = 0.97  # the model goes at least this far from the baseline to perfection
DEAD = 0.3  # of a layer's units
SATURATED = 0.8  # of a layer's values
FEW_ROWS = 30


def leakage(found: Evidence) -> Ruling | None:
    """One column decides alone, and the model is nearly perfect: the column may give the target away."""
    if found.importance is None or len(found.importance["columns"]) < 2:
        return None
    column, share = max(leads(found.importance).items(), key=lambda each: each[1], default=("", 0.0))
    if share < ALONE or (found.gained or 0.0) < TOO_GOOD:
        return None
    return Ruling(
        "warning",
        _(
            "The column {column} alone decides nearly everything, and the model is nearly perfect: the column may "
            "give the target away, and be unknown when the model is used.").format(column=column),
        [changes.without_column(found, column, _("If the column is not known in time, leave it out."))],
    )  # fmt: skip


def important_columns(found: Evidence) -> Ruling | None:
    """The columns that matter most, and how many do not matter."""
    if found.importance is None or found.importance["rows"] < FEW_ROWS:
        return None
    columns = found.importance["columns"]
    best = [each["column"] for each in columns if each["mean"] > 0][:3]
    if not best:
        return Ruling(
            "note",
            _("Shuffling any one of the columns makes {metric} no worse: none of them matters much to it.").format(
                metric=found.importance["metric"]
            ),
        )
    unused = found.importance["unused_columns"]
    text = plural(
        "The column that matters most is {names}.", "The columns that matter most are {names}.", len(best)
    ).format(names=", ".join(best))
    if unused:
        text += " " + plural(
            "Shuffling {n} other column makes the model no worse.",
            "Shuffling {n} other columns makes the model no worse.",
            unused,
        ).format(n=unused)
    return Ruling("note", text)


def dead_units(found: Evidence) -> Ruling | None:
    """Many units of a ReLU layer are 0 for every row, so that they get no gradient and never learn again."""
    if found.activations is None or found.activations["rows"] < FEW_ROWS:
        return None
    for layer in found.activations["layers"]:
        dead = layer["dead_units"]
        if dead and dead >= max(2, DEAD * layer["units"]):
            return Ruling(
                "warning",
                _(
                    "In the layer {layer}, {dead} of {units} units give 0 for every row: these ReLU units are dead "
                    "and no longer learn.").format(
                    layer=layer["layer"], dead=dead, units=layer["units"]),
                [changes.learning_rate(found, 1 / 3, _(
                    "Use a learning rate three times smaller, so that fewer units die."))],
            )  # fmt: skip
    return None


def saturated(found: Evidence) -> Ruling | None:
    """A hidden layer of sigmoid or tanh gives hardly anything but its extreme values."""
    if found.activations is None:
        return None
    outputs = {output["layer"] for output in found.outputs}
    for layer in found.activations["layers"]:
        share = layer["saturated_fraction"]
        if layer["layer"] in outputs or share is None or share < SATURATED:
            continue
        return Ruling(
            "warning",
            _(
                "In the layer {layer}, {share} of the values of {activation} are near its extremes, where its "
                "gradient is almost 0.").format(
                layer=layer["layer"], share=f"{share:.0%}", activation=layer["activation"]),
            [Advice(_("Use relu in hidden layers, a smaller learning rate, or scaled inputs."))],
        )  # fmt: skip
    return None
