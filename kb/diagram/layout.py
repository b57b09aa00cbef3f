"""Where everything of a picture stands: from boxes and arrows to rectangles and lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from kb.diagram.build import Plan
from kb.diagram.grid import Direct, End, Item, Segment
from kb.diagram.measures import (
    CAPTION_SIZE,
    DENSE,
    DIRECT_ASIDE,
    LABEL_LINE,
    LABEL_SIZE,
    LANE_SIZE,
    PAGE,
    TALL,
    TITLE_LINE,
    WIDE,
)
from kb.diagram.parts import ARROW_KINDS, BOX_KINDS, Arrow, Box, check
from kb.diagram.routing import route
from kb.diagram.text import width

Point = tuple[float, float]


class Rect(NamedTuple):
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class PlacedLane:
    """`title` is cut if it is too long; `name` is not."""

    name: str
    title: str
    rect: Rect
    title_rect: Rect


@dataclass(frozen=True)
class PlacedBox:
    box: Box
    rect: Rect
    name: tuple[str, ...]
    note: tuple[str, ...]


@dataclass(frozen=True)
class PlacedArrow:
    """`points` are the corners of the line, from the edge of one box to that of the other."""

    arrow: Arrow
    points: tuple[Point, ...]


@dataclass(frozen=True)
class PlacedLabel:
    arrow: Arrow
    lines: tuple[str, ...]
    rect: Rect


@dataclass(frozen=True)
class Key:
    """An entry of the legend; `kind` is that of a box or of an arrow."""

    kind: str
    text: str
    is_arrow: bool
    rect: Rect


@dataclass(frozen=True)
class Layout:
    width: float
    height: float
    lanes: tuple[PlacedLane, ...]
    boxes: tuple[PlacedBox, ...]
    arrows: tuple[PlacedArrow, ...]
    labels: tuple[PlacedLabel, ...]
    legend: tuple[Key, ...]


def layout(boxes: Sequence[Box], arrows: Sequence[Arrow], vertical: bool = False) -> Layout:
    """The picture's geometry. Raises ValueError if boxes and arrows do not fit together."""
    check(boxes, arrows)
    if vertical:
        return _Placing(_tall_plan(boxes, arrows)).layout()
    placing = _Placing(Plan(boxes, arrows, WIDE))
    if placing.length > PAGE:
        placing = _Placing(Plan(boxes, arrows, DENSE, order=placing.plan.order))
    return placing.layout()


def _tall_plan(boxes: Sequence[Box], arrows: Sequence[Arrow]) -> Plan:
    """Two boxes a row; but one, where so many arrows pass that two would be wider than a phone."""
    plan = Plan(boxes, arrows, TALL)
    if plan.grid.extent > TALL.extent:
        single = Plan(boxes, arrows, TALL, most=1)
        return single if single.grid.extent < plan.grid.extent else plan
    return plan


class _Placing:
    """Gives a plan its measures along u and turns (u, v) into (x, y)."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.measures = plan, plan.measures
        plan.grid.settle()
        self.tracks = route(plan.grid)
        # For each channel where its first track lies.
        self.first_track: list[float] = []
        self.length = self._place_layers()
        self.v_start = sum(
            (plan.measures.title_room, plan.measures.margin, plan.measures.lane_padding)
        )

    def _place_layers(self) -> float:
        layers, measures = self.plan.layers, self.measures
        u = measures.margin
        for channel, tracks in enumerate(self.tracks):
            before = layers[channel - 1] if channel else None
            after = layers[channel] if channel < len(layers) else None
            pads = []
            for layer in (before, after):
                if layer is None:
                    pads.append(0.0 if not tracks else measures.bare_pad)
                else:
                    pads.append(measures.box_pad if layer.has_boxes else measures.label_pad)
            crosses = before and after and before.has_boxes and after.has_boxes
            least = sum(pads)
            if before is None or after is None:
                least = max(least, measures.lane_padding)
            elif before.lane != after.lane and (crosses or measures.is_tall):
                edges = [layer.lane >= 0 for layer in (before, after)]
                least = max(least, sum(edges) * measures.lane_padding + measures.lane_gap)
            room = pads[0] + max(tracks - 1, 0) * measures.track + pads[1]
            size = max(room, least)
            self.first_track.append(u + pads[0] + (size - room) / 2)
            u += size
            if after is not None:
                after.start = u
                u += after.thickness
        return u + measures.margin

    def layout(self) -> Layout:
        plan, measures = self.plan, self.measures
        across = self.v_start + plan.grid.extent + measures.lane_padding + measures.margin
        size = (across, self.length) if measures.is_tall else (self.length, across)
        legend, height = self._legend(*size)
        labels = [label for item in plan.items for label in self._labels(item)]
        labels += [label for direct in plan.directs for label in self._direct_label(direct)]
        return Layout(
            width=size[0],
            height=height,
            lanes=tuple(self._lane(number) for number in range(len(plan.lanes))),
            boxes=tuple(self._box(number) for number in range(len(plan.boxes))),
            arrows=tuple(self._arrow(number) for number in range(len(plan.arrows))),
            labels=tuple(labels),
            legend=tuple(legend),
        )

    def _point(self, u: float, v: float) -> Point:
        v += self.v_start
        return (round(v, 1), round(u, 1)) if self.measures.is_tall else (round(u, 1), round(v, 1))

    def _rect(self, u: float, v: float, along: float, across: float) -> Rect:
        x, y = self._point(u, v)
        sizes = (across, along) if self.measures.is_tall else (along, across)
        return Rect(x, y, round(sizes[0], 1), round(sizes[1], 1))

    def _box(self, number: int) -> PlacedBox:
        item, text = self.plan.box_items[number], self.plan.texts[number]
        layer = self.plan.layers[item.layer]
        rect = self._rect(layer.start, item.at - item.before, layer.thickness, item.size)
        return PlacedBox(self.plan.boxes[number], rect, tuple(text.name), tuple(text.note))

    def _lane(self, number: int) -> PlacedLane:
        plan, measures = self.plan, self.measures
        inside = [layer for layer in plan.layers if layer.lane == number]
        start = inside[0].start - (
            measures.title_padding if inside[0].has_title else measures.lane_padding
        )
        end = inside[-1].end + measures.lane_padding
        # What turns around beside the last lane belongs to it.
        if number == len(plan.lanes) - 1:
            end = max(end, self.length - measures.margin)
        top = -measures.lane_padding - measures.title_room
        across = plan.grid.extent + 2 * measures.lane_padding + measures.title_room
        title = plan.titles[number]
        long = width(title, LANE_SIZE, bold=True)
        if measures.is_tall:
            item = next(item for item in inside[0].items if item.is_title)
            title_rect = self._rect(inside[0].start, item.at - item.before, TITLE_LINE, long)
        else:
            title_rect = self._rect(inside[0].start, top + 7, long, TITLE_LINE)
        name = plan.lanes[number]
        return PlacedLane(name, title, self._rect(start, top, end - start, across), title_rect)

    def _labels(self, item: Item) -> list[PlacedLabel]:
        """The label of an arrow's item: beside the line in the tall picture, else above it."""
        if not item.lines:
            return []
        layer = self.plan.layers[item.layer]
        wide = self._label_width(item.lines)
        high = LABEL_LINE * len(item.lines)
        if self.measures.is_tall:
            x, _ = self._point(0, item.at + self.measures.label_aside)
            y = round(layer.start + (layer.thickness - high) / 2, 1)
        else:
            x = round(layer.start + (layer.thickness - wide) / 2, 1)
            _, y = self._point(0, item.at - high - self.measures.label_aside)
        rect = Rect(x, y, round(wide, 1), high)
        return [PlacedLabel(self.plan.arrows[item.arrow], tuple(item.lines), rect)]

    def _peers(self, direct: Direct) -> list[Direct]:
        """All straight arrows between the same two boxes."""
        ends = {direct.start, direct.end}
        return [other for other in self.plan.directs if {other.start, other.end} == ends]

    def _direct_line(self, direct: Direct) -> tuple[float, float, float]:
        """u of a straight arrow within a layer, and the v of its ends."""
        layer = self.plan.layers[direct.start.layer]
        peers = self._peers(direct)
        pitch = min(self.measures.direct_pitch, layer.thickness / (len(peers) + 1))
        shift = (peers.index(direct) - (len(peers) - 1) / 2) * pitch
        u = layer.start + layer.thickness / 2 + shift
        if len(peers) == 1 and direct.lines:
            # Its label stands beside it: the line gives way as far as it has to.
            u = min(u, layer.end - self._label_width(direct.lines) - DIRECT_ASIDE)
        one, other = direct.start, direct.end
        if one.at < other.at:
            return u, one.at + one.after, other.at - other.before
        return u, one.at - one.before, other.at + other.after

    def _direct_label(self, direct: Direct) -> list[PlacedLabel]:
        """One alone stands beside its line; several stand on theirs, each a level of its own."""
        if not direct.lines:
            return []
        layer = self.plan.layers[direct.start.layer]
        u, *ends = self._direct_line(direct)
        middle = sum(ends) / 2
        wide = self._label_width(direct.lines)
        peers = self._peers(direct)
        if len(peers) == 1:
            x = u + DIRECT_ASIDE
        else:
            labelled = [other for other in peers if other.lines]
            middle += (labelled.index(direct) - (len(labelled) - 1) / 2) * LABEL_LINE
            x = min(max(u - wide / 2, layer.start), layer.end - wide)
        high = LABEL_LINE * len(direct.lines)
        _, y = self._point(0, middle - high / 2)
        rect = Rect(round(x, 1), y, round(wide, 1), high)
        return [PlacedLabel(self.plan.arrows[direct.arrow], tuple(direct.lines), rect)]

    def _label_width(self, lines: Sequence[str]) -> float:
        return max(width(line, LABEL_SIZE) for line in lines)

    def _arrow(self, number: int) -> PlacedArrow:
        points: list[Point] = []
        for direct in self.plan.directs:
            if direct.arrow == number:
                u, start, end = self._direct_line(direct)
                points = [self._point(u, start), self._point(u, end)]
        for segment in self.plan.arrow_segments[number]:
            points += self._corners(segment)
        return PlacedArrow(self.plan.arrows[number], tuple(_simplified(points)))

    def _corners(self, segment: Segment) -> list[Point]:
        start, end = segment.start, segment.end
        corners = [self._point(self._edge(start), start.at)]
        if segment.track >= 0:
            u = self.first_track[segment.channel] + segment.track * self.measures.track
            corners += [self._point(u, start.at), self._point(u, end.at)]
        return [*corners, self._point(self._edge(end), end.at)]

    def _edge(self, end: End) -> float:
        layer = self.plan.layers[end.item.layer]
        return layer.end if end.side == 1 else layer.start

    def _legend(self, wide: float, high: float) -> tuple[list[Key], float]:
        """What the lines and colours mean, in rows below; and the height with them."""
        plan = self.plan
        kinds = {arrow.kind for arrow in plan.arrows}
        entries = [(kind, text, True) for kind, text in ARROW_KINDS.items() if kind in kinds]
        kinds = {box.kind for box in plan.boxes}
        entries += [(kind, text, False) for kind, text in BOX_KINDS.items() if kind in kinds]
        margin = self.measures.margin + self.measures.lane_padding
        x, y = margin, high + 4
        keys = []
        for kind, text, is_arrow in entries:
            swatch = 30 if is_arrow else 20
            size = swatch + width(text, CAPTION_SIZE)
            if x > margin and x + size > wide - margin:
                x, y = margin, y + 20
            keys.append(
                Key(kind, text, is_arrow, Rect(round(x, 1), round(y, 1), round(size, 1), 14))
            )
            x += size + 16
        return keys, round(y + 14 + 8, 1)


def _simplified(points: list[Point]) -> list[Point]:
    """Without the points that are no corners."""
    kept: list[Point] = []
    for point in points:
        if kept and kept[-1] == point:
            continue
        if len(kept) > 1:
            (a, b), (c, d) = kept[-2:]
            if a == c == point[0] or b == d == point[1]:
                kept.pop()
        kept.append(point)
    return kept
