"""The output of a run: plain lines, a single line, JSON, and the live table in a terminal."""

import json
import re
from dataclasses import replace
from pathlib import Path
from time import perf_counter, sleep

import pytest
from screens import lines, screen

from nnctl.reports.live_table import LiveReport
from nnctl.reports.run_report import JsonReport, PlainReport, QuietReport
from nnctl.training.events import CheckpointWritten, EpochEnded, IterationEnded, RunEnded, RunStarted, Said

FOLDER = Path("runs/iris-1")
ROWS = {"train": 90, "validation": 30, "test": 30}
BASELINES = {"validation": {"loss": 1.0986, "accuracy": 0.3333}, "test": {"loss": 1.5, "accuracy": 0.25}}
NOTES = ("split: 90 train, 30 validation, 30 test rows",)
STARTED = RunStarted("iris", FOLDER, 3, 16, 6, ROWS, 131, ("loss", "accuracy"), BASELINES, NOTES)
ENDED = RunEnded("done", FOLDER, 3, 0.25, {"loss": 0.125, "accuracy": 0.9667}, best_epoch=2)


def iteration(epoch, number, loss=0.5):
    return IterationEnded(epoch, number, (epoch - 1) * 6 + number, loss, {"loss": loss, "accuracy": 0.5}, 0.01, 0.1)


def epoch(number, loss):
    metrics = {"loss": loss, "accuracy": 0.5, "val_loss": loss, "val_accuracy": 0.5}
    return EpochEnded(number, metrics, 0.01, 0.02)


def whole_run(epochs=(0.9, 0.3, 0.4), ended=ENDED):
    yield replace(STARTED, epochs=len(epochs))
    for number, loss in enumerate(epochs, start=1):
        for i in range(1, 7):
            yield iteration(number, i)
        yield epoch(number, loss)
    yield CheckpointWritten(FOLDER, "last", len(epochs))
    yield Said("learning rate lowered to 0.001")
    yield ended


def tell(report, events):
    for event in events:
        report(event)
    report.close()


def test_the_plain_report_is_complete():
    terminal = screen()
    tell(PlainReport(terminal), whole_run())
    assert (
        lines(terminal)
        == """\
- split: 90 train, 30 validation, 30 test rows

iris
  samples     90 train, 30 validation, 30 test
  parameters  131
  training    3 epochs × 6 iterations, batch size 16

          ─── training ────  ── validation ───
   epoch     loss  accuracy     loss  accuracy        lr  time (ms)
baseline                      1.0986    0.3333
     * 1   0.9000    0.5000   0.9000    0.5000      0.01       20.0
     * 2   0.3000    0.5000   0.3000    0.5000      0.01       20.0
       3   0.4000    0.5000   0.4000    0.5000      0.01       20.0
learning rate lowered to 0.001

Done after 3 epochs in 0.2 s; best: epoch 2

            test  baseline
loss      0.1250    1.5000
accuracy  0.9667    0.2500

run   runs/iris-1
next  nnctl eval runs/iris-1
      nnctl report runs/iris-1
      nnctl predict runs/iris-1 FILE
      nnctl explain runs/iris-1 --row 1""".splitlines()
    )


def test_a_long_run_shows_some_epochs_then_the_last_and_the_best():
    losses = [1.0 + n / 100 for n in range(101)]
    losses[42] = 0.5
    terminal, verbose = screen(), screen()
    tell(PlainReport(terminal), whole_run(losses))
    tell(PlainReport(verbose, every_epoch=True), whole_run(losses))
    labels = [line[:8].strip() for line in lines(terminal) if line.endswith("20.0")]
    assert labels == ["* 1", *(str(n) for n in range(5, 101, 5)), "101", "best 43"]
    assert len([line for line in lines(verbose) if line.endswith("20.0")]) == 101
    assert "  rows        every 5th epoch, the best and the last; -v shows all" in lines(terminal)
    assert not any(line.startswith("  rows") for line in lines(verbose))


def test_the_rows_of_a_log_do_not_depend_on_speed_but_those_of_a_terminal_do():
    assert PlainReport._pause is None and LiveReport._pause == 10


def test_hidden_columns_are_listed():
    terminal = screen(48)
    tell(PlainReport(terminal), whole_run())
    at = lines(terminal).index("columns not shown here: lr, time; --json shows")
    assert lines(terminal)[at + 1] == "all"
    assert lines(terminal)[at + 3] == "   epoch     loss  accuracy     loss  accuracy"


def test_a_resumed_run_shows_its_best_epoch_first_under_titles_with_a_unit():
    best = EpochEnded(2, {"loss": 0.3, "accuracy": 0.5, "val_loss": 0.3, "val_accuracy": 0.5}, None, None)
    terminal = screen()
    tell(PlainReport(terminal), [replace(STARTED, epochs=4, first_epoch=4, best_so_far=best), epoch(4, 0.4), ENDED])
    shown = lines(terminal)
    at = next(n for n, line in enumerate(shown) if line.startswith("   epoch"))
    assert shown[at].endswith("lr  time (ms)")
    assert [line[:8].strip() for line in shown[at + 1 : at + 5]] == ["baseline", "best 2", "4", ""]


def test_a_run_stopped_within_its_first_epoch_has_no_table():
    terminal = screen()
    tell(PlainReport(terminal), [STARTED, iteration(1, 1), replace(ENDED, reason="interrupted", epochs=0, test={})])
    assert not any("epoch " in line and "loss" in line for line in lines(terminal))


@pytest.mark.parametrize(
    ("reason", "says", "next_step"),
    [
        ("early stopping", "Stopped early after 3 epochs", "nnctl eval"),
        ("interrupted", "Interrupted after 3 epochs", "nnctl train --resume runs/iris-1"),
        ("terminated", "Terminated after 3 epochs", "nnctl train --resume runs/iris-1"),
    ],
)
def test_the_end_says_how_the_run_ended_and_what_is_next(reason, says, next_step):
    terminal = screen()
    tell(PlainReport(terminal), whole_run(ended=replace(ENDED, reason=reason, test={})))
    assert says in terminal.stream.getvalue() and f"next  {next_step}" in terminal.stream.getvalue()


def test_after_a_nan_loss_only_the_folder_is_shown():
    terminal = screen()
    tell(PlainReport(terminal), whole_run(ended=RunEnded("nan", FOLDER, 3, 0.0, hint="lower the learning rate")))
    assert lines(terminal)[-2:] == ["", "run   runs/iris-1"]


def test_quiet_is_one_line():
    terminal = screen()
    tell(QuietReport(terminal), whole_run())
    assert lines(terminal) == ["runs/iris-1: test loss 0.1250, accuracy 0.9667, done after 3 epochs in 0.2 s"]


def test_json_has_one_event_per_line_and_only_valid_numbers():
    terminal = screen()
    tell(JsonReport(terminal), [*whole_run(), epoch(4, float("nan"))])
    events = [json.loads(line, parse_constant=pytest.fail) for line in lines(terminal)]
    names = [event.pop("event") for event in events]
    assert names[0] == "run_started" and names[-3:] == ["said", "run_ended", "epoch_ended"]
    assert events[1] == {"epoch": 1, "iteration": 1, "step": 1, "batch_loss": 0.5,
                         "metrics": {"loss": 0.5, "accuracy": 0.5}, "learning_rate": 0.01, "seconds": 0.1}  # fmt: skip
    assert events[-1]["metrics"]["loss"] is None and events[0]["folder"] == str(FOLDER)


@pytest.fixture
def drawn(monkeypatch):
    """drawn(size, events): the output of LiveReport in a terminal of that size."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")

    def draw(size, events, color=True):
        monkeypatch.setenv("COLUMNS", str(size[0]))
        monkeypatch.setenv("LINES", str(size[1]))
        terminal = screen(size[0], color=color, live=True)
        report = LiveReport(terminal)
        for event in events:
            report(event)
            if report._due != float("inf"):
                report._due = report._cpu_due = 0  # every event is drawn, as if time had passed
        report.close()
        return terminal.stream.getvalue()

    return draw


def unstyled(text):
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).replace("\r", "\n")


def test_the_live_table_shows_each_iteration_and_ends_as_the_plain_table(drawn):
    received = drawn((100, 30), whole_run())
    text = unstyled(received)
    for shown in ("5/6   0.5000    0.5000", "epoch 2/3 ━", "it/s", "left", "batch loss 0.5000"):
        assert shown in text
    assert received.count("\x1b[?25l") == received.count("\x1b[?25h") == 1  # the cursor is given back
    after = text[text.rindex("Done after") :]
    assert "runs/iris-1" in after and "━" not in after
    plain = screen(100)
    tell(PlainReport(plain), whole_run())
    whole = {line.rstrip() for line in text.split("\n")}
    assert {line.rstrip() for line in lines(plain)} <= whole  # nothing else is on the line of a row


def test_the_live_block_has_titles_during_the_first_epoch(drawn):
    before = unstyled(drawn((100, 30), [STARTED, iteration(1, 1), iteration(1, 2)]))
    assert "   epoch     loss  accuracy     loss  accuracy        lr       time\n     1/6" in before
    after = unstyled(drawn((100, 30), [STARTED, epoch(1, 0.5), iteration(2, 1)]))
    assert after.count("   epoch     loss") == after.count("lr  time (ms)") == 1


@pytest.mark.parametrize("size", [(40, 24), (60, 20), (100, 8), (20, 10)])
def test_the_live_block_fits_any_terminal(drawn, size):
    columns, rows = size
    text = unstyled(drawn(size, whole_run()))
    progress = [line for line in text.split("\n") if line.startswith("epoch ")]
    assert progress and all(len(line) <= max(columns - 2, len("epoch 1/3 ")) for line in progress)
    assert ("5/6   0.5000" in text or "5/6  0.5000" in text) == (rows > 10)


def test_without_color_the_live_table_is_still_redrawn(drawn):
    received = drawn((80, 24), whole_run(), color=False)
    assert "epoch 2/3 ━" in unstyled(received) and "\x1b[?25h" in received
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]m", received)


def test_an_iteration_that_is_not_drawn_is_only_kept():
    terminal = screen(80, live=True)
    report = LiveReport(terminal)
    report(STARTED)
    report._due = float("inf")
    before = terminal.stream.getvalue()
    report._table = report._screen = None  # whatever makes or writes a line
    event = iteration(1, 1)
    for _ in range(3):
        report(event)
    assert terminal.stream.getvalue() == before
    assert list(report._recent) == [event] * 3


def test_where_drawing_takes_long_there_are_fewer_drawings():
    terminal = screen(80, live=True)
    report = LiveReport(terminal)
    for event in (STARTED, iteration(1, 1)):
        report(event)
    writing = terminal.stream.write
    for wait, least in ((0.0, 0.05), (0.002, 0.4), (0.1, 1.9)):  # a slow terminal, but a sign of life every two seconds
        terminal.stream.write = lambda text, wait=wait: (sleep(wait), writing(text))
        began = perf_counter()
        report._draw()
        ended = perf_counter()
        assert least - (ended - began) < report._due - ended <= 2


def test_epochs_of_the_same_moment_are_shown_as_one_after_the_other_would_be():
    one_by_one, together = screen(100), screen(100)
    report = PlainReport(one_by_one)
    for event in whole_run():
        report(event)
    report = PlainReport(together)
    events = list(whole_run())
    report(events[0])
    report.progress([event for event in events if isinstance(event, EpochEnded)], [])
    for event in events[-3:]:  # after the last epoch
        report(event)
    assert together.stream.getvalue() == one_by_one.stream.getvalue() != ""
