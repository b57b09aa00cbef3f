"""The first state of each figure, as HTML that reads without JavaScript. No Django in here.

A figure is made when its topic is published, from the parameters and the result of its example.
The ES module of the same name in web/assets/src/figures/ takes it over in the browser: it finds
the elements by their `data-part`, so the two files change together.
"""

from collections.abc import Callable
from typing import NamedTuple

from kb.figures.frame import FigureInput
from kb.figures.frequency_grid import frequency_grid
from kb.figures.power_curve import power_curve
from kb.figures.table import table
from kb.figures.update_scrubber import update_scrubber
from kb.figures.weights_heatmap import weights_heatmap

__all__ = ["FIGURES", "Figure", "FigureInput"]


class Figure(NamedTuple):
    """How a figure is drawn, and the job kinds whose results it shows: any kind's if empty."""

    draw: Callable[[FigureInput], str]
    kinds: tuple[str, ...] = ()


FIGURES = {
    "": Figure(table),
    "frequency-grid": Figure(frequency_grid, ("diagnostic-test",)),
    "power-curve": Figure(power_curve, ("sample-size",)),
    "update-scrubber": Figure(update_scrubber, ("conjugate-update",)),
    "weights-heatmap": Figure(
        weights_heatmap, ("scaled-dot-product-attention", "multi-head-attention")
    ),
}
