"""Trains every ready config as a whole process and prints what it reached, how long it took and its peak memory.

python benchmarks/configs.py [NAME...]      default: all; the table of configs/README.md
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CONFIGS = Path(__file__).resolve().parents[1] / "configs"


def measured(path: Path) -> dict | None:
    """The metrics of the test split, the seconds that the command takes, and its peak memory in MB; None if the
    config's data are not on this machine."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "nnctl", "train", str(path), "--json", "--run", f"{folder}/run"],
            stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONDONTWRITEBYTECODE": ""},
        )  # fmt: skip
        lines = [json.loads(line) for line in process.stdout]
        _, _, usage = os.wait4(process.pid, 0)
    if not lines:
        return None
    return {"test": lines[-1]["test"], "seconds": time.perf_counter() - began, "memory": usage.ru_maxrss / 1024}


def title(path: Path) -> str:
    """The config's first comment, up to the end of its first sentence or a colon."""
    return re.split(r"[.:](?:\s|$)|(?<=\?)\s", path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# "))[0]


def main() -> None:
    wanted = sys.argv[1:]
    print("| config | description | test metrics | seconds | peak MB |\n| --- | --- | --- | ---: | ---: |")
    for path in sorted(CONFIGS.rglob("*.yaml"), key=lambda path: (len(path.parts), path)):
        name = path.relative_to(CONFIGS).with_suffix("").as_posix()
        if wanted and name not in wanted:
            continue
        row = measured(path)
        if row is None:
            print(f"  {name} does not run here", file=sys.stderr)
            continue
        metrics = ", ".join(f"{key} {value:.3f}" for key, value in row["test"].items() if not key.endswith("loss"))
        print(f"| [{name}]({name}.yaml) | {title(path)} | {metrics} | {row['seconds']:.1f} | {row['memory']:.0f} |",
              flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
