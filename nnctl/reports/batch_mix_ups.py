"""What is often confused about batches: batch size and number of batches, batches and samples, epochs and updates."""

from __future__ import annotations

from collections.abc import Iterator

from nnctl.reports.batch_sizes import batch_size_for
from nnctl.reports.number_format import count
from nnctl.training.batch_plan import Plan
from nnctl.translation import _

MNIST = Plan(60_000, 32, 1)  # of the first lesson of many courses, whose progress bar says 1875/1875


def mix_ups(plan: Plan) -> list[str]:
    """What is often confused, with the numbers of this run."""
    texts, wanted = mix_up_texts(), _wanted(plan)
    numbers = {
        "size": plan.batch_size,  # as a config has it, without a comma
        "samples": plan.samples,
        "grouped_size": count(plan.batch_size),
        "grouped_samples": count(plan.samples),
        "batches": count(plan.iterations_per_epoch),
        "epochs": count(plan.epochs),
        "total": count(plan.total_iterations),
        "last": count(plan.last_batch),
        "wanted": wanted,
        "mnist": count(MNIST.iterations_per_epoch),
    }
    return [" ".join(texts[name].format(**numbers) for name in names) for names in _names(plan, wanted)]


def mix_up_texts() -> dict[str, str]:
    """The sentences of `mix_ups` without their numbers, which the page of `--html` fills in, too."""
    return {
        "one": _(
            "batch_size: 1 does not mean 1 batch. Each batch has 1 sample, so an epoch has {batches} batches; for 1"
            " batch, it would be batch_size: {samples}."
        ),
        "all": _(
            "batch_size: {size} does not mean {grouped_size} batches. All samples ({grouped_samples}) fit into one"
            " batch, so an epoch has 1 batch."
        ),
        "some": _(
            "batch_size: {size} does not mean {grouped_size} batches. Each batch has {grouped_size} samples, so an"
            " epoch has {batches} batches."
        ),
        "same": _("That the two numbers are the same here is a coincidence."),
        "wanted": _("For {grouped_size} batches, it would be batch_size: {wanted}."),
        "bar": _(
            "a progress bar counts batches, not samples: in each epoch, it ends at {batches}/{batches} here, not at"
            " {grouped_samples}/{grouped_samples}."
        ),
        "mnist": _("With 60,000 images and batch size 32, it ends at {mnist}/{mnist}, because 60,000 / 32 = {mnist}."),
        "epochs": _(
            "an epoch is not an update: updates per epoch: {batches}; epochs: {epochs}; updates in all: {batches} ×"
            " {epochs} = {total}."
        ),
        "last": _(
            "the last batch of each epoch is smaller: {last} instead of {grouped_size}. Its loss is the mean over the"
            " {last}, so each of them counts 1/{last} in that update instead of 1/{grouped_size}. No sample is left"
            " out, and none is used twice."
        ),
    }


def _names(plan: Plan, wanted: int | None) -> Iterator[tuple[str, ...]]:
    """The names of the sentences that hold for a plan. `mixUps` in batch_page/lesson.js chooses likewise."""
    size, batches = plan.batch_size, plan.iterations_per_epoch
    if size == 1:
        yield ("one",)
    elif batches == 1:
        yield ("all",)
    elif size == batches:
        yield "some", "same"
    else:
        yield ("some", "wanted") if wanted else ("some",)
    yield "bar", "mnist"
    yield ("epochs",)
    if plan.partial and batches > 1:
        yield ("last",)


def _wanted(plan: Plan) -> int | None:
    """The batch size that gives as many batches as the plan's batch size says; None if there is none."""
    return batch_size_for(plan.samples, plan.batch_size) if plan.batch_size <= plan.samples else None
