"""Measures whole commands, from the start of the process to its end: `nnctl train CONFIG` and equivalent scripts with
PyTorch, Keras 3 and scikit-learn, for the ready configs.

    python benchmarks/commands.py --peers /path/to/python/with/the/frameworks --json FILE --write
    python benchmarks/commands.py iris optimizers/adam --rounds 1

The scripts train as many epochs as nnctl did (it may have stopped early), on arrays that nnctl prepared beforehand,
which is to their advantage. Peers are measured alternately, and results are medians over the rounds.
benchmarks/README.md explains what is measured and why.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

import figures
import page
import processes
import tables
from peers import NNCTL, SCRIPTS

CONFIGS = processes.ROOT / "configs"
NAMES = sorted((path.relative_to(CONFIGS).with_suffix("").as_posix() for path in CONFIGS.rglob("*.yaml")),
               key=lambda name: (name.count("/"), name))  # fmt: skip


def train(name: str, folder: str, more: list[str]) -> tuple[processes.Done, int]:
    """Runs nnctl's command, and finds out how many epochs it trained."""
    run = Path(folder, "run")
    shutil.rmtree(run, ignore_errors=True)
    command = [sys.executable, "-m", "nnctl", "train", str(CONFIGS / f"{name}.yaml"), "--quiet", "--run", str(run)]
    done = processes.run([*command, *more], processes.nnctl_environment())
    if done.rc:
        return done, 0
    lines = (run / "metrics.csv").read_text(encoding="utf-8").splitlines()
    return done, len(lines) - 1


def script(peer: str, folder: str, epochs: int, python: str) -> processes.Done:
    how = SCRIPTS[peer]
    env = processes.keras_environment(how.backend) if how.backend else processes.framework_environment()
    return processes.run([python, str(processes.HERE / "workers" / f"{how.worker}.py"), folder, str(epochs)], env)


def config(name: str, arguments: argparse.Namespace) -> dict:
    """The measurements of one config: of all peers, or why it was skipped."""
    with tempfile.TemporaryDirectory() as folder:
        made = processes.prepare("config", str(CONFIGS / f"{name}.yaml"), folder)
        if made.rc:  # 2, as nnctl's own command: the data are not here
            return {"date": figures.today(), "skipped": made.said.partition(" (")[0], "peers": {}}
        more = ["--epochs", str(arguments.epochs)] if arguments.epochs else []
        peers = {peer: {"seconds": [], "memory": []} for peer in [NNCTL, *(arguments.peer or SCRIPTS)]}
        epochs = None
        for _ in range(arguments.rounds + arguments.warm):
            for peer, found in peers.items():
                if "not" in found:
                    continue
                if peer == NNCTL:
                    done, epochs = train(name, folder, more)
                else:
                    done = script(peer, folder, epochs, arguments.peers)
                if done.rc:
                    if peer == NNCTL:
                        raise SystemExit(f"{name}: {done.said}")
                    print(f"  {peer} on {name}: {done.said}", file=sys.stderr)
                    found["not"] = f"not expressed: {done.said}" if done.rc == 3 else "fails"
                    continue
                if arguments.verbose:
                    print(f"  {peer} on {name}: {done.last()}", file=sys.stderr)
                found["seconds"].append(done.seconds)
                found["memory"].append(done.memory)
        for found in peers.values():  # the warm-up rounds leave
            for key in ("seconds", "memory"):
                found[key] = found[key][arguments.warm :]
        return {"date": figures.today(), "epochs": epochs, "peers": peers}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("config", nargs="*", choices=[[], *NAMES], metavar="CONFIG", help="default: all of configs/")
    parser.add_argument("--peers", default=sys.executable, help="the Python that has the frameworks")
    parser.add_argument("--peer", action="append", choices=list(SCRIPTS), help="only these; may be repeated")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--warm", type=int, default=0, help="rounds before those, which do not count")
    parser.add_argument("--epochs", type=int, help="instead of the configs' own, for a trial")
    parser.add_argument("--verbose", action="store_true", help="print what each command printed last")
    page.add_options(parser)
    arguments = parser.parse_args()
    if arguments.source:
        page.again(arguments, tables.commands(figures.load(arguments.source)))
        return
    kept = figures.load(arguments.json) if arguments.json else {}
    machine = figures.machine(sys.executable, arguments.peers)
    for name in arguments.config or NAMES:
        found = config(name, arguments)
        before = kept.setdefault("commands", {}).get(name, {}).get("peers", {})
        found["peers"] = {**(before if arguments.peer else {}), **found["peers"]}
        kept["commands"][name] = found
        print(tables.one_command(name, kept), flush=True)
        figures.update(arguments.json, kept, machine)
    if arguments.write:
        page.write(kept)


if __name__ == "__main__":
    main()
