"""The lesson on epochs and batches as one HTML page, which needs no network: `explain-batches --html`."""

from __future__ import annotations

import html
import json
from pathlib import Path

from nnctl.reports.batch_lesson import method_texts, notes
from nnctl.reports.batch_mix_ups import mix_up_texts
from nnctl.reports.batch_page.texts import texts
from nnctl.reports.batch_sizes import USUAL, Setup
from nnctl.training.batch_plan import Plan
from nnctl.translation import language

_FOLDER = Path(__file__).parent


def html_page(plan: Plan, setup: Setup, source: str | None = None, ranks: int = 1) -> str:
    """The page of a plan. source: where the number of samples comes from."""
    words = texts()
    memory = None
    if setup.memory is not None:
        fixed = setup.memory(0)
        memory = [fixed, setup.memory(1) - fixed]  # bytes, and those that each sample of a batch adds
    data = {
        "samples": plan.samples, "size": plan.batch_size, "epochs": plan.epochs, "ranks": ranks,
        "source": source or "", "config_size": setup.batch_size, "learning_rate": setup.learning_rate,
        "rule": setup.rule, "memory": memory, "sizes": USUAL, "texts": words, "mix_ups": mix_up_texts(),
        "notes": notes(setup, ranks), "methods": [method_texts(1), method_texts(2)],
    }  # fmt: skip
    return _read("page.html").format(
        language=language(), title=html.escape(words["title"]), css=_read("page.css"), js=_read("page.js"),
        data=json.dumps(data, ensure_ascii=False).replace("<", "\\u003c"),  # no `</script>` may end the data
    )  # fmt: skip


def _read(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")
