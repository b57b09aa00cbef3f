"""The tracks on which arrows turn in a channel, which cross seldom and do not run together."""

import itertools

from kb.diagram.grid import End, Grid, Segment

# Two lines on one track keep this distance; two that run along each other cost as many crossings.
APART = 9.0
TOGETHER = 12
NEAR = 4.0
# How far an end is moved from another that it would run into, and how often that is tried.
SHIFTS = (5.0, -5.0, 9.0, -9.0, 14.0, -14.0)
ROUNDS = 4


def route(grid: Grid) -> list[int]:
    """Sets `track` of each segment that turns; returns the number of tracks of each channel."""
    for _ in range(ROUNDS):
        counts = _assign(grid)
        clashes = _clashes(grid)
        if not clashes:
            break
        for clash in clashes:
            # A trial that moves one of them ends the clash; what else it does, the next round sees.
            any(grid.shift(end, by) for by in SHIFTS for end in clash)
    else:
        counts = _assign(grid)
    return counts


def _channels(grid: Grid) -> list[list[Segment]]:
    channels: list[list[Segment]] = [[] for _ in range(len(grid.layers) + 1)]
    for segment in grid.segments:
        if not segment.is_straight:
            channels[segment.channel].append(segment)
    return channels


def _assign(grid: Grid) -> list[int]:
    for segment in grid.segments:
        segment.track = -1
    return [_tracks(inside) for inside in _channels(grid)]


def _clashes(grid: Grid) -> list[tuple[End, End]]:
    """Ends that face each other across a channel and whose lines run into each other."""
    found = []
    for inside in _channels(grid):
        for first, second in itertools.permutations(inside, 2):
            if first.track < second.track:
                found += [
                    (one, other)
                    for one in (first.start, first.end)
                    for other in (second.start, second.end)
                    if one.side == -1 and other.side == 1 and abs(one.at - other.at) < NEAR
                ]
    return found


def _tracks(segments: list[Segment]) -> int:
    ordered: list[Segment] = []
    # Long ones last: they find a place among short ones more easily than the other way round.
    for segment in sorted(segments, key=lambda s: (abs(s.start.at - s.end.at), s.arrow)):
        before = [_cost(segment, other) for other in ordered]
        after = [_cost(other, segment) for other in ordered]
        # cost[n]: the new one between those up to n and the rest.
        cost = sum(before)
        best, place = cost, 0
        for number in range(len(ordered)):
            cost += after[number] - before[number]
            if cost < best:
                best, place = cost, number + 1
        ordered.insert(place, segment)
    for number, segment in enumerate(ordered):
        near = [other.track for other in ordered[:number] if _meet(segment, other)]
        segment.track = max(near, default=-1) + 1
    return max((segment.track + 1 for segment in ordered), default=0)


def _span(segment: Segment) -> tuple[float, float]:
    one, other = segment.start.at, segment.end.at
    return (one, other) if one < other else (other, one)


def _meet(one: Segment, other: Segment) -> bool:
    """Whether two could not share a track."""
    (low, high), (other_low, other_high) = _span(one), _span(other)
    return low < other_high + APART and other_low < high + APART


def _cost(first: Segment, second: Segment) -> int:
    """Crossings if the first turns on an earlier track than the second."""
    if not _meet(first, second):
        return 0
    cost = 0
    # What reaches the second from the layer before passes the first's track, and vice versa.
    low, high = _span(first)
    stubs = [end.at for end in (second.start, second.end) if end.side == 1]
    cost += sum(low < at < high for at in stubs)
    low, high = _span(second)
    others = [end.at for end in (first.start, first.end) if end.side == -1]
    cost += sum(low < at < high for at in others)
    cost += TOGETHER * sum(abs(at - other) < NEAR for at in stubs for other in others)
    return cost
