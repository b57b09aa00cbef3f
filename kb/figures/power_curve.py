"""The power of a comparison over the size of its groups, with the answer marked."""

from collections.abc import Callable, Sequence
from html import escape
from math import ceil, floor, log10

from kb.figures.densities import BOTTOM, LEFT, RIGHT, TOP
from kb.figures.frame import FigureInput, number, shell
from kb.figures.table import numbers_table

MOST_TICKS = 7
POWERS = (0, 0.2, 0.4, 0.6, 0.8, 1)
SHORT = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))


def power_curve(figure: FigureInput) -> str:
    """The curve of a `sample-size` result; the axis of the sizes is logarithmic."""
    result = figure.result
    sizes, powers = result["curve"]["per_group"], result["curve"]["power"]
    low, high = log10(sizes[0]), log10(sizes[-1])

    def across(size: float) -> float:
        return LEFT + (RIGHT - LEFT) * (log10(size) - low) / (high - low)

    points = " ".join(
        f"{across(size):.1f},{up(power):.1f}" for size, power in zip(sizes, powers, strict=True)
    )
    x, y = across(result["per_group"]), up(result["power"])
    said = words(result["per_group"], result["power"])
    plot = (
        '<svg class="densities" viewBox="0 0 560 288" role="img" data-part="plot">'
        f'<title data-part="said">Power by the number in each group. {escape(said)}</title>'
        f"{_rules()}"
        f'<g data-part="sizes">{_sizes(sizes, across)}</g>'
        f'<path class="power-answer" data-part="answer" d="M{LEFT} {y:.1f}H{x:.1f}V{BOTTOM}"/>'
        f'<polyline class="curve-posterior" data-part="curve" points="{points}"/>'
        f'<circle class="power-dot" data-part="dot" cx="{x:.1f}" cy="{y:.1f}" r="5"/></svg>'
    )
    body = (
        f'<div class="figure-split"><div class="figure-plot">{plot}</div>'
        '<div class="figure-controls" data-part="controls" hidden></div></div>'
        f"<details><summary>All numbers</summary>{numbers_table(result)}</details>"
    )
    return shell(figure, "power-curve", body, said)


def up(power: float) -> float:
    return BOTTOM - (BOTTOM - TOP) * power


def words(size: int, power: float) -> str:
    return f"With {number(size)} in each group the power is {number(power)}."


def size_ticks(low: float, high: float) -> list[float]:
    """Round sizes in a range: 1, 2 and 5 times the powers of ten, or the powers alone."""
    decades = range(floor(log10(low)), ceil(log10(high)) + 1)
    for steps in ((1, 2, 5), (1,)):
        ticks = [step * 10.0**decade for decade in decades for step in steps]
        ticks = [tick for tick in ticks if low <= tick <= high]
        if len(ticks) <= MOST_TICKS:
            break
    return ticks


def short(size: float) -> str:
    """With a sign for thousands and more: 500k."""
    for factor, sign in SHORT:
        if size >= factor:
            return f"{size / factor:g}{sign}"
    return f"{size:g}"


def _rules() -> str:
    return "".join(
        f'<path class="rule" d="M{LEFT} {up(power):.1f}H{RIGHT}"/>'
        f'<text class="tick" x="{LEFT - 8}" y="{up(power) + 4:.1f}" text-anchor="end">'
        f"{number(power)}</text>"
        for power in POWERS
    ) + (
        f'<text class="axis-label" x="{(LEFT + RIGHT) / 2}" y="{BOTTOM + 44}" '
        'text-anchor="middle">number in each group (logarithmic)</text>'
        f'<text class="axis-label" transform="translate(14 {(TOP + BOTTOM) / 2}) rotate(-90)" '
        'text-anchor="middle">power</text>'
    )


def _sizes(sizes: Sequence[int], across: Callable[[float], float]) -> str:
    return "".join(
        f'<path class="tick-mark" d="M{across(size):.1f} {BOTTOM}v5"/>'
        f'<text class="tick" x="{across(size):.1f}" y="{BOTTOM + 20}" text-anchor="middle">'
        f"{short(size)}</text>"
        for size in size_ticks(sizes[0], sizes[-1])
    )
