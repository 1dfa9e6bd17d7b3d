"""The arithmetic of epochs, batches and iterations, as formulas with their numbers and as a drawing."""

from __future__ import annotations

from nnctl.reports.number_format import count
from nnctl.reports.terminal import Terminal, display_width
from nnctl.training.batch_plan import Plan
from nnctl.translation import _, plural

_WIDTH = 80  # of the drawing, if lines may have any length


def explain(plan: Plan, terminal: Terminal, source: str | None = None, ranks: int = 1) -> None:
    """Prints the formulas, a drawing of one epoch split into batches, and the meaning of the terms.

    source: where the number of samples comes from. ranks: processes that train together.
    """
    epochs = plural("{n} epoch", "{n} epochs", plan.epochs).format(n=count(plan.epochs))
    heading = _("{samples}, batch size {size}, {epochs}")
    terminal.flow(
        heading.format(samples=_samples(plan.samples), size=count(plan.batch_size), epochs=epochs), "", "bold"
    )
    if source:
        terminal.flow(source)
    for title, lines in [*formulas(plan), *(formulas_of_ranks(plan, ranks) if ranks > 1 else [])]:
        terminal.print()
        terminal.flow(title, "", "cyan")
        for line in lines:
            terminal.flow(f"  {line}", indent="    ")
    terminal.print()
    terminal.print(_("one epoch, split into batches"), "cyan")
    for line in drawing(plan, (terminal.width or _WIDTH) - 2):
        terminal.print(f"  {line}")
    terminal.print()
    terminal.print(_("terms"), "cyan")
    for term, meaning in terms(plan):
        terminal.flow(f"  {term}: {meaning}", indent="    ")


def formulas(plan: Plan) -> list[tuple[str, list[str]]]:
    """(what is computed, the lines of its formula); each may use the results of those before it."""
    samples, size, epochs = count(plan.samples), count(plan.batch_size), count(plan.epochs)
    iterations, total = count(plan.iterations_per_epoch), count(plan.total_iterations)
    full, rest = divmod(plan.samples, plan.batch_size)
    division = f"{samples} = {count(full)} × {size}" + (f" + {count(rest)}" if rest else "")
    if not rest:
        last = _("{samples}: every batch is full").format(samples=_samples(plan.last_batch))
    elif full:
        subtraction = f"{samples} - {count(full)} × {size} = {count(rest)}"
        last = _("{subtraction}: a partial batch").format(subtraction=subtraction)
    else:
        last = _("{samples}: the only batch, smaller than the batch size").format(samples=_samples(rest))
    return [
        (_("iterations per epoch"), [
            _("= ceil(samples / batch size)"),
            f"= ceil({samples} / {size})",
            f"= {iterations}",
            _("because {division}").format(division=division),
        ]),
        (_("samples in the last batch"), [f"= {last}"]),
        (_("total iterations = weight updates"), [
            _("= iterations per epoch × epochs"),
            f"= {iterations} × {epochs}",
            f"= {total}",
        ]),
        (_("samples seen"), [
            _("= samples × epochs"),
            f"= {samples} × {epochs}",
            f"= {count(plan.samples_seen)}",
        ]),
    ]  # fmt: skip


def formulas_of_ranks(plan: Plan, ranks: int) -> list[tuple[str, list[str]]]:
    """How the processes of a run (ranks) share its batches: `batch size` is that of all of them together."""
    lines, full = [], plan.samples >= plan.batch_size
    if full and plan.batch_size < ranks:
        text = _("a batch of {samples} has fewer than one for each rank: every rank computes all of it")
        lines.append(text.format(samples=_samples(plan.batch_size)))
    elif full:
        share = plan.share(ranks)
        division = f"{count(plan.batch_size)} / {count(ranks)}"
        lines.append(_("= batch size / ranks = {division}").format(division=division))
        text = plural("= {share} sample on each rank", "= {share} samples on each rank", max(share))
        lines.append(text.format(share=_either(share)))
    if plan.partial and plan.last_batch < ranks:
        text = _("the last batch of {samples} has fewer than one for each rank: every rank computes all of it")
        lines.append(text.format(samples=_samples(plan.last_batch)))
    elif plan.partial:
        share = plan.share(ranks, plan.last_batch)
        division = f"{count(plan.last_batch)} / {count(ranks)} = {_either(share)}"
        lines.append(_("in the last batch: {division}").format(division=division))
    return [
        (_("batch size of a rank"), lines),
        (_("iterations with several ranks"), [
            _("= {each} per epoch, {total} in all, as with one rank").format(
                each=count(plan.iterations_per_epoch), total=count(plan.total_iterations)),
            _("because all ranks work on the same batch at a time, and make the same update"),
        ]),
    ]  # fmt: skip


def _either(share: tuple[int, int]) -> str:
    least, most = share
    return count(least) if least == most else _("{least} or {most}").format(least=count(least), most=count(most))


def _samples(number: int) -> str:
    return plural("{n} sample", "{n} samples", number).format(n=count(number))


def terms(plan: Plan) -> list[tuple[str, str]]:
    """The terms of the formulas, each with its meaning."""
    if plan.batch_size == 1:
        kind = _("each batch is a single sample: stochastic gradient descent.")
    elif plan.iterations_per_epoch == 1:
        kind = _("one batch contains all samples: (full-batch) gradient descent.")
    else:
        kind = _("each batch contains some of the samples: mini-batch gradient descent.")
    return [
        (_("epoch"), _("one pass over all training samples, in a new order each time.")),
        (_("batch"), _("the samples that go through the network together before the weights are updated once.")),
        (_("iteration"), _("the forward and backward pass of one batch, and one update of the weights.")),
        (_("here"), kind),
    ]


def drawing(plan: Plan, width: int) -> list[str]:
    """One epoch as a row of boxes: one box per batch, with the numbers of its samples and its size.

    If not all boxes fit, those in the middle are omitted; if not even three fit side by side, the boxes are stacked.
    """
    boxes = plan.iterations_per_epoch
    inner = max(display_width(text) for number in (1, boxes) for text in _box(plan, number)) + 2
    fitting = (width - 1) // (inner + 1)
    if boxes <= fitting:
        return _row([_box(plan, number) for number in range(1, boxes + 1)], inner)
    if fitting >= 3:
        shown = fitting - 1  # one box says how many are omitted
        first = [_box(plan, number) for number in range(1, shown)]
        return _row([*first, ("...", _("{n} more").format(n=count(boxes - shown)), "..."), _box(plan, boxes)], inner)
    return _stack(plan, inner)


def _range(plan: Plan, number: int) -> str:
    """The numbers of the samples in a batch; batches and samples are numbered from 1."""
    first = (number - 1) * plan.batch_size + 1
    last = min(number * plan.batch_size, plan.samples)
    return count(first) if first == last else f"{count(first)}–{count(last)}"


def _box(plan: Plan, number: int) -> tuple[str, str, str]:
    size = plan.last_batch if number == plan.iterations_per_epoch else plan.batch_size
    return _("batch {n}").format(n=count(number)), _range(plan, number), _samples(size)


def _centred(text: str, width: int) -> str:
    """The text in the middle of so many columns of a terminal, where a Korean letter takes two."""
    blanks = max(width - display_width(text), 0)
    return " " * (blanks // 2) + text + " " * (blanks - blanks // 2)


def _row(boxes: list[tuple[str, ...]], inner: int) -> list[str]:
    edge = "─" * inner
    lines = ["│" + "│".join(_centred(text, inner) for text in texts) + "│" for texts in zip(*boxes, strict=True)]
    return [
        "┌" + "┬".join([edge] * len(boxes)) + "┐",
        *lines,
        "└" + "┴".join([edge] * len(boxes)) + "┘",
    ]


def _stack(plan: Plan, inner: int) -> list[str]:
    boxes = plan.iterations_per_epoch
    shown = [1, 2, boxes] if boxes > 2 else list(range(1, boxes + 1))
    more = "⋮  " + _("{n} more").format(n=count(boxes - 3))
    inner = max(inner, display_width(more) + 1)
    lines = ["┌" + "─" * inner + "┐"]
    for number in shown:
        if number == boxes > 3:
            lines += [f"│{_centred(more, inner)}│", "├" + "─" * inner + "┤"]
        lines += [f"│{_centred(text, inner)}│" for text in _box(plan, number)]
        lines.append(("└" if number == boxes else "├") + "─" * inner + ("┘" if number == boxes else "┤"))
    return lines
