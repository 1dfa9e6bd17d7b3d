"""Markdown tables of the results (see figures.py)."""

from collections.abc import Iterable

from figures import median
from peers import GROUPS, NNCTL, NUMPY_ONLY, PEERS, SCRIPTS
from workloads import BATCHES, DEPTHS, MAIN, WORKLOADS

Found = dict[str, dict]  # peer -> its results


def table(head: list[str], rows: Iterable[list[str]], words: int = 1) -> str:
    """words: how many of the first columns hold words, not numbers."""
    marks = ["---"] * words + ["---:"] * (len(head) - words)
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, marks, *rows])


def number(value: float | None, digits: int = 3) -> str:
    """The number with three significant digits, without an exponent; an empty text for None."""
    if value is None:
        return ""
    return f"{value:.0f}" if value >= 100 else f"{value:#.{digits}g}".rstrip(".")


def share(ours: float | None, theirs: float | None) -> str:
    return f"{ours / theirs:.2f}" if ours and theirs else ""


def fastest(found: Found, group: str, key: str = "ms") -> float | None:
    """The least median among the peers of a group."""
    values = [median(found.get(name), key) for name, peer in (PEERS | SCRIPTS).items() if peer.group == group]
    return min((value for value in values if value), default=None)


def fastest_of_all(found: Found, key: str) -> tuple[str, float] | None:
    """The framework with the least median of a whole command."""
    values = [(name, median(found.get(name), key)) for name in SCRIPTS]
    return min(((name, value) for name, value in values if value), key=lambda one: one[1], default=None)


def one_workload(name: str, iterations: dict) -> str:
    """All peers of one workload: nnctl's share of each one's time; and how far a second thread carries nnctl."""
    parts = []
    for threads in sorted(iterations, key=int, reverse=True):
        found = iterations[threads].get(name)
        if not found:
            continue
        ours = median(found.get(NNCTL), "ms")
        rows = []
        for peer, figure in found.items():
            ms = median(figure, "ms")
            cells = [number(ms) or "does not run here", share(ours, ms), number(median(figure, "memory"))]
            rows.append([peer, *cells])
        title = f"**{WORKLOADS[name].title}**, batch {WORKLOADS[name].batch}, threads: {threads}\n\n"
        parts.append(title + table(["", "ms per iteration", "nnctl's share", "peak MB"], rows))
    gains = [(peer, gained(iterations, name, peer)) for peer in (NNCTL, NUMPY_ONLY)]
    speedup = "; ".join(f"{peer} {number(gain)}" for peer, gain in gains if gain)
    return "\n\n".join([*parts, *([f"All threads against one, times as fast: {speedup}"] if speedup else [])])


def gained(iterations: dict, name: str, peer: str) -> float | None:
    """How many times as fast a peer is with the most threads measured as with one."""
    most = max(iterations, key=int)
    if int(most) == 1 or "1" not in iterations:
        return None
    one, all_of_them = (median(iterations[t].get(name, {}).get(peer), "ms") for t in ("1", most))
    return one / all_of_them if one and all_of_them else None


def iterations(kept: dict) -> str:
    """Everything in the results about iterations."""
    found = kept.get("iterations", {})
    parts = []
    for threads in sorted(found, key=int, reverse=True):
        word = "All cores" if threads == str(kept["machine"]["cores"]) else f"Threads: {threads}"
        word = "One thread" if threads == "1" else f"{word} ({threads})"
        here = {name: found[threads][name] for name in MAIN if name in found[threads]}
        if not here:
            continue
        parts.append(f"### {word}\n\nMilliseconds per iteration:\n\n" + all_peers(here, "ms"))
        parts.append("nnctl's time divided by that of the fastest configuration of each:\n\n" + shares(here))
        parts.append("Peak memory of the process, MB:\n\n" + all_peers(here, "memory"))
        parts.append(
            "nnctl's memory divided by that of the leanest configuration of each:\n\n" + shares(here, "memory")
        )
    parts += growth(found)
    return "\n\n".join(parts)


def all_peers(here: dict[str, Found], key: str) -> str:
    peers = [peer for peer in PEERS if any(median(found.get(peer), key) for found in here.values())]
    rows = [
        [WORKLOADS[name].label, *(number(median(found.get(peer), key)) for peer in peers)]
        for name, found in here.items()
    ]
    return table(["model, batch", *peers], rows)


def shares(here: dict[str, Found], key: str = "ms") -> str:
    """nnctl's time divided by the least of each group, and its time without Numba divided by that with it."""
    rows = []
    for name, found in here.items():
        ours, plain = median(found.get(NNCTL), key), median(found.get(NUMPY_ONLY), key)
        beside = [share(ours, fastest(found, group, key)) for group in GROUPS]
        rows.append([WORKLOADS[name].label, *beside, share(plain, ours)])
    return table(["model, batch", *GROUPS, "without Numba / with"], rows)


def growth(found: dict) -> list[str]:
    """With cores, batch and depth."""
    parts = []
    if "1" in found and len(found) > 1:
        names = [name for name in WORKLOADS if gained(found, name, NNCTL)]
        rows = []
        for name in names:
            cells = [number(gained(found, name, peer)) for peer in (NNCTL, NUMPY_ONLY)]
            most = max(found, key=int)
            for group in GROUPS:
                one, many = (fastest(found[threads][name], group) for threads in ("1", most))
                cells.append(number(one / many) if one and many else "")
            rows.append([WORKLOADS[name].label, *cells])
        parts.append(f"### Scaling with cores\n\nHow many times as fast {max(found, key=int)} threads are as one:\n\n"
                     + table(["model, batch", NNCTL, NUMPY_ONLY, *GROUPS], rows))  # fmt: skip
    most = max(found, key=int, default=None)
    for title, head, sizes in (
        ("Scaling with the batch size: MLP 64-128-64-10", "batch", BATCHES),
        ("Scaling with depth: layers of Dense(256), batch 128", "depth", DEPTHS),
    ):
        rows = []
        for size in sizes:
            here = found.get(most, {}).get(f"{head}_{size}")
            if here:
                ours = median(here.get(NNCTL), "ms")
                theirs = [fastest(here, group) for group in GROUPS]
                cells = [number(value) + (f" ({share(ours, value)})" if value and ours else "") for value in theirs]
                rows.append([str(size), number(ours), number(median(here.get(NUMPY_ONLY), "ms")), *cells])
        if rows:
            lead = "Milliseconds per iteration with all cores; in parentheses, nnctl's time divided by it:"
            parts.append(f"### {title}\n\n{lead}\n\n" + table([head, NNCTL, NUMPY_ONLY, *GROUPS], rows))
    return parts


def one_command(name: str, kept: dict) -> str:
    """A line on the screen for one config."""
    if "skipped" in kept["commands"][name]:
        return f"{name}: not measured: {kept['commands'][name]['skipped']}"
    found = kept["commands"][name]["peers"]
    cells = [f"{peer} {number(median(figure, 'seconds')) or figure['not']}" for peer, figure in found.items()]
    best, ours = fastest_of_all(found, "seconds"), median(found.get(NNCTL), "seconds")
    return f"{name}: " + ", ".join(cells) + (f"; share of {best[0]}: {share(ours, best[1])}" if best else "")


def commands(kept: dict) -> str:
    """Whole commands: seconds and memory, config by config."""
    found = kept.get("commands", {})
    names = sorted(found, key=lambda name: (name.count("/"), name))
    peers = [NNCTL, *SCRIPTS]
    seconds, memory = [], []
    for name in names:
        here = found[name]["peers"]
        if NNCTL not in here:
            continue
        best, ours = fastest_of_all(here, "seconds"), median(here[NNCTL], "seconds")
        least, mine = fastest_of_all(here, "memory"), median(here[NNCTL], "memory")
        missing = [here.get(peer, {}).get("not", "").partition(":")[0] for peer in peers]  # the reason is in the file
        cells = [number(median(here.get(peer), "seconds")) or why for peer, why in zip(peers, missing, strict=True)]
        under = "" if not best else "yes" if best[1] < 30 else "no"
        seconds.append([name, str(found[name]["epochs"]), *cells, share(ours, best and best[1]), under])
        held = [number(median(here.get(peer), "memory")) for peer in peers]
        memory.append([name, *held, share(mine, least and least[1])])
    if not seconds:
        return ""
    head = ["config", "epochs", *peers, "ratio to the fastest", "fastest under 30 s"]
    parts = ["Seconds from the start of the command to its end:\n\n" + table(head, seconds)]
    parts.append("Peak memory, MB:\n\n" + table(["config", *peers, "ratio to the least"], memory))
    left = [f"- {name}: {found[name]['skipped']}" for name in names if "skipped" in found[name]]
    return "\n\n".join(parts + (["Not measured:\n\n" + "\n".join(left)] if left else []))
