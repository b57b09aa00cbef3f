"""Sizes, in units of the picture (a pixel when it is shown at its full width)."""

from dataclasses import dataclass, replace

NAME_SIZE, NOTE_SIZE, LABEL_SIZE, LANE_SIZE, CAPTION_SIZE = 13.0, 11.0, 11.0, 12.0, 11.0
NAME_LINE, NOTE_LINE, LABEL_LINE, TITLE_LINE = 16.0, 14.0, 13.0, 16.0
TEXT_PADDING = 8.0
# From a straight arrow within a lane to the label beside it.
DIRECT_ASIDE = 6.0
# How far the title of a lane may reach beyond its boxes.
TITLE_BEYOND = 6.0


@dataclass(frozen=True)
class Measures:
    """What differs between the wide picture and the tall one. `u` runs along the lanes."""

    is_tall: bool
    extent: float  # the least room along v
    margin: float
    title_room: float  # above the boxes of every lane; in the tall picture titles are items
    title_padding: float
    lane_padding: float
    lane_gap: float
    box_pad: float  # from a box to the first track beside it: room for the head of an arrow
    label_pad: float
    bare_pad: float
    track: float
    direct_pitch: float
    boxes_gap: float
    box_gap: float
    direct_gap: float
    pass_size: float  # half the room of an arrow that passes a layer
    label_aside: float  # from a line to its label
    label_room: float  # a label is broken where it would be wider, unless a word alone is


WIDE = Measures(
    is_tall=False,
    extent=60,
    margin=4,
    title_room=24,
    title_padding=0,
    lane_padding=12,
    lane_gap=16,
    box_pad=15,
    label_pad=6,
    bare_pad=9,
    track=8,
    direct_pitch=16,
    boxes_gap=18,
    box_gap=7,
    direct_gap=26,
    pass_size=5,
    label_aside=3,
    label_room=74,
)
# For what would be wider than a page, and be shown smaller there.
DENSE = replace(WIDE, box_pad=12, label_pad=4, track=6, lane_gap=12, lane_padding=10, label_room=56)
PAGE = 978.0
TALL = Measures(
    is_tall=True,
    extent=312,
    margin=2,
    title_room=0,
    title_padding=6,
    lane_padding=12,
    lane_gap=10,
    box_pad=13,
    label_pad=5,
    bare_pad=9,
    track=8,
    direct_pitch=12,
    boxes_gap=14,
    box_gap=4,
    direct_gap=30,
    pass_size=4.5,
    label_aside=5,
    label_room=150,
)
