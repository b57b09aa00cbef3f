"""A layout as SVG."""

from collections.abc import Sequence
from html import escape

from kb.diagram.layout import (
    Key,
    Layout,
    PlacedArrow,
    PlacedBox,
    PlacedLabel,
    PlacedLane,
    Point,
    Rect,
    layout,
)
from kb.diagram.measures import LABEL_LINE, NAME_LINE, NOTE_LINE
from kb.diagram.parts import BOX_KINDS, STATES, Arrow, Box, clean, describe
from kb.diagram.style import STYLE
from kb.diagram.text import is_whole

CORNER = 6.0
HEAD = 7.0


def draw(
    title: str,
    boxes: Sequence[Box],
    arrows: Sequence[Arrow],
    *,
    vertical: bool = False,
    alone: bool = False,
    id_prefix: str = "architecture",
) -> str:
    """The picture as an `<svg>`.

    In a page its colours are those of web/assets/css/diagram.css and its boxes are links. Alone,
    it is an image that carries its own style and refers to nothing.
    """
    placed = layout(boxes, arrows, vertical)
    shape = "tall" if vertical else "wide"
    name = f"{id_prefix}-{shape}"
    wide, high = _number(placed.width), _number(placed.height)
    attributes = [
        'xmlns="http://www.w3.org/2000/svg"',
        f'class="arch arch-{shape}" viewBox="0 0 {wide} {high}" width="{wide}" height="{high}"',
        f'role="{"img" if alone else "group"}" direction="ltr"',
        f'aria-labelledby="{name}-title" aria-describedby="{name}-text"',
    ]
    rows = [
        f"<svg {' '.join(attributes)}>",
        f'<title id="{name}-title">{_text(title)}</title>',
        f'<desc id="{name}-text">{_text(describe(title, boxes, arrows))}</desc>',
    ]
    if alone:
        rows += [f"<style>{STYLE}</style>", '<rect class="arch-paper" width="100%" height="100%"/>']
    rows += [_lane(lane) for lane in placed.lanes]
    rows += ['<g aria-hidden="true">', *_lines(placed), "</g>"]
    rows += [_box(box, is_link=not alone) for box in placed.boxes]
    rows += ['<g class="arch-legend" aria-hidden="true">', *map(_key, placed.legend), "</g>"]
    return "\n".join([*rows, "</svg>"]) + "\n"


def _lines(placed: Layout) -> list[str]:
    return [*map(_arrow, placed.arrows), *map(_label, placed.labels)]


def _lane(lane: PlacedLane) -> str:
    at = lane.title_rect
    whole = _whole(lane.name, (lane.title,))
    text = f'<text x="{_number(at.x)}" y="{_number(at.y + 12)}">{whole}{_text(lane.title)}</text>'
    return f'<g class="arch-lane">{_rect(lane.rect, 8)}{text}</g>'


def _box(placed: PlacedBox, is_link: bool) -> str:
    box, rect = placed.box, placed.rect
    middle = _number(rect.x + rect.width / 2)
    text_height = NAME_LINE * len(placed.name) + NOTE_LINE * len(placed.note)
    y = rect.y + (rect.height - text_height) / 2
    known = [BOX_KINDS[box.kind].lower(), clean(box.note), STATES[box.state].strip("()")]
    title = f"{clean(box.name)}: {', '.join(filter(None, known))}"
    parts = [f"<title>{_text(title)}</title>"]
    parts.append(_rect(rect, 14 if box.kind == "stream" else 6))
    if box.kind == "store":
        left, right = _number(rect.x), _number(rect.x + rect.width)
        parts.append(f'<path class="arch-lid" d="M{left} {_number(rect.y + 4)}H{right}"/>')
    for line in placed.name:
        y += NAME_LINE
        parts.append(f'<text x="{middle}" y="{_number(y - 3.5)}">{_text(line)}</text>')
    for line in placed.note:
        y += NOTE_LINE
        parts.append(f'<text class="note" x="{middle}" y="{_number(y - 3)}">{_text(line)}</text>')
    classes = f"box box-{box.kind}" + ("" if box.state == "public" else f" is-{box.state}")
    if is_link and box.href:
        return f'<a class="{classes}" href="{_text(box.href)}">{"".join(parts)}</a>'
    return f'<g class="{classes}">{"".join(parts)}</g>'


def _arrow(placed: PlacedArrow) -> str:
    kind = placed.arrow.kind
    return f'<g class="arrow arrow-{kind}">{_line(placed.points)}{_head(placed.points)}</g>'


def _line(points: Sequence[Point]) -> str:
    """The line with rounded corners; it ends within the head."""
    (ax, ay), (bx, by) = points[-2:]
    size = abs(bx - ax) + abs(by - ay)
    keep = max(size - HEAD + 1, 0) / size if size else 0
    points = [*points[:-1], (ax + (bx - ax) * keep, ay + (by - ay) * keep)]
    path = [f"M{_number(points[0][0])} {_number(points[0][1])}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        into, out = _towards(corner, before), _towards(corner, after)
        path.append(f"L{_pair(into)}Q{_pair(corner)} {_pair(out)}")
    path.append(f"L{_pair(points[-1])}")
    return f'<path class="line" d="{"".join(path)}"/>'


def _towards(corner: Point, other: Point) -> Point:
    """The point near a corner where its curve begins: at most half way to the next one."""
    dx, dy = other[0] - corner[0], other[1] - corner[1]
    size = abs(dx) + abs(dy)
    step = min(CORNER, size / 2) / size if size else 0
    return corner[0] + dx * step, corner[1] + dy * step


def _head(points: Sequence[Point]) -> str:
    (ax, ay), (x, y) = points[-2:]
    along_x = (x > ax) - (x < ax)
    along_y = (y > ay) - (y < ay)
    back_x, back_y = x - HEAD * along_x, y - HEAD * along_y
    half = HEAD / 2 - 0.2
    one = (back_x - half * along_y, back_y - half * along_x)
    other = (back_x + half * along_y, back_y + half * along_x)
    return f'<path class="head" d="M{_pair((x, y))}L{_pair(one)}L{_pair(other)}Z"/>'


def _label(label: PlacedLabel) -> str:
    middle = _number(label.rect.x + label.rect.width / 2)
    whole = _whole(label.arrow.label, label.lines)
    rows = [
        f'<text x="{middle}" y="{_number(label.rect.y + LABEL_LINE * (n + 1) - 3)}">'
        f"{whole}{_text(line)}</text>"
        for n, line in enumerate(label.lines)
    ]
    return f'<g class="arch-label">{"".join(rows)}</g>'


def _key(key: Key) -> str:
    rect = key.rect
    middle = rect.y + rect.height / 2
    if key.is_arrow:
        points = [(rect.x, middle), (rect.x + 24, middle)]
        sample = f'<g class="arrow arrow-{key.kind}">{_line(points)}{_head(points)}</g>'
        text_x = rect.x + 30
    else:
        swatch = Rect(rect.x, middle - 5, 14, 10)
        sample = (
            f'<g class="box box-{key.kind}">{_rect(swatch, 5 if key.kind == "stream" else 2)}</g>'
        )
        text_x = rect.x + 20
    return f'{sample}<text x="{_number(text_x)}" y="{_number(middle + 4)}">{_text(key.text)}</text>'


def _whole(text: str, shown: Sequence[str]) -> str:
    """A title with the full text where it had to be cut."""
    text = clean(text)
    return "" if is_whole(shown, text) else f"<title>{_text(text)}</title>"


def _rect(rect: Rect, radius: float) -> str:
    x, y, wide, high = map(_number, rect)
    return f'<rect x="{x}" y="{y}" width="{wide}" height="{high}" rx="{_number(radius)}"/>'


def _pair(point: Point) -> str:
    return f"{_number(point[0])} {_number(point[1])}"


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _text(text: str) -> str:
    return escape(clean(text))
