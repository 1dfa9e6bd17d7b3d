"""The command line: see the package's docstring."""

import argparse
import random
import sys
import time
from pathlib import Path

from . import running, survivors
from .modules import TESTS
from .mutants import mutants


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description="Put faults in, see the tests fail.")
    parser.add_argument("files", nargs="*", metavar="FILE", help="modules to mutate; default all of modules.py")
    parser.add_argument("--sample", type=int, metavar="N", help="only N mutants of each module")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--jobs", type=int, default=2, help="processes at once")
    parser.add_argument("--write", action="store_true", help="write what survived into survivors.md")
    given = parser.parse_args()
    if unknown := [file for file in given.files if file not in TESTS]:
        parser.error(f"{', '.join(unknown)} stand not in tests/mutation/modules.py, which says by which tests to judge")
    running.load_what_is_heavy()
    results = {}
    for file in given.files or TESTS:
        if not (running.ROOT / file).is_file() or not all((running.ROOT / test).is_file() for test in TESTS[file]):
            print(f"{file}: left out, it or its tests are not there")
            continue
        results[file] = judged(file, given.sample, given.seed, given.jobs)
    killed, total = (sum(row[at] for row in results.values()) for at in (0, 1))
    print(f"{killed} of {total} mutants killed, {killed / max(1, total):.1%}")
    if given.write:
        survivors.write(Path(__file__).with_name("survivors.md"), results)
    return 0


def judged(file: str, sample: int | None, seed: int, jobs: int) -> tuple[int, int, list]:
    """(killed, mutants, those that survived), printed as they are known."""
    every = list(mutants(running.tree_of(file)))
    chosen = list(range(len(every)))
    if sample is not None and sample < len(every):
        chosen = sorted(random.Random(f"{seed} {file}").sample(chosen, sample))
    started = time.monotonic()
    alive = []
    for number in running.survivors_of(file, TESTS[file], chosen, jobs):
        alive.append(number)
        print(f"{file}:{every[number].line}: {every[number].name}", flush=True)
    killed, seconds = len(chosen) - len(alive), time.monotonic() - started
    print(f"{file}: {killed} of {len(chosen)} killed, {killed / max(1, len(chosen)):.1%}, {seconds:.0f} s", flush=True)
    return killed, len(chosen), [every[number] for number in sorted(alive)]


if __name__ == "__main__":
    sys.exit(main())
