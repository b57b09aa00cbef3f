"""The tracks on which arrows turn in a channel, which cross seldom and do not run together."""

from typing import NamedTuple

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
        ends = [
            (end, end.at, segment.track)
            for segment in inside
            for end in (segment.start, segment.end)
        ]
        before = [entry for entry in ends if entry[0].side == 1]
        after = [entry for entry in ends if entry[0].side == -1]
        found += [
            (one, other)
            for one, one_at, one_track in after
            for other, other_at, other_track in before
            if one_track < other_track and abs(one_at - other_at) < NEAR
        ]
    return found


class _Turn(NamedTuple):
    """A segment as its channel sees it: from where to where it turns, and what it comes in on."""

    low: float
    high: float
    from_before: tuple[float, ...]  # where it meets the layer before the channel
    from_after: tuple[float, ...]
    segment: Segment

    @classmethod
    def of(cls, segment: Segment) -> "_Turn":
        ends = [(end.at, end.side) for end in (segment.start, segment.end)]
        return cls(
            min(ends)[0],
            max(ends)[0],
            tuple(at for at, side in ends if side == 1),
            tuple(at for at, side in ends if side == -1),
            segment,
        )


def _tracks(segments: list[Segment]) -> int:
    ordered: list[_Turn] = []
    # Long ones last: they find a place among short ones more easily than the other way round.
    turns = [_Turn.of(segment) for segment in segments]
    for turn in sorted(turns, key=lambda turn: (turn.high - turn.low, turn.segment.arrow)):
        # The cost of the first place, then of each next one.
        cost = sum(_cost(turn, other) for other in ordered)
        best, place = cost, 0
        for number, other in enumerate(ordered):
            cost += _cost(other, turn) - _cost(turn, other)
            if cost < best:
                best, place = cost, number + 1
        ordered.insert(place, turn)
    for number, turn in enumerate(ordered):
        near = [other.segment.track for other in ordered[:number] if _meet(turn, other)]
        turn.segment.track = max(near, default=-1) + 1
    return max((turn.segment.track + 1 for turn in ordered), default=0)


def _meet(one: _Turn, other: _Turn) -> bool:
    """Whether two could not share a track."""
    return one.low < other.high + APART and other.low < one.high + APART


def _cost(first: _Turn, second: _Turn) -> int:
    """Crossings if the first turns on an earlier track than the second."""
    if not _meet(first, second):
        return 0
    # What reaches the second from the layer before passes the first's track, and vice versa.
    cost = sum(first.low < at < first.high for at in second.from_before)
    cost += sum(second.low < at < second.high for at in first.from_after)
    for at in second.from_before:
        cost += TOGETHER * sum(abs(at - other) < NEAR for other in first.from_after)
    return cost
