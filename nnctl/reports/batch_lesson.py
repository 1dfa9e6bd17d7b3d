"""What a learner asks about batches besides the arithmetic: methods, and what the batch size changes."""

from __future__ import annotations

from collections.abc import Sequence

from nnctl.reports.batch_mix_ups import mix_ups
from nnctl.reports.batch_sizes import Row, Setup, rows
from nnctl.reports.number_format import count, short, size
from nnctl.reports.tables import Table
from nnctl.reports.terminal import Terminal
from nnctl.training.batch_plan import Plan
from nnctl.translation import _, plural


def show_lesson(plan: Plan, setup: Setup, terminal: Terminal, ranks: int = 1) -> None:
    """Prints the methods, the table of other batch sizes, and what is often confused."""
    terminal.print()
    terminal.flow(_("gradient descent by batch size"), "", "cyan")
    for term, meaning in methods(plan):
        terminal.flow(f"  {term}: {meaning}", indent="    ")
    terminal.print()
    show_batch_sizes(rows(plan, setup, ranks), plan, setup, terminal, ranks)
    terminal.print()
    terminal.flow(_("often confused"), "", "cyan")
    for text in mix_ups(plan):
        terminal.flow(f"  - {text}", indent="    ")


def show_batch_sizes(lines: Sequence[Row], plan: Plan, setup: Setup, terminal: Terminal, ranks: int = 1) -> None:
    """Prints the table of other batch sizes, and how to read it."""
    terminal.flow(_("the same training with other batch sizes"), "", "cyan")
    with_memory = setup.memory is not None
    titles = ["", _("batch size"), _("iterations"), _("last batch"), _("updates"), *([_("memory")] * with_memory),
              _("learning rate")]  # fmt: skip
    table = Table(titles)
    for row in lines:
        own = row.plan.batch_size == min(plan.batch_size, plan.samples)
        memory = [size(row.memory or 0)] if with_memory else []
        table.add(label(row, plan, setup), count(row.plan.batch_size), count(row.plan.iterations_per_epoch),
                  count(row.plan.last_batch), count(row.plan.total_iterations), *memory, rate(row),
                  style=("green",) if own else ())  # fmt: skip
    table.print(terminal)
    terminal.print()
    for text in notes(setup, ranks):
        terminal.flow(f"  - {text}", indent="    ")


def label(row: Row, plan: Plan, setup: Setup) -> str:
    """What is special about a row of the table."""
    size, samples = row.plan.batch_size, plan.samples
    labels = [
        (size == min(plan.batch_size, samples), _("this run")),
        (size == min(setup.batch_size, samples) != min(plan.batch_size, samples), _("the config")),
        (size == 1, _("SGD")),
        (size == samples, _("all samples")),
    ]
    return ", ".join(text for holds, text in labels if holds)


def rate(row: Row) -> str:
    """The learning rate, or by what it would be multiplied."""
    if row.learning_rate is not None:
        return short(row.learning_rate)
    return f"× {short(row.factor) if row.factor < 1000 else count(round(row.factor))}"


def notes(setup: Setup, ranks: int = 1) -> list[str]:
    """How to read the table."""
    found = [
        _("iterations are those of one epoch, and updates those of all epochs. Every row sees the same samples as"
          " often: a larger batch makes fewer updates, each from the mean over more samples and therefore less noisy.")
    ]  # fmt: skip
    if setup.memory is not None:
        found.append(
            _("memory is about what training needs on each rank: weights, gradients and optimizer, which stay the same,"
              " and the activations of a batch, which grow with it.")
            if ranks > 1 else
            _("memory is about what training needs: weights, gradients and optimizer, which stay the same, and the"
              " activations of a batch, which grow with it.")
        )  # fmt: skip
    found.append(
        _("learning rate is what the linear scaling rule suggests: k times the batch size, k times the learning rate"
          " (Goyal et al. 2017, arXiv:1706.02677).")
        if setup.rule == "linear" else
        _("learning rate is what the square root scaling rule suggests for optimizers such as Adam: k times the batch"
          " size, √k times the learning rate (Malladi et al. 2022, arXiv:2205.10287). For SGD it is the linear rule: k"
          " times (Goyal et al. 2017, arXiv:1706.02677).")
    )  # fmt: skip
    if setup.schedule:
        found.append(
            _("the learning rate follows a schedule, so the table gives the factor for its rates; its steps count"
              " iterations and change with the batch size, too.")
        )  # fmt: skip
    found.append(
        _("the rule is where to start trying, not a law: very large batches need a warm-up with a smaller rate, and"
          " beyond some batch size no learning rate reaches the same accuracy in as many epochs.")
    )  # fmt: skip
    return found


def methods(plan: Plan) -> list[tuple[str, str]]:
    """The three kinds of gradient descent, each with its meaning for these samples."""
    return [(term, meaning.format(samples=count(plan.samples))) for term, meaning in method_texts(plan.samples)]


def method_texts(samples: int) -> list[tuple[str, str]]:
    """The texts of `methods` without the number of samples, in the form for that number."""
    return [
        (_("gradient descent"),
         plural("one batch of the only sample: 1 update per epoch, along the exact gradient.",
                "one batch of all {samples} samples: 1 update per epoch, along the exact gradient.", samples)),
        (_("stochastic gradient descent (SGD)"),
         plural("batches of 1 sample: 1 update per epoch, along a noisy gradient.",
                "batches of 1 sample: {samples} updates per epoch, along a noisy gradient.", samples)),
        (_("mini-batch gradient descent"),
         _("every batch size between. This is the usual choice, and optimizers call it SGD, too.")),
    ]  # fmt: skip
