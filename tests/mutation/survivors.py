"""survivors.md: what survived, and why that is so. Reasons stand in the file itself and are kept when it is written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

HEAD = """# Mutants that survive

Written by `python -m tests.mutation --write`; the reasons are kept from one writing to the next, and are added by hand.
A mutant without a reason is one that a test should kill.

"""


def reasons(path: Path) -> dict[tuple[str, str], str]:
    """(file, mutant) -> why it survives, as an earlier survivors.md says."""
    found, file = {}, ""
    for line in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        if line.startswith("## "):
            file = line[3:].strip()
        elif line.startswith("- `"):
            name, _, reason = line[3:].rpartition("`: ")
            found[file, name] = reason
    return found


def write(path: Path, results: Mapping[str, tuple[int, int, list]]) -> None:
    known = reasons(path)
    lines = ["| module | mutants | killed | |", "| --- | ---: | ---: | ---: |"]
    rows = [*results.items(), ("all", [sum(row[at] for row in results.values()) for at in (0, 1)])]
    lines += [f"| {name} | {row[1]} | {row[0]} | {row[0] / max(1, row[1]):.1%} |" for name, row in rows]
    for file, (_, _, alive) in results.items():
        if alive:
            lines += ["", f"## {file}", ""]
            lines += (f"- `{mutant.name}`: {known.get((file, mutant.name), '')}" for mutant in alive)
    path.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
