"""How large boxes are: their texts in lines, and the widths of the wide picture's lanes."""

from collections.abc import Sequence
from dataclasses import dataclass

from kb.diagram.measures import (
    LANE_SIZE,
    NAME_LINE,
    NAME_SIZE,
    NOTE_LINE,
    NOTE_SIZE,
    PAGE,
    TEXT_PADDING,
    TITLE_BEYOND,
)
from kb.diagram.parts import STATES, Box, clean
from kb.diagram.text import is_whole, shorten, width, wrap

# What the boxes of a lane may be wide.
WIDTHS = (104.0, 116.0, 128.0, 140.0, 152.0)
GOOD_WIDTH = 116.0
# Roughly what lies between two columns besides labels, and beside the outer ones.
ROOM_BETWEEN, ROOM_BESIDE = 48.0, 38.0


@dataclass(frozen=True)
class BoxText:
    name: list[str]
    note: list[str]

    @property
    def height(self) -> float:
        return 20 + NAME_LINE * len(self.name) + NOTE_LINE * len(self.note)


def box_text(box: Box, box_width: float) -> BoxText:
    """Name and note in two lines each at most; what is said of the state is never cut."""
    room = box_width - 2 * TEXT_PADDING
    name = wrap(clean(box.name), NAME_SIZE, room, 2) or [clean(box.key)]
    hint, note = STATES[box.state], clean(box.note)
    both = f"{note} {hint}".strip()
    lines = wrap(both, NOTE_SIZE, room, 2)
    if hint and not is_whole(lines, both):
        lines = [shorten(note, NOTE_SIZE, room), hint]
    return BoxText(name, lines)


def lane_widths(
    lane_boxes: Sequence[Sequence[Box]], columns: Sequence[int], labels: float
) -> list[float]:
    """Wide enough for texts on two lines; on one where the page's width allows it.

    A lane has that many `columns` of boxes; `labels` is what the labels between lanes take.
    """
    widths = [_least_width(inside, 2) for inside in lane_boxes]
    roomy = [_least_width(inside, 1) for inside in lane_boxes]
    spare = PAGE - ROOM_BESIDE - labels - ROOM_BETWEEN * (sum(columns) - 1)
    spare -= sum(wide * count for wide, count in zip(widths, columns, strict=True))
    # First a little more for all, then one line for those that need least for it.
    for wishes in ([max(wide, GOOD_WIDTH) for wide in widths], roomy):
        costs = [(wishes[lane] - widths[lane]) * count for lane, count in enumerate(columns)]
        for lane in sorted(range(len(columns)), key=lambda lane: costs[lane]):
            if 0 < costs[lane] <= spare:
                widths[lane] = wishes[lane]
                spare -= costs[lane]
    return widths


def _least_width(boxes: Sequence[Box], lines: int) -> float:
    """The first width that holds names and notes on that many lines, and the lane's title."""
    title = width(clean(boxes[0].lane), LANE_SIZE, bold=True) - TITLE_BEYOND
    for wide in WIDTHS:
        texts = [(box, box_text(box, wide)) for box in boxes]
        if title <= wide and all(
            is_whole(text.name, clean(box.name))
            and is_whole(text.note, f"{clean(box.note)} {STATES[box.state]}")
            and max(len(text.name), len(text.note)) <= lines
            for box, text in texts
        ):
            return wide
    return WIDTHS[-1]
