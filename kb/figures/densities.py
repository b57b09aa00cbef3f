"""Curves of densities as SVG, with both axes labelled."""

from collections.abc import Callable, Mapping, Sequence
from html import escape
from math import ceil, exp, floor, lgamma, log, log1p, log10
from typing import NamedTuple

from kb.figures.frame import number

CURVE_POINTS = 100
NEAR_END = 1e-9
EDGE = 0.01
# The plot in SVG units: x from LEFT to RIGHT, y from TOP to BOTTOM.
LEFT, RIGHT, TOP, BOTTOM = 52, 550, 10, 236


class Density(NamedTuple):
    """Beta(alpha, beta), drawn on 0 to 1."""

    alpha: float
    beta: float

    def at(self, x: float) -> float:
        """The density at x; at an end, where it may be infinite, that of a point beside it."""
        x = min(max(x, NEAR_END), 1 - NEAR_END)
        scale = lgamma(self.alpha + self.beta) - lgamma(self.alpha) - lgamma(self.beta)
        return exp(scale + (self.alpha - 1) * log(x) + (self.beta - 1) * log1p(-x))

    def peak(self) -> float:
        """The highest density that a plot needs to show: a pole at an end is cut off."""
        inner = [EDGE, 1 - EDGE]
        if self.alpha > 1 and self.beta > 1:
            mode = (self.alpha - 1) / (self.alpha + self.beta - 2)
            inner.append(min(max(mode, EDGE), 1 - EDGE))
        return max(self.at(x) for x in inner)


def density_plot(
    xs: Sequence[float],
    curves: Mapping[str, Sequence[float | None]],
    ceiling: float,
    interval: Sequence[float] | None,
    key: str,
    alternative: str,
    x_label: str,
) -> str:
    """Curves over `xs` (null where a density is not finite) and an interval, if any, below."""
    low, high = xs[0], xs[-1]
    clip = escape(f"clip-{key}")

    def at(x: float, y: float) -> str:
        across = LEFT + (RIGHT - LEFT) * (x - low) / (high - low)
        up = BOTTOM - (BOTTOM - TOP) * min(y / ceiling, 1.2)
        return f"{across:.1f},{up:.1f}"

    lines = "".join(
        f'<polyline class="curve-{name}" data-part="{name}" points="{_points(xs, ys, at)}"/>'
        for name, ys in curves.items()
        if ys
    )
    posterior = _points(xs, curves["posterior"], at)
    area = (
        '<polygon class="area-posterior" data-part="area" '
        f'points="{at(low, 0)} {posterior} {at(high, 0)}"/>'
    )
    bar = ""
    if interval:
        start, end = (at(edge, 0).split(",")[0] for edge in interval)
        bar = f"M{start} {BOTTOM - 5}v10M{start} {BOTTOM}H{end}M{end} {BOTTOM - 5}v10"
    return (
        f'<svg class="densities" viewBox="0 0 560 288" role="img" data-part="plot">'
        f"<title>{escape(alternative)}</title>"
        f'<g data-part="axes">{_axes(low, high, ceiling, x_label)}</g>'
        f'<clipPath id="{clip}"><rect x="{LEFT}" y="{TOP}" width="{RIGHT - LEFT}" '
        f'height="{BOTTOM - TOP}"/></clipPath>'
        f'<g clip-path="url(#{clip})">{area}{lines}</g>'
        f'<path class="interval" data-part="interval" d="{bar}"/></svg>'
    )


def _points(
    xs: Sequence[float], ys: Sequence[float | None], at: Callable[[float, float], str]
) -> str:
    stride = max(1, len(xs) // CURVE_POINTS)
    chosen = [*range(0, len(xs) - 1, stride), len(xs) - 1]
    return " ".join(at(xs[i], y) for i in chosen if (y := ys[i]) is not None)


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Round values from `low` to `high`, with at most `most` steps between them."""
    rough = (high - low) / most
    magnitude = 10.0 ** floor(log10(rough))
    step = next(step * magnitude for step in (1, 2, 5, 10) if step * magnitude >= rough * 0.999)
    first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
    return [round(i * step, 10) for i in range(first, last + 1)]


def _axes(low: float, high: float, ceiling: float, x_label: str) -> str:
    parts = []
    for value in ticks(0, ceiling):
        y = BOTTOM - (BOTTOM - TOP) * value / ceiling
        parts.append(
            f'<path class="rule" d="M{LEFT} {y:.1f}H{RIGHT}"/>'
            f'<text class="tick rule-tick" x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">'
            f"{number(value)}</text>"
        )
    for value in ticks(low, high):
        x = LEFT + (RIGHT - LEFT) * (value - low) / (high - low)
        parts.append(
            f'<path class="tick-mark x-tick" d="M{x:.1f} {BOTTOM}v5"/>'
            f'<text class="tick x-tick" x="{x:.1f}" y="{BOTTOM + 20}" '
            f'text-anchor="middle">{number(value)}</text>'
        )
    middle = (TOP + BOTTOM) / 2
    parts.append(
        f'<text class="axis-label" x="{(LEFT + RIGHT) / 2}" y="{BOTTOM + 44}" '
        f'text-anchor="middle">{escape(x_label)}</text>'
        f'<text class="axis-label" transform="translate(14 {middle}) rotate(-90)" '
        'text-anchor="middle">density</text>'
    )
    return "".join(parts)
