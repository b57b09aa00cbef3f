"""From boxes and arrows to layers of items and the segments of arrows between them."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

from kb.diagram.grid import PORT_MARGIN, PORT_ROOM, Direct, End, Gaps, Grid, Item, Layer, Segment
from kb.diagram.measures import (
    DIRECT_ASIDE,
    LABEL_LINE,
    LABEL_SIZE,
    LANE_SIZE,
    TITLE_BEYOND,
    TITLE_LINE,
    Measures,
)
from kb.diagram.ordering import Order, rows
from kb.diagram.parts import Arrow, Box, clean, lanes
from kb.diagram.sizes import BoxText, box_text, lane_widths
from kb.diagram.text import is_whole, shorten, width, wrap

# A lane with more boxes than this stands in two columns of the wide picture.
COLUMN_MOST = 8
TALL_BOX_LEAST, TALL_BOX_MOST = 96.0, 150.0
LABEL_MOST = 110.0
FEW_LANES, FEW_LANES_LABEL = 3, 110.0


@dataclass
class _Gap:
    """What lies between two ranks: the layers of labels, and what wants to stand there."""

    through: int = 0
    wanted: list[int] = field(default_factory=list)
    layers: list[Layer] = field(default_factory=list)
    # For each arrow with its label here the number of its layer.
    place: dict[int, int] = field(default_factory=dict)


class Plan:
    """The picture without its positions: layers with their items in order, segments, texts."""

    def __init__(
        self,
        boxes: Sequence[Box],
        arrows: Sequence[Arrow],
        measures: Measures,
        most: int = 2,
        order: Order | None = None,
    ) -> None:
        """`most` is how many boxes may stand side by side in the tall picture.

        `order` is that of a plan of the same boxes and arrows, if there is one.
        """
        self.boxes, self.arrows, self.measures = list(boxes), list(arrows), measures
        self.lanes = lanes(boxes)
        numbers = {box.key: number for number, box in enumerate(boxes)}
        self.pairs = [(numbers[arrow.start], numbers[arrow.end]) for arrow in arrows]
        self.in_lane = [
            [number for number, box in enumerate(boxes) if box.lane == lane] for lane in self.lanes
        ]
        columns = [min(most, self._columns(inside)) for inside in self.in_lane]
        self.lane_of_rank: list[int] = []
        self.ranks = self._ranks(columns)
        self.order = order or Order(self.ranks, self.pairs)
        self.ranks, self.chains = self.order.ranks, self.order.chains
        self.rank = self.order.rank
        self.texts: list[BoxText] = [BoxText([], [])] * len(self.boxes)
        self.box_items: list[Item] = []
        self.directs: list[Direct] = []
        self._split_arrows()
        self.gaps = [_Gap() for _ in range(len(self.ranks) + 1)]
        self._want_labels()
        self._pack_labels()
        self._make_box_layers()
        self._make_segments()
        self._make_directs()
        self.grid = self._make_grid()
        self.titles = [self._title(number) for number in range(len(self.lanes))]

    def _columns(self, inside: list[int]) -> int:
        """Two boxes stand one under the other if that is where the label between them fits."""
        joined = any(
            set(pair) == set(inside) and clean(arrow.label)
            for pair, arrow in zip(self.pairs, self.arrows, strict=True)
        )
        return 1 if len(inside) == 1 or joined else 2

    def _ranks(self, columns: list[int]) -> list[list[int]]:
        if self.measures.is_tall:
            labelled = [bool(clean(arrow.label)) for arrow in self.arrows]
            split = rows(self.in_lane, self.pairs, labelled, columns)
        else:
            split = []
            for inside in self.in_lane:
                parts = -(-len(inside) // COLUMN_MOST)
                size = -(-len(inside) // parts)
                split.append([inside[at : at + size] for at in range(0, len(inside), size)])
        self.lane_of_rank = [lane for lane, ranks in enumerate(split) for _ in ranks]
        return [rank for ranks in split for rank in ranks]

    # Which way an arrow goes: straight to its neighbour, around in a channel, or through ranks.

    def _split_arrows(self) -> None:
        self.direct: set[int] = set()
        self.loops: set[int] = set()
        for number, (start, end) in enumerate(self.pairs):
            if self.rank[start] == self.rank[end]:
                (self.direct if self._is_direct(number) else self.loops).add(number)

    def _is_direct(self, number: int) -> bool:
        start, end = self.pairs[number]
        if start == end:
            return False
        rank = self.ranks[self.rank[start]]
        low, high = sorted((rank.index(start), rank.index(end)))
        between = rank[low + 1 : high]
        if any(node < len(self.boxes) for node in between):
            return False
        labelled = bool(clean(self.arrows[number].label))
        return not labelled or (not self.measures.is_tall and not between)

    def _loop_side(self, rank: int) -> int:
        """Towards the next rank, or from the last one back; a single one has only the outside."""
        return -1 if rank == len(self.ranks) - 1 and rank > 0 else 1

    # Where labels stand.

    def _want_labels(self) -> None:
        """Chooses for each label the pass or the gap that it stands in."""
        self.label_node: dict[int, int] = {}
        paths: dict[int, Sequence[int]] = {}
        for number, chain in enumerate(self.chains):
            if number in self.direct:
                continue
            first, last = self.rank[chain[0]], self.rank[chain[-1]]
            if number in self.loops:
                paths[number] = [first + (self._loop_side(first) == 1)]
                self.gaps[paths[number][0]].through += 2
            else:
                way = range(first + 1, last + 1) if first < last else range(first, last, -1)
                paths[number] = way
                for gap in way:
                    self.gaps[gap].through += 1
        for number, path in paths.items():
            if not clean(self.arrows[number].label):
                continue
            node = None if self.measures.is_tall else self._quiet_pass(number)
            if node is not None:
                self.label_node[number] = node
            else:
                loads = [self._load(gap) for gap in path]
                self.gaps[path[loads.index(min(loads))]].wanted.append(number)

    def _quiet_pass(self, number: int) -> int | None:
        """The pass nearest to the middle of an arrow that no straight arrow crosses."""
        nodes = self.chains[number][1:-1]
        middle = (len(nodes) - 1) / 2
        for _, node in sorted((abs(at - middle), node) for at, node in enumerate(nodes)):
            rank = self.ranks[self.rank[node]]
            at = rank.index(node)
            if not any(
                (rank.index(start) < at) != (rank.index(end) < at)
                for start, end in (self.pairs[other] for other in self.direct)
                if start in rank
            ):
                return node
        return None

    def _load(self, gap: int) -> int:
        """How full a gap is; a gap with a few labels is as good as an empty one."""
        return len(self.gaps[gap].wanted) // 2

    def _label(self, number: int, room: float, lines: int) -> list[str]:
        return wrap(clean(self.arrows[number].label), LABEL_SIZE, room, lines)

    def _pack_labels(self) -> None:
        for gap_number, gap in enumerate(self.gaps):
            if self.measures.is_tall:
                self._pack_rows(gap_number, gap)
            elif gap.wanted:
                room = self._label_room(gap)
                wide = max(
                    width(line, LABEL_SIZE)
                    for number in gap.wanted
                    for line in self._label(number, room, 2)
                )
                gap.layers = [Layer(-1, wide + 2, [])]
                gap.place = dict.fromkeys(gap.wanted, 0)

    def _label_room(self, gap: _Gap) -> float:
        """The least room in which all labels of a gap stand whole, in two lines each."""
        texts = [clean(self.arrows[number].label) for number in gap.wanted]
        room = FEW_LANES_LABEL if len(self.lanes) <= FEW_LANES else self.measures.label_room
        while room < LABEL_MOST and not all(
            is_whole(wrap(text, LABEL_SIZE, room, 2), text)
            and all(width(word, LABEL_SIZE) <= room for word in text.split())
            for text in texts
        ):
            room += 6
        return room

    def _pack_rows(self, gap_number: int, gap: _Gap) -> None:
        """Rows of labels in the tall picture; the last one is that of the lane's title."""
        used: list[float] = []
        first = gap_number < len(self.ranks) and (
            gap_number == 0 or self.lane_of_rank[gap_number - 1] != self.lane_of_rank[gap_number]
        )
        passes = gap.through * self.measures.pass_size * 2
        if first:
            lane = self.lane_of_rank[gap_number]
            used.append(width(self._title(lane), LANE_SIZE, bold=True) + 8 + passes)
        for number in gap.wanted:
            size = self._label_size(number)
            fitting = [at for at, now in enumerate(used) if now + size <= self.measures.extent]
            if not fitting:
                used.append(passes)
            at = fitting[0] if fitting else len(used) - 1
            gap.place[number] = at
            used[at] += size
        gap.layers = [Layer(-1, LABEL_LINE + 2, []) for _ in used]
        if first:
            # The title's row is the first here, but lies next to the boxes.
            lane = self.lane_of_rank[gap_number]
            gap.layers = [*gap.layers[1:], Layer(lane, TITLE_LINE, [], has_title=True)]
            last = len(used) - 1
            gap.place = {number: at - 1 if at else last for number, at in gap.place.items()}
            title = width(self._title(lane), LANE_SIZE, bold=True)
            gap.layers[-1].items.append(Item(0, title + 8))

    def _label_size(self, number: int) -> float:
        line = self._label(number, self.measures.label_room, 1)[0]
        return width(line, LABEL_SIZE) + self.measures.label_aside + 6

    def _title(self, lane: int) -> str:
        title = clean(self.lanes[lane])
        if self.measures.is_tall:
            return shorten(title, LANE_SIZE, 160, bold=True)
        inside = [layer for layer in self.layers if layer.lane == lane and layer.has_boxes]
        return shorten(title, LANE_SIZE, inside[0].thickness + TITLE_BEYOND, bold=True)

    # Layers and their items.

    def _make_box_layers(self) -> None:
        self.layers: list[Layer] = []
        self.items: list[Item] = []
        self.node_item: dict[int, Item] = {}
        arrow_of = {node: number for number, chain in enumerate(self.chains) for node in chain}
        ports = self._count_ports()
        self.widths = self._lane_widths()
        for number, rank in enumerate(self.ranks):
            self.layers += self.gaps[number].layers
            boxes = [node for node in rank if node < len(self.boxes)]
            wide = self._box_width(rank, boxes)
            for box in boxes:
                self.texts[box] = box_text(self.boxes[box], wide)
            layer = Layer(self.lane_of_rank[number], wide, [], has_boxes=True)
            if self.measures.is_tall:
                layer.thickness = max(self.texts[box].height for box in boxes)
            for node in rank:
                if node < len(self.boxes):
                    size = wide if self.measures.is_tall else self.texts[node].height
                    half = max(size, PORT_ROOM * (ports[node] - 1) + 2 * PORT_MARGIN) / 2
                    item = Item(half, half, box=node)
                else:
                    item = self._pass(arrow_of[node])
                    if self.label_node.get(arrow_of[node]) == node:
                        lines = self._label(arrow_of[node], wide, 2)
                        self._give_label(item, lines)
                self.node_item[node] = item
                layer.items.append(item)
            self.layers.append(layer)
        self.layers += self.gaps[-1].layers
        self.box_items = [self.node_item[box] for box in range(len(self.boxes))]

    def _box_width(self, rank: list[int], boxes: list[int]) -> float:
        if self.measures.is_tall:
            free = self.measures.extent - (len(rank) - len(boxes)) * self.measures.pass_size * 2
            gaps = self.measures.direct_gap * (len(boxes) - 1) + self.measures.box_gap * 2
            return min(max((free - gaps) / len(boxes), TALL_BOX_LEAST), TALL_BOX_MOST)
        return self.widths[self.lane_of_rank[self.rank[boxes[0]]]]

    def _lane_widths(self) -> list[float]:
        lane_boxes = [[self.boxes[number] for number in inside] for inside in self.in_lane]
        columns = [self.lane_of_rank.count(lane) for lane in range(len(self.lanes))]
        labels = sum(layer.thickness for gap in self.gaps[1:-1] for layer in gap.layers)
        return lane_widths(lane_boxes, columns, labels)

    def _count_ports(self) -> dict[int, int]:
        """The most arrows on one side of each box."""
        counts: dict[tuple[int, int], int] = {}
        for number, (start, end) in enumerate(self.pairs):
            if number in self.direct:
                continue
            if number in self.loops:
                side = self._loop_side(self.rank[start])
                sides = ((start, side), (end, side))
            else:
                side = 1 if self.rank[end] > self.rank[start] else -1
                sides = ((start, side), (end, -side))
            for key in sides:
                counts[key] = counts.get(key, 0) + 1
        return {
            box: max(counts.get((box, 1), 1), counts.get((box, -1), 1))
            for box in range(len(self.boxes))
        }

    def _pass(self, number: int) -> Item:
        return Item(self.measures.pass_size, self.measures.pass_size, arrow=number)

    def _give_label(self, item: Item, lines: list[str]) -> None:
        item.lines = lines
        if self.measures.is_tall:
            item.after = width(lines[0], LABEL_SIZE) + self.measures.label_aside + 6
        else:
            item.before = LABEL_LINE * len(lines) + self.measures.label_aside + 3

    # Segments.

    def _make_segments(self) -> None:
        self.segments: list[Segment] = []
        self.arrow_segments: list[list[Segment]] = [[] for _ in self.arrows]
        for number, chain in enumerate(self.chains):
            if number in self.direct:
                continue
            stops = self._loop(number) if number in self.loops else self._way(number, chain)
            for (one, leaves), (other, arrives) in itertools.pairwise(stops):
                # An item is left on the side opposite to that on which it is reached.
                segment = Segment(number, End(one, leaves), End(other, -arrives))
                self.segments.append(segment)
                self.arrow_segments[number].append(segment)
        for at, layer in enumerate(self.layers):
            for item in layer.items:
                item.layer = at
            self.items += layer.items

    def _way(self, number: int, chain: list[int]) -> list[tuple[Item, int]]:
        """Items from start to end, each with the direction in which the arrow goes there."""
        step = 1 if self.rank[chain[-1]] > self.rank[chain[0]] else -1
        stops = [(self.node_item[chain[0]], step)]
        for one, other in itertools.pairwise(chain):
            gap = self.gaps[max(self.rank[one], self.rank[other])]
            for at in range(len(gap.layers))[::step]:
                stops.append((self._stop(number, gap, at), step))
            stops.append((self.node_item[other], step))
        return stops

    def _loop(self, number: int) -> list[tuple[Item, int]]:
        """Out of the rank, as far as the layer of its label, and back."""
        start, end = self.pairs[number]
        side = self._loop_side(self.rank[start])
        gap = self.gaps[self.rank[start] + (side == 1)]
        out: list[int] = []
        if number in gap.place:
            out = list(range(len(gap.layers))[::side])
            out = out[: out.index(gap.place[number]) + 1]
        stops = [(self.node_item[start], side)]
        stops += [(self._stop(number, gap, at), side) for at in out]
        back = []
        for at in reversed(out):
            item = self._pass(number)
            gap.layers[at].items.append(item)
            back.append((item, -side))
        return [*stops, *back, (self.node_item[end], -side)]

    def _stop(self, number: int, gap: _Gap, at: int) -> Item:
        item = self._pass(number)
        if gap.place.get(number) == at:
            room = self.measures.label_room if self.measures.is_tall else self._label_room(gap)
            self._give_label(item, self._label(number, room, 1 if self.measures.is_tall else 2))
        gap.layers[at].items.append(item)
        return item

    def _make_directs(self) -> None:
        ends = [frozenset(self.pairs[number]) for number in self.direct]
        for number in sorted(self.direct):
            start, end = (self.node_item[box] for box in self.pairs[number])
            room = self.layers[start.layer].thickness
            if ends.count(frozenset(self.pairs[number])) == 1:
                # Beside the line, which may give way to an eighth of the box.
                lines = self._label(number, room * 7 / 8 - DIRECT_ASIDE, 2)
            else:
                lines = self._label(number, room, 1)
            self.directs.append(Direct(number, start, end, lines))

    def _make_grid(self) -> Grid:
        measures = self.measures
        extra: dict[tuple[int, int], float] = {}
        for direct in self.directs:
            pair = (direct.start.box, direct.end.box)
            for key in (pair, pair[::-1]):
                room = extra.get(key, measures.direct_gap)
                extra[key] = room + LABEL_LINE * len(direct.lines)
        gaps = Gaps(measures.boxes_gap, measures.box_gap, 0)
        return Grid(self.layers, self.segments, gaps, extra, measures.extent)
