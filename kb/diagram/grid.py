"""Layers of items, and the positions of the items along them.

Both pictures are made in the same coordinates: `u` runs with the lanes (to the right in the wide
picture, down in the tall one), `v` along a layer. A layer holds boxes or labels; an arrow has an
item of its own in every layer that it passes, so that it touches no box, and one of these items is
made large enough for its label, so that no two labels meet. Between two layers is a channel, where
arrows change their `v`. Everything that must not overlap therefore holds by construction.
"""

import itertools
from dataclasses import dataclass, field


@dataclass(eq=False)
class Item:
    """Something that takes `before` + `after` of its layer around `at`.

    `box` is the number of a box, `arrow` that of an arrow with `lines` of label if it has them;
    an item with neither is the title of a lane.
    """

    before: float
    after: float
    box: int = -1
    arrow: int = -1
    lines: list[str] = field(default_factory=list)
    layer: int = -1
    at: float = 0

    @property
    def size(self) -> float:
        return self.before + self.after

    @property
    def is_title(self) -> bool:
        return self.box < 0 and self.arrow < 0


@dataclass(eq=False)
class Layer:
    """Items in their order along v; `lane` is −1 for labels between two lanes."""

    lane: int
    thickness: float
    items: list[Item]
    has_boxes: bool = False
    has_title: bool = False
    start: float = 0

    @property
    def end(self) -> float:
        return self.start + self.thickness


@dataclass(eq=False)
class End:
    """Where a segment meets an item: `side` is 1 towards the next layer, −1 towards the last."""

    item: Item
    side: int
    offset: float = 0

    @property
    def at(self) -> float:
        """Rounded as it is drawn, so that what is straight here is straight there."""
        return round(self.item.at + self.offset, 1)


@dataclass(eq=False)
class Segment:
    """A piece of an arrow in one channel, from item to item; `track` is where it turns."""

    arrow: int
    start: End
    end: End
    track: int = -1

    @property
    def channel(self) -> int:
        """Channel n lies before layer n."""
        return self.start.item.layer + (1 if self.start.side == 1 else 0)

    @property
    def is_straight(self) -> bool:
        return self.start.side != self.end.side and self.start.at == self.end.at


@dataclass(frozen=True)
class Direct:
    """An arrow between two neighbours in a layer, which needs no channel."""

    arrow: int
    start: Item
    end: Item
    lines: list[str]


@dataclass(frozen=True)
class Gaps:
    """The least room along v between two items, by what they are."""

    boxes: float
    box: float
    other: float


BEND, FAR = 1.0, 0.004


@dataclass
class Run:
    """The items of an arrow between two boxes, and the ports at both ends."""

    start: End
    end: End
    items: list[Item]

    def best(self, spans: list[tuple[float, float]]) -> list[float]:
        """Positions within `spans` with the fewest bends, then the least way along v."""
        places = sorted({self.start.at, self.end.at, *(item.at for item in self.items)})
        costs = {self.start.at: 0.0}
        back: list[dict[float, float]] = []
        for item, (low, high) in zip(self.items, spans, strict=True):
            now: dict[float, float] = {}
            came: dict[float, float] = {}
            for place in places:
                if low <= place <= high or place == item.at:
                    cost, before = min((c + _turn(p, place), p) for p, c in costs.items())
                    now[place], came[place] = cost, before
            costs = now
            back.append(came)
        _, place = min((cost + _turn(self.end.at, place), place) for place, cost in costs.items())
        way = []
        for came in reversed(back):
            way.append(place)
            place = came[place]
        return way[::-1]


def _turn(one: float, other: float) -> float:
    return 0.0 if one == other else BEND + FAR * abs(one - other)


SWEEPS = 6
# How much heavier a long line pulls than a box: bends are worse than boxes out of the middle.
STRAIGHT = 4.0
# Between two arrows at one side of a box: what is good, what its size must allow, the least.
PORT_PITCH, PORT_ROOM, PORT_LEAST, PORT_MARGIN = 14.0, 11.0, 8.0, 9.0


class Grid:
    """Sets `at` of every item, and the ports of the segments."""

    def __init__(
        self,
        layers: list[Layer],
        segments: list[Segment],
        gaps: Gaps,
        extra: dict[tuple[int, int], float],
        extent: float,
    ) -> None:
        """`extra` is the room between two boxes that arrows join directly; `extent` the least v."""
        self.layers, self.segments, self.gaps, self.extra = layers, segments, gaps, extra
        self.pulls: dict[Item, list[tuple[End, End]]] = {}
        self.ports: dict[tuple[Item, int], list[tuple[Segment, End, End]]] = {}
        for segment in segments:
            for here, there in (segment.start, segment.end), (segment.end, segment.start):
                if here.side != there.side:
                    self.pulls.setdefault(here.item, []).append((here, there))
                if here.item.box >= 0:
                    self.ports.setdefault((here.item, here.side), []).append((segment, here, there))
        self.extent = max(extent, *(self._need(layer) for layer in layers))

    def settle(self) -> None:
        for layer in self.layers:
            self._centre(layer)
        self._sort_labels()
        self._place_ports()
        for sweep in range(SWEEPS):
            order = self.layers if sweep % 2 == 0 else self.layers[::-1]
            for layer in order:
                # The first sweeps look one way, so that positions travel through the picture.
                self._pull(layer, {0: -1, 1: 1}.get(sweep, 0))
            if sweep == 1:
                self._sort_labels()
            self._place_ports()
        self._straighten()
        self._slide_ports()

    def _gap(self, one: Item, other: Item) -> float:
        boxes = (one.box >= 0) + (other.box >= 0)
        if boxes == 2:
            return self.extra.get((one.box, other.box), self.gaps.boxes)
        return self.gaps.box if boxes else self.gaps.other

    def _steps(self, layer: Layer) -> list[float]:
        """How far each item must stand from the edge if all before it stand close."""
        steps, edge = [], 0.0
        for number, item in enumerate(layer.items):
            if number:
                edge += self._gap(layer.items[number - 1], item)
            steps.append(edge + item.before)
            edge += item.size
        return steps

    def _need(self, layer: Layer) -> float:
        return self._steps(layer)[-1] + layer.items[-1].after if layer.items else 0

    def _centre(self, layer: Layer) -> None:
        slack = (self.extent - self._need(layer)) / 2
        for item, step in zip(layer.items, self._steps(layer), strict=True):
            item.at = slack + step

    def _sort_labels(self) -> None:
        """Between two layers of boxes an arrow goes the straight way, so that it crosses least."""
        keys: dict[Item, float] = {}
        for chain in self._runs():
            start, stop = chain[0].start, chain[-1].end
            loops = start.item.layer == stop.item.layer
            for number, segment in enumerate(chain[:-1]):
                item = segment.end.item
                if loops:
                    keys[item] = start.at if number < len(chain) // 2 else stop.at
                else:
                    keys[item] = (start.at + stop.at) / 2
        for layer in self.layers:
            if not layer.has_boxes:
                layer.items.sort(key=lambda item: (not item.is_title, keys.get(item, 0)))
                self._centre(layer)

    def _runs(self) -> list[list[Segment]]:
        """The segments of each arrow from one layer of boxes to the next."""
        runs: list[list[Segment]] = []
        open_run = False
        for segment in self.segments:
            if open_run and runs[-1][-1].arrow == segment.arrow:
                runs[-1].append(segment)
            else:
                runs.append([segment])
            open_run = not self.layers[segment.end.item.layer].has_boxes
        return runs

    def _place_ports(self) -> None:
        """The arrows on one side of a box, in the order of where they come from or go to."""
        for (item, side), ends in self.ports.items():
            ends.sort(key=lambda port: self._port_key(item, side, *port))
            pitches = [self._pitch(one[2], other[2]) for one, other in itertools.pairwise(ends)]
            room = item.size - 2 * PORT_MARGIN
            shrink = min(1.0, room / sum(pitches)) if pitches else 1.0
            offset = -sum(pitches) * shrink / 2
            for (_, here, _), pitch in zip(ends, [*pitches, 0], strict=True):
                here.offset = offset
                offset += pitch * shrink

    def _pitch(self, one: End, other: End) -> float:
        """As far apart as the items that the arrows go to, so that both can be straight."""
        if one.item.layer != other.item.layer or one.item.box >= 0 or other.item.box >= 0:
            return PORT_PITCH
        return max(PORT_PITCH, one.item.after + self.gaps.other + other.item.before)

    def _port_key(
        self, item: Item, side: int, segment: Segment, here: End, there: End
    ) -> tuple[float, float]:
        if there.item is item:
            return item.at, segment.arrow
        # Arrows that turn around nest in each other instead of crossing.
        turns = here.side == there.side and there.item.at < item.at
        return there.at, -segment.arrow if turns else segment.arrow

    def _pull(self, layer: Layer, side: int) -> None:
        """Moves the items of a layer to where their arrows are straight, as far as order allows."""
        blocks: list[list[tuple[float, float]]] = []
        values: list[float] = []
        sizes: list[int] = []
        steps = self._steps(layer)
        for item, step in zip(layer.items, steps, strict=True):
            blocks.append(self._wishes(item, side, step))
            values.append(_median(blocks[-1]))
            sizes.append(1)
            while len(values) > 1 and values[-2] >= values[-1]:
                wishes, size = blocks.pop(), sizes.pop()
                values.pop()
                blocks[-1] += wishes
                sizes[-1] += size
                values[-1] = _median(blocks[-1])
        slack = self.extent - self._need(layer)
        shifts = [value for value, size in zip(values, sizes, strict=True) for _ in range(size)]
        for item, step, shift in zip(layer.items, steps, shifts, strict=True):
            item.at = step + min(max(shift, 0), slack)

    def _wishes(self, item: Item, side: int, step: float) -> list[tuple[float, float]]:
        """(position, weight) that each arrow of the item asks for; else it stays."""
        if item.is_title:
            return [(0, 1000)]
        wishes = []
        for here, there in self.pulls.get(item, ()):
            if side in (0, here.side):
                weight = STRAIGHT if item.box < 0 and there.item.box < 0 else 1
                wishes.append((there.at - here.offset - step, weight))
        return wishes or [(item.at - step, 0.5)]

    def _straighten(self) -> None:
        """Takes bends out of arrows that pass many layers, within the room beside each item."""
        runs = self._passes()
        # Twice, because an arrow may make room for one before it.
        for run in [*runs, *runs]:
            spans = [self._free(item) for item in run.items]
            for item, at in zip(run.items, run.best(spans), strict=True):
                item.at = at

    def _free(self, item: Item) -> tuple[float, float]:
        """How far an item can move between its neighbours."""
        layer, low, high = self.layers[item.layer], 0.0, self.extent
        number = layer.items.index(item)
        if number:
            before = layer.items[number - 1]
            low = before.at + before.after + self._gap(before, item)
        if number + 1 < len(layer.items):
            after = layer.items[number + 1]
            high = after.at - after.before - self._gap(item, after)
        return low + item.before, high - item.after

    def _passes(self) -> list["Run"]:
        runs: list[Run] = []
        for segment in self.segments:
            if segment.start.item.box >= 0:
                runs.append(Run(segment.start, segment.end, []))
            if segment.end.item.box >= 0:
                runs[-1].end = segment.end
            elif segment.start.side == segment.end.side:
                # An arrow that turns around has two sides that do not straighten each other.
                runs.append(Run(segment.start, segment.end, []))
                runs[-1].items.append(segment.end.item)
            else:
                runs[-1].items.append(segment.end.item)
        return [run for run in runs if run.items]

    def _slide_ports(self) -> None:
        """Ports move a little where that takes a small bend out of an arrow."""
        for (item, _), ends in self.ports.items():
            half = item.size / 2 - max(PORT_MARGIN - 1, item.size / 8)
            for number, (_, here, there) in enumerate(ends):
                wish = there.at - item.at
                low = ends[number - 1][1].offset + PORT_LEAST if number else -half
                high = ends[number + 1][1].offset - PORT_LEAST if number + 1 < len(ends) else half
                if here.side != there.side and low <= wish <= high:
                    here.offset = wish

    def shift(self, end: End, by: float) -> bool:
        """Moves a line's end a little, if there is room for that."""
        if end.item.box < 0:
            low, high = self._free(end.item)
            if low <= end.item.at + by <= high:
                end.item.at += by
                return True
            return False
        wish = end.offset + by
        half = end.item.size / 2 - PORT_MARGIN + 1
        peers = [here.offset for _, here, _ in self.ports[end.item, end.side] if here is not end]
        # Ports keep their order, else their arrows would cross.
        if abs(wish) > half or any(
            abs(wish - other) < PORT_LEAST / 2 or (other < end.offset) != (other < wish)
            for other in peers
        ):
            return False
        end.offset = wish
        return True


def _median(wishes: list[tuple[float, float]]) -> float:
    """The weighted median; the middle of two if both serve as well."""
    wishes.sort()
    half = sum(weight for _, weight in wishes) / 2
    total = 0.0
    for number, (value, weight) in enumerate(wishes):
        total += weight
        if total > half + 1e-9:
            return value
        if total > half - 1e-9 and number + 1 < len(wishes):
            return value
    return wishes[-1][0]
