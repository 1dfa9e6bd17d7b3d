"""Lays out a network as boxes and connections, in levels given by the longest path from an input.

Source: Sugiyama, Tagawa and Toda 1981: assign levels, order them by barycenters, then assign positions.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nnctl.training.dry_run import Summary

_SWEEPS = 8
# Weights of the positions of boxes and of lines that pass them, so that lines give way.
_BOX, _LINE = 1000.0, 1.0


@dataclass(frozen=True)
class Box:
    """An input or a layer.

    sources: names of the boxes whose outputs it takes, without repetition. states: source -> which of its states are
    taken, if any. shared: the layer whose weights it uses.
    """

    name: str
    kind: str
    shape: tuple[int | None, ...]
    sources: tuple[str, ...] = ()
    states: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    parameters: int = 0
    shared: str | None = None
    is_input: bool = False
    is_output: bool = False


def boxes(summary: Summary) -> list[Box]:
    """The layers in order, each input before the first layer that takes it."""
    waiting = {name: Box(name, "Input", shape, is_input=True) for name, shape in summary.inputs.items()}
    found: list[Box] = []
    for line in summary.lines:
        owners = dict.fromkeys(source.partition(".")[0] for source in line.sources)
        states: dict[str, tuple[str, ...]] = {}
        for owner, dot, state in (source.partition(".") for source in line.sources):
            if dot:
                states[owner] = (*states.get(owner, ()), state)
        found += [waiting.pop(owner) for owner in owners if owner in waiting]
        found.append(Box(line.name, line.kind, line.shape, tuple(owners), states, line.parameters, line.shared,
                         is_output=line.name in summary.outputs))  # fmt: skip
    return found


def is_chain(found: Sequence[Box]) -> bool:
    """Whether each box takes only the one above it, so that a table shows everything."""
    return all(
        box.sources == ((found[at - 1].name,) if at else ()) and not box.shared for at, box in enumerate(found)
    ) and [box.is_output for box in found].count(True) == 1  # fmt: skip


@dataclass(eq=False)
class Spot:
    """A position on a level, for a box or (name None) for a line that passes through. x: its middle.

    above, below: the spots that it is connected to on the neighbouring levels. follows, leads: those of them that it
    should be placed under, and over.
    """

    name: str | None
    width: float
    above: list[Spot] = field(default_factory=list)
    below: list[Spot] = field(default_factory=list)
    follows: list[Spot] = field(default_factory=list)
    leads: list[Spot] = field(default_factory=list)
    x: float = 0.0
    at: int = 0  # its index in the level, from the left


@dataclass
class Layout:
    """levels: from the top, each from the left. paths: (source, target) -> the spots from one to the other."""

    levels: list[list[Spot]]
    paths: dict[tuple[str, str], list[Spot]]


def layout(found: Sequence[Box], width: float, line: float, gap: float, most: int = 50_000) -> Layout | None:
    """The layout for boxes of width `width` and passing lines of width `line`, with a gap between neighbours.

    None if it would have more than `most` spots.
    """
    level = _levels(found)
    spots = {box.name: Spot(box.name, width) for box in found}
    lines: dict[str, list[Spot]] = {}  # source -> the spots that its line passes through, downwards
    paths = {}
    main = _main_sources(found)
    for box in found:
        for source in box.sources:
            passing = lines.setdefault(source, [])
            between = level[box.name] - level[source] - 1
            is_main = source in main[box.name]
            while len(passing) < between:
                passing.append(Spot(None, line))
                _join(passing[-2] if len(passing) > 1 else spots[source], passing[-1], follows=True)
            path = paths[source, box.name] = [spots[source], *passing[:between], spots[box.name]]
            _join(path[-2], path[-1], follows=is_main, leads=is_main)
            if is_main:
                _join(path[0], path[1], leads=True)
        if len(spots) + sum(map(len, lines.values())) > most:
            return None
    levels: list[list[Spot]] = [[] for _ in range(max(level.values()) + 1)]
    for box in found:
        levels[level[box.name]].append(spots[box.name])
    for source, passing in lines.items():
        for depth, spot in enumerate(passing, start=level[source] + 1):
            levels[depth].append(spot)
    levels = _ordered(levels)
    _place(levels, gap)
    return Layout(levels, paths)


def _levels(found: Sequence[Box]) -> dict[str, int]:
    """The length of the longest path to each box; an input is placed directly above the first box that takes it."""
    level: dict[str, int] = {}
    for box in found:
        level[box.name] = max((level[source] + 1 for source in box.sources), default=0)
    for entrance in (box for box in found if box.is_input):
        level[entrance.name] = min(level[box.name] for box in found if entrance.name in box.sources) - 1
    return level


def _main_sources(found: Sequence[Box]) -> dict[str, list[str]]:
    """The sources of each box without shortcuts, which are sources that another source of the box depends on."""
    number = {box.name: at for at, box in enumerate(found)}
    ancestors: dict[str, int] = {}  # as bits, one for each box
    main = {}
    for box in found:
        inherited = [ancestors[source] for source in box.sources]
        main[box.name] = [source for source in box.sources if not any(bits >> number[source] & 1 for bits in inherited)]
        ancestors[box.name] = 0
        for source, bits in zip(box.sources, inherited, strict=True):
            ancestors[box.name] |= bits | 1 << number[source]
    return main


def _join(upper: Spot, lower: Spot, *, follows: bool = False, leads: bool = False) -> None:
    for spots, spot, wanted in ((upper.below, lower, True), (lower.above, upper, True),
                                (lower.follows, upper, follows), (upper.leads, lower, leads)):  # fmt: skip
        if wanted and spot not in spots:
            spots.append(spot)


def _ordered(levels: list[list[Spot]]) -> list[list[Spot]]:
    """Sorts each level by the mean position of the spots that its own are connected to, in sweeps that alternate
    between downwards and upwards. Returns the order with the fewest crossings."""
    _number(levels)
    best, fewest = [list(level) for level in levels], _crossings(levels)
    for sweep in range(_SWEEPS):
        if not fewest:
            break
        for level in levels[1:] if sweep % 2 == 0 else levels[-2::-1]:
            level.sort(key=lambda spot: _middle(spot.above if sweep % 2 == 0 else spot.below, spot.at))
            _number([level])
        if (crossings := _crossings(levels)) < fewest:
            best, fewest = [list(level) for level in levels], crossings
    _number(best)
    return best


def _number(levels: Sequence[Sequence[Spot]]) -> None:
    for level in levels:
        for at, spot in enumerate(level):
            spot.at = at


def _middle(connected: Sequence[Spot], default: float) -> float:
    return sum(spot.at for spot in connected) / len(connected) if connected else default


def _crossings(levels: Sequence[Sequence[Spot]]) -> int:
    """The number of pairs of connections between neighbouring levels that cross."""
    crossings = 0
    for level in levels:
        seen: list[int] = []
        for spot in level:
            ends = sorted(lower.at for lower in spot.below)
            crossings += sum(len(seen) - bisect_right(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
    return crossings


def _place(levels: Sequence[Sequence[Spot]], gap: float) -> None:
    """Sets every x as near as possible to the middle of the connected spots, in order and without overlap."""
    for level in levels:
        _settle(level, [0.0] * len(level), gap)
    for _ in range(_SWEEPS):
        for level in levels[-2::-1]:
            _settle(level, [_wish(spot, spot.leads) for spot in level], gap)
        for level in levels[1:]:
            _settle(level, [_wish(spot, spot.follows) for spot in level], gap)
    left = min(spot.x - spot.width / 2 for level in levels for spot in level)
    for level in levels:
        for spot in level:
            spot.x -= left


def _wish(spot: Spot, connected: Sequence[Spot]) -> float:
    """The median x of the connected spots; the current x if there are none."""
    if not connected:
        return spot.x
    positions = sorted(other.x for other in connected)
    half = len(positions) // 2
    return positions[half] if len(positions) % 2 else (positions[half - 1] + positions[half]) / 2


def _settle(level: Sequence[Spot], wishes: Sequence[float], gap: float) -> None:
    """Sets the positions that are nearest to the wishes (weighted least squares) and keep the order and the gaps.

    Isotonic regression by the pool-adjacent-violators algorithm: after subtracting each spot's least distance from the
    first one, positions that must not overlap become numbers that must not decrease.
    """
    offsets = [0.0]
    for left, right in pairwise(level):
        offsets.append(offsets[-1] + (left.width + right.width) / 2 + gap)
    pools: list[tuple[float, float, int]] = []  # position, weight, number of spots
    for spot, wish, offset in zip(level, wishes, offsets, strict=True):
        position, weight, count = wish - offset, _BOX if spot.name else _LINE, 1
        while pools and pools[-1][0] >= position:
            other, other_weight, other_count = pools.pop()
            position = (position * weight + other * other_weight) / (weight + other_weight)
            weight, count = weight + other_weight, count + other_count
        pools.append((position, weight, count))
    positions = [position for position, _, count in pools for _ in range(count)]
    for spot, position, offset in zip(level, positions, offsets, strict=True):
        spot.x = position + offset


def consumers(found: Sequence[Box]) -> dict[str, list[int]]:
    """The numbers of the boxes that take the output of each box."""
    takers = defaultdict(list)
    for at, box in enumerate(found):
        for source in box.sources:
            takers[source].append(at)
    return takers
