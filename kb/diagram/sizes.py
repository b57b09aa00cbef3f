"""How large boxes are: their texts in lines, and the widths of the wide picture's lanes."""

from collections.abc import Sequence
from dataclasses import dataclass

from kb.diagram.measures import NAME_LINE, NAME_SIZE, NOTE_LINE, NOTE_SIZE, TEXT_PADDING
from kb.diagram.parts import STATES, Box, clean
from kb.diagram.text import is_whole, shorten, wrap

# What the boxes of a lane may be wide.
WIDTHS = (104.0, 116.0, 128.0, 140.0, 152.0)
GOOD_WIDTH = 116.0
# The width of a page, and roughly what lies between two columns besides labels.
PAGE, ROOM_BETWEEN = 940.0, 48.0


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
    """Wide enough for names on two lines; on one where the page's width allows it.

    A lane has that many `columns` of boxes; `labels` is what the labels between lanes take.
    """
    widths = [_least_width(inside, 2) for inside in lane_boxes]
    roomy = [_least_width(inside, 1) for inside in lane_boxes]
    spare = PAGE - labels - ROOM_BETWEEN * (sum(columns) - 1)
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
    """The first width at which all names fit whole on that many lines, and notes on one."""
    for wide in WIDTHS:
        texts = [(box_text(box, wide), clean(box.name)) for box in boxes]
        if all(
            is_whole(text.name, name) and len(text.name) <= lines and len(text.note) < 2
            for text, name in texts
        ):
            return wide
    return WIDTHS[-1]
