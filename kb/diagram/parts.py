"""What a picture is made of, and the same in words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

# What each kind of box is called in the legend and in the text alternative.
BOX_KINDS = {
    "client": "Client",
    "service": "Service",
    "model": "Model",
    "store": "Store",
    "stream": "Stream",
    "job": "Job",
    "control": "Control",
    "human": "People",
}
ARROW_KINDS = {"request": "Request", "event": "Event", "batch": "Batch"}
# What is said of a box beside its outline. Of what is public nothing is said.
STATES = {"public": "", "inferred": "(inferred)", "unknown": "(unknown)"}

# Twice what can be read. Beyond it a picture takes seconds to draw.
MOST_BOXES, MOST_ARROWS = 60, 120

# XML 1.0 has no way to write these, not even escaped.
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Box:
    """A component. `note` is a short second line, `href` where it is told of; both may be ""."""

    key: str
    name: str
    note: str = ""
    kind: str = "service"
    lane: str = ""
    state: str = "public"
    href: str = ""


@dataclass(frozen=True)
class Arrow:
    """A flow between two boxes, by their keys."""

    start: str
    end: str
    label: str = ""
    kind: str = "request"


def check(boxes: Sequence[Box], arrows: Sequence[Arrow]) -> None:
    """Raises ValueError with a sentence if these do not make a picture."""
    if not boxes:
        raise ValueError("A picture needs one component at least.")
    for parts, most, what in ((boxes, MOST_BOXES, "components"), (arrows, MOST_ARROWS, "flows")):
        if len(parts) > most:
            raise ValueError(f"The picture has {len(parts)} {what}; {most} are the most.")
    keys = set()
    for box in boxes:
        if box.key in keys:
            raise ValueError(f"Two components have the key “{box.key}”; keys must differ.")
        keys.add(box.key)
        _check_word(box.kind, BOX_KINDS, f"kind of component “{box.key}”")
        _check_word(box.state, STATES, f"state of component “{box.key}”")
    for arrow in arrows:
        for key in (arrow.start, arrow.end):
            if key not in keys:
                raise ValueError(
                    f"The flow from “{arrow.start}” to “{arrow.end}” names “{key}”, "
                    "which is no component."
                )
        _check_word(arrow.kind, ARROW_KINDS, f"kind of flow “{arrow.start}” to “{arrow.end}”")


def _check_word(word: str, words: dict[str, str], what: str) -> None:
    if word not in words:
        raise ValueError(f"The {what} is “{word}”; it must be one of {', '.join(words)}.")


def clean(text: str) -> str:
    """The text on one line, without characters that XML cannot hold."""
    return " ".join(NOT_XML.sub(" ", text).split())


def lanes(boxes: Sequence[Box]) -> list[str]:
    """The lanes in the order in which they first appear."""
    return list(dict.fromkeys(box.lane for box in boxes))


def describe(title: str, boxes: Sequence[Box], arrows: Sequence[Arrow]) -> str:
    """The picture as sentences: each component with what is known of it, then each flow."""
    check(boxes, arrows)
    names = {box.key: clean(box.name) for box in boxes}
    rows = [_sentence(clean(title))]
    for lane in lanes(boxes):
        inside = "; ".join(_component(box) for box in boxes if box.lane == lane)
        rows.append(_sentence(f"{clean(lane) or 'Components'}: {inside}"))
    for arrow in arrows:
        label = f": {clean(arrow.label)}" if clean(arrow.label) else ""
        kind = ARROW_KINDS[arrow.kind]
        rows.append(_sentence(f"{kind} from {names[arrow.start]} to {names[arrow.end]}{label}"))
    return " ".join(rows)


def _component(box: Box) -> str:
    known = [BOX_KINDS[box.kind].lower(), clean(box.note), STATES[box.state].strip("()")]
    return f"{clean(box.name)} ({', '.join(filter(None, known))})"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
