"""The picture of an architecture, drawn from its rows. No Django in here.

parts.py has what it is made of and the text alternative, ordering.py who stands where, sizes.py
and text.py how large things are, build.py the layers and arrows, grid.py the positions,
routing.py the tracks, layout.py the geometry of it all and svg.py the drawing.
"""

from kb.diagram.layout import Layout, layout
from kb.diagram.parts import Arrow, Box, describe
from kb.diagram.svg import draw

__all__ = ["Arrow", "Box", "Layout", "describe", "draw", "layout"]
