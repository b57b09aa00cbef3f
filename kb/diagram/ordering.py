"""In which rank a box stands and in which order within it, so that few arrows cross.

A rank is a column of the wide picture and a row of the tall one. Nodes are numbers: those of the
boxes come first, then one for each rank that an arrow passes on its way ("pass").
"""

import itertools
from bisect import bisect_right, insort
from collections.abc import Sequence

# Costs in crossings. An arrow between neighbours in one rank is straight; over other boxes it has
# to leave the rank and come back.
DETOUR, SKIPPED, LENGTH = 2.5, 1.5, 0.06
UPWARDS = 0.3
SWEEPS = 4
# A bound on the work: more trials than this change little in any picture that can still be read.
TRIALS = 700

Pair = tuple[int, int]


class Order:
    """`ranks` of boxes with the arrows between them, put in a good order, the passes among them.

    `chains` has for each arrow its nodes from start to end, one in each rank.
    """

    def __init__(self, ranks: Sequence[Sequence[int]], arrows: Sequence[Pair]) -> None:
        self.ranks = [list(rank) for rank in ranks]
        self.boxes = sum(len(rank) for rank in ranks)
        self.rank = {node: number for number, rank in enumerate(ranks) for node in rank}
        self.chains: list[list[int]] = []
        self.between: list[list[Pair]] = [[] for _ in ranks]
        self.within: list[list[Pair]] = [[] for _ in ranks]
        self.sides: dict[int, tuple[list[int], list[int]]] = {n: ([], []) for n in self.rank}
        for arrow in arrows:
            self._add(arrow)
        self.place: dict[int, int] = {}
        for number in range(len(self.ranks)):
            self._renumber(number)
        self._sweep()
        self._improve()

    def _add(self, arrow: Pair) -> None:
        start, end = arrow
        first, last = self.rank[start], self.rank[end]
        if first == last:
            self.chains.append([start, end])
            if start != end:
                self.within[first].append(arrow)
            return
        step = 1 if last > first else -1
        chain = [start]
        for number in range(first + step, last, step):
            node = len(self.rank)
            self.rank[node] = number
            self.ranks[number].append(node)
            self.sides[node] = ([], [])
            chain.append(node)
        chain.append(end)
        self.chains.append(chain)
        forward = chain if step == 1 else chain[::-1]
        for one, other in itertools.pairwise(forward):
            self.between[self.rank[one]].append((one, other))
            self.sides[one][1].append(other)
            self.sides[other][0].append(one)

    def _renumber(self, number: int) -> None:
        for place, node in enumerate(self.ranks[number]):
            self.place[node] = place

    def _sweep(self) -> None:
        """Each node goes to the middle of its neighbours, rank after rank, there and back."""
        best, kept = self._cost(), [list(rank) for rank in self.ranks]
        for _ in range(SWEEPS):
            for side in (0, 1):
                numbers = range(len(self.ranks))
                for number in numbers if side == 0 else reversed(numbers):
                    self._sort(number, side)
                cost = self._cost()
                if cost < best:
                    best, kept = cost, [list(rank) for rank in self.ranks]
        self.ranks = kept
        for number in range(len(kept)):
            self._renumber(number)

    def _sort(self, number: int, side: int) -> None:
        keys = {}
        for node in self.ranks[number]:
            near = self.sides[node][side] or [node]
            keys[node] = sum(self._centred(other) for other in near) / len(near)
        self.ranks[number].sort(key=lambda node: keys[node])
        self._renumber(number)

    def _centred(self, node: int) -> float:
        return self.place[node] - (len(self.ranks[self.rank[node]]) - 1) / 2

    def _improve(self) -> None:
        """Moves single nodes while that helps: a box to any place, a pass past its neighbour."""
        trials, better = 0, True
        while better:
            better = False
            for number, rank in enumerate(self.ranks):
                here = self._near(number)
                for node in list(rank):
                    place = self.place[node]
                    reach = range(len(rank)) if node < self.boxes else (place - 1, place + 1)
                    for target in reach:
                        if target == self.place[node] or not 0 <= target < len(rank):
                            continue
                        if trials >= TRIALS:
                            return
                        trials += 1
                        place = self.place[node]
                        rank.insert(target, rank.pop(place))
                        self._renumber(number)
                        cost = self._near(number)
                        if cost < here - 1e-9:
                            here, better = cost, True
                        else:
                            rank.insert(place, rank.pop(target))
                            self._renumber(number)

    def _cost(self) -> float:
        numbers = range(len(self.ranks))
        return sum(self._gap(number) + self._inside(number) for number in numbers)

    def _near(self, number: int) -> float:
        """The part of the cost that depends on the order of one rank."""
        before = self._gap(number - 1) if number else 0
        return before + self._gap(number) + self._inside(number)

    def _gap(self, number: int) -> float:
        """Crossings and lengths between a rank and the next."""
        pairs = self.between[number]
        if not pairs:
            return 0
        place = self.place
        shift = (len(self.ranks[number]) - len(self.ranks[number + 1])) / 2
        crossings, length = 0, 0.0
        seen: list[int] = []
        for one, other in sorted((place[one], place[other]) for one, other in pairs):
            crossings += len(seen) - bisect_right(seen, other)
            insort(seen, other)
            length += abs(one - other - shift)
        return crossings + LENGTH * length

    def _inside(self, number: int) -> float:
        cost = 0.0
        for pair in self.within[number]:
            low, high = sorted(self.place[node] for node in pair)
            skipped = self.ranks[number][low + 1 : high]
            boxes = sum(node < self.boxes for node in skipped)
            cost += len(skipped) - boxes
            if boxes:
                cost += DETOUR + SKIPPED * boxes
        return cost


def rows(
    lane_boxes: Sequence[Sequence[int]],
    arrows: Sequence[Pair],
    labelled: Sequence[bool],
    columns: Sequence[int],
) -> list[list[list[int]]]:
    """For each lane its rows of at most `columns` boxes, near to what they have arrows to."""
    cells: list[list[int]] = []
    for boxes, across in zip(lane_boxes, columns, strict=True):
        # An empty cell is a negative number, so that it can move like a box.
        cells.append([*boxes, *[-1] * (-len(boxes) % across)])
    row: dict[int, int] = {}

    def number() -> None:
        at = 0
        for lane, across in zip(cells, columns, strict=True):
            for place, box in enumerate(lane):
                row[box] = at + place // across
            at += len(lane) // across

    def cost() -> float:
        total = 0.0
        for (start, end), has_label in zip(arrows, labelled, strict=True):
            down = row[end] - row[start]
            if down == 0:
                # Side by side there is no room for a label.
                total += 1.6 if has_label else 0.5
            else:
                total += abs(down) + (UPWARDS if down < 0 else 0)
        return total

    number()
    best, trials, better = cost(), 0, True
    while better and trials < TRIALS:
        better = False
        for lane, across in zip(cells, columns, strict=True):
            for one in range(len(lane)):
                for other in range(one + 1, len(lane)):
                    if one // across == other // across:
                        continue
                    trials += 1
                    lane[one], lane[other] = lane[other], lane[one]
                    number()
                    now = cost()
                    if now < best - 1e-9:
                        best, better = now, True
                    else:
                        lane[one], lane[other] = lane[other], lane[one]
    number()
    return [
        [[box for box in lane[at : at + across] if box >= 0] for at in range(0, len(lane), across)]
        for lane, across in zip(cells, columns, strict=True)
    ]
