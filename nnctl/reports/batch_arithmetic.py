"""The arithmetic of epochs, batches and iterations, as formulas with their numbers and as a drawing."""

from __future__ import annotations

from nnctl.reports.number_format import count, counted
from nnctl.reports.terminal import Terminal
from nnctl.training.batch_plan import Plan

_WIDTH = 80  # of the drawing, if lines may have any length


def explain(plan: Plan, terminal: Terminal, source: str | None = None, ranks: int = 1) -> None:
    """Prints the formulas, a drawing of one epoch split into batches, and the meaning of the terms.

    source: where the number of samples comes from. ranks: processes that train together.
    """
    samples, epochs = counted(plan.samples, "sample"), counted(plan.epochs, "epoch")
    terminal.flow(f"{samples}, batch size {count(plan.batch_size)}, {epochs}", "", "bold")
    if source:
        terminal.flow(source)
    for title, lines in [*formulas(plan), *(formulas_of_ranks(plan, ranks) if ranks > 1 else [])]:
        terminal.print()
        terminal.flow(title, "", "cyan")
        for line in lines:
            terminal.flow(f"  {line}", indent="    ")
    terminal.print()
    terminal.print("one epoch, split into batches", "cyan")
    for line in drawing(plan, (terminal.width or _WIDTH) - 2):
        terminal.print(f"  {line}")
    terminal.print()
    terminal.print("terms", "cyan")
    for term, meaning in terms(plan):
        terminal.flow(f"  {term}: {meaning}", indent="    ")


def formulas(plan: Plan) -> list[tuple[str, list[str]]]:
    """(what is computed, the lines of its formula); each may use the results of those before it."""
    samples, size, epochs = count(plan.samples), count(plan.batch_size), count(plan.epochs)
    iterations, total = count(plan.iterations_per_epoch), count(plan.total_iterations)
    full, rest = divmod(plan.samples, plan.batch_size)
    division = f"{samples} = {count(full)} × {size}" + (f" + {count(rest)}" if rest else "")
    if not rest:
        last = f"{counted(plan.last_batch, 'sample')}: every batch is full"
    elif full:
        last = f"{samples} - {count(full)} × {size} = {count(rest)}: a partial batch"
    else:
        last = f"{counted(rest, 'sample')}: the only batch, smaller than the batch size"
    return [
        ("iterations per epoch", [
            "= ceil(samples / batch size)",
            f"= ceil({samples} / {size})",
            f"= {iterations}",
            f"because {division}",
        ]),
        ("samples in the last batch", [f"= {last}"]),
        ("total iterations = weight updates", [
            "= iterations per epoch × epochs",
            f"= {iterations} × {epochs}",
            f"= {total}",
        ]),
        ("samples seen", [
            "= samples × epochs",
            f"= {samples} × {epochs}",
            f"= {count(plan.samples_seen)}",
        ]),
    ]  # fmt: skip


def formulas_of_ranks(plan: Plan, ranks: int) -> list[tuple[str, list[str]]]:
    """How the processes of a run (ranks) share its batches: `batch size` is that of all of them together."""
    share, last = plan.share(ranks), plan.share(ranks, plan.last_batch)
    lines = [
        f"= batch size / ranks = {count(plan.batch_size)} / {count(ranks)}",
        f"= {_either(share)} samples on each rank",
    ]
    if plan.partial:
        lines.append(f"in the last batch: {count(plan.last_batch)} / {count(ranks)} = {_either(last)}")
    if plan.last_batch < ranks:
        lines.append("which is fewer than one for each rank: every rank then computes all of that batch")
    return [
        ("batch size of a rank", lines),
        ("iterations with several ranks", [
            f"= {count(plan.iterations_per_epoch)} per epoch, {count(plan.total_iterations)} in all, as with one rank",
            "because each rank computes its share of every batch, and all make the same update",
        ]),
    ]  # fmt: skip


def _either(share: tuple[int, int]) -> str:
    least, most = share
    return count(least) if least == most else f"{count(least)} or {count(most)}"


def terms(plan: Plan) -> list[tuple[str, str]]:
    """The terms of the formulas, each with its meaning."""
    if plan.batch_size == 1:
        kind = "each batch is a single sample: stochastic gradient descent"
    elif plan.iterations_per_epoch == 1:
        kind = "one batch contains all samples: (full-batch) gradient descent"
    else:
        kind = "each batch contains some of the samples: mini-batch gradient descent"
    return [
        ("epoch", "one pass over all training samples, in a new order each time."),
        ("batch", "the samples that go through the network together before the weights are updated once."),
        ("iteration", "the forward and backward pass of one batch, and one update of the weights."),
        ("here", f"{kind}."),
    ]


def drawing(plan: Plan, width: int) -> list[str]:
    """One epoch as a row of boxes: one box per batch, with the numbers of its samples and its size.

    If not all boxes fit, those in the middle are omitted; if not even three fit side by side, the boxes are stacked.
    """
    boxes = plan.iterations_per_epoch
    inner = max(len(text) for number in (1, boxes) for text in _box(plan, number)) + 2
    fitting = (width - 1) // (inner + 1)
    if boxes <= fitting:
        return _row([_box(plan, number) for number in range(1, boxes + 1)], inner)
    if fitting >= 3:
        shown = fitting - 1  # one box says how many are omitted
        first = [_box(plan, number) for number in range(1, shown)]
        return _row([*first, ("...", f"{count(boxes - shown)} more", "..."), _box(plan, boxes)], inner)
    return _stack(plan, inner)


def _range(plan: Plan, number: int) -> str:
    """The numbers of the samples in a batch; batches and samples are numbered from 1."""
    first = (number - 1) * plan.batch_size + 1
    last = min(number * plan.batch_size, plan.samples)
    return count(first) if first == last else f"{count(first)}–{count(last)}"


def _box(plan: Plan, number: int) -> tuple[str, str, str]:
    size = plan.last_batch if number == plan.iterations_per_epoch else plan.batch_size
    return f"batch {count(number)}", _range(plan, number), counted(size, "sample")


def _row(boxes: list[tuple[str, ...]], inner: int) -> list[str]:
    edge = "─" * inner
    lines = ["│" + "│".join(f"{text:^{inner}}" for text in texts) + "│" for texts in zip(*boxes, strict=True)]
    return [
        "┌" + "┬".join([edge] * len(boxes)) + "┐",
        *lines,
        "└" + "┴".join([edge] * len(boxes)) + "┘",
    ]


def _stack(plan: Plan, inner: int) -> list[str]:
    boxes = plan.iterations_per_epoch
    shown = [1, 2, boxes] if boxes > 2 else list(range(1, boxes + 1))
    inner = max(inner, len(f"{count(boxes - 3)} more") + 4)
    lines = ["┌" + "─" * inner + "┐"]
    for number in shown:
        if number == boxes > 3:
            lines += [f"│{f'⋮  {count(boxes - 3)} more':^{inner}}│", "├" + "─" * inner + "┤"]
        lines += [f"│{text:^{inner}}│" for text in _box(plan, number)]
        lines.append(("└" if number == boxes else "├") + "─" * inner + ("┘" if number == boxes else "┤"))
    return lines
