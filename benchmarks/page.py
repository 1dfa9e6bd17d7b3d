"""docs/benchmarks.md and docs/images/speed.svg, made of the figures; and the options that both benchmarks share."""

import argparse
from pathlib import Path

import chart
import figures
import tables
from processes import ROOT

PAGE, IMAGE = ROOT / "docs" / "benchmarks.md", ROOT / "docs" / "images" / "speed.svg"

HEAD = """\
# Benchmarks

Made by `python benchmarks/compare.py --from FILE --write` of the figures that two commands measured; change those, not
this page. [`benchmarks/README.md`](../benchmarks/README.md) says what is measured, how, and what was done to be fair.

    python benchmarks/compare.py --peers PYTHON_WITH_THE_FRAMEWORKS --threads {threads} --json FILE --write
    python benchmarks/commands.py --peers PYTHON_WITH_THE_FRAMEWORKS --json FILE --write

{machine}

All times are medians; peers take turns. A share below 1 says that nnctl is faster. An empty cell: it does not
run there, or was not measured.

![Milliseconds of a training iteration, nnctl = 1](images/speed.svg)
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the figures there, beside those it has")
    parser.add_argument("--write", action="store_true", help=f"make {PAGE.name} and {IMAGE.name} of the figures")
    parser.add_argument("--from", dest="source", type=Path, metavar="FILE", help="measure nothing: show these figures")


def again(arguments: argparse.Namespace, shown: str) -> None:
    """What --from does."""
    kept = figures.load(arguments.source)
    if not kept:
        raise SystemExit(f"{arguments.source} holds no figures")
    print(shown)
    if arguments.write:
        write(kept)


def machine(kept: dict) -> str:
    found = kept["machine"]
    size = found["l2"]
    size = f"{int(size[:-1]) // 1024} MB" if size.endswith("K") and int(size[:-1]) >= 1024 else size
    cpu = f"{found['cpu']}, {found['vector']}" if found["vector"] else found["cpu"]
    names = {"numpy": "NumPy", "numba": "Numba", "torch": "PyTorch", "keras": "Keras", "jax": "JAX",
             "tensorflow-cpu": "TensorFlow", "tensorflow": "TensorFlow"}  # fmt: skip
    cores = f"{found['cores']} cores, {size} L2 cache a core, {found['memory_gb']} GB"
    lines = [f"- machine: {cpu}; {cores}; {found['system']}"]
    for who, title in (("nnctl", "nnctl"), ("peers", "the frameworks")):
        listed = ", ".join(f"{names.get(name, name)} {version}" for name, version in found[who].items()
                           if who == "peers" or name in ("Python", "numpy", "numba"))  # fmt: skip
        lines.append(f"- {title}: {listed}")
    dates = {figure["date"] for threads in kept.get("iterations", {}).values() for found in threads.values()
             for figure in found.values()}  # fmt: skip
    dates |= {found["date"] for found in kept.get("commands", {}).values()}
    lines.append("- measured: " + (min(dates) if len(dates) == 1 else f"{min(dates)} to {max(dates)}"))
    return "\n".join(lines)


def write(kept: dict) -> None:
    """The page and the chart."""
    threads = " ".join(sorted(kept.get("iterations", {}), key=int, reverse=True))
    parts = [HEAD.format(machine=machine(kept), threads=threads or "2 1")]
    if kept.get("iterations"):
        parts.append("## Iterations\n\nOne iteration is one batch: forward, backward, update, figures.\n\n"
                     + tables.iterations(kept) + "\n")  # fmt: skip
    if shown := tables.commands(kept):
        parts.append("## Whole commands\n\n`nnctl train CONFIG --quiet`, and a script that trains the same model for "
                     "as many epochs, from the start of the process to its end.\n\n" + shown + "\n")  # fmt: skip
    IMAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text("\n".join(parts), encoding="utf-8")
    IMAGE.write_text(chart.draw(kept), encoding="utf-8")
    print(f"wrote {PAGE} and {IMAGE}")
