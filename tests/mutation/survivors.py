"""survivors.md: what survived, and why that is so. Reasons stand in the file itself and are kept when it is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

HEAD = """# Mutants that survive

Written by `python -m tests.mutation --write`; modules that it did not run keep their lines. The reasons are kept
from one writing to the next, and are added by hand: a mutant without one is a test to write.

"""


@dataclass
class Module:
    """What survivors.md says of one. alive: mutant -> why it survives."""

    killed: int = 0
    mutants: int = 0
    alive: dict[str, str] = field(default_factory=dict)


def read(path: Path) -> dict[str, Module]:
    found: dict[str, Module] = {}
    file = ""
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and len(cells) == 4 and cells[0].endswith(".py"):
            found[cells[0]] = Module(int(cells[2]), int(cells[1]))
        elif line.startswith("## "):
            file = line[3:].strip()
        elif line.startswith("- `"):
            name, _, reason = line[3:].partition("`:")
            found.setdefault(file, Module()).alive[name] = reason.strip()
    return found


def write(path: Path, results: Mapping[str, tuple[int, int, list]]) -> None:
    """results: by module, how many were killed, of how many, and the mutants that survived."""
    known = read(path)
    for file, (killed, count, alive) in results.items():
        reasons = known[file].alive if file in known else {}
        known[file] = Module(killed, count, {mutant.name: reasons.get(mutant.name, "") for mutant in alive})
    whole = Module(sum(each.killed for each in known.values()), sum(each.mutants for each in known.values()))
    lines = ["| module | mutants | killed | |", "| --- | ---: | ---: | ---: |"]
    lines += [f"| {file} | {each.mutants} | {each.killed} | {each.killed / max(1, each.mutants):.1%} |"
              for file, each in [*sorted(known.items()), ("all", whole)]]  # fmt: skip
    for file, each in sorted(known.items()):
        if each.alive:
            lines += ["", f"## {file}", "", *(f"- `{name}`: {reason}".rstrip() for name, reason in each.alive.items())]
    path.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
