"""Vega-Lite charts: the house style, and their drawing without a browser."""

import math
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
VEGA_LITE = "6.4"

# The same thing has the same colour in formula, chart and text.
POSTERIOR = "#0072b2"
PRIOR = "#c65102"

STYLE = {
    "font": "Inter, Helvetica, Arial, sans-serif",
    "axis": {"labelFontSize": 12, "titleFontSize": 13, "titleFontWeight": "normal"},
    "legend": {"labelFontSize": 12, "titleFontSize": 13, "titleFontWeight": "normal"},
    "title": {"fontSize": 15, "anchor": "start", "subtitleFontSize": 12},
    "view": {"stroke": None},
}

# Heat maps show averages where a side has more cells than this or all panels together have more
# than that: 4,096 cells take 0.3 s to draw. Of more panels the first are drawn.
LONGEST_SIDE = 64
MOST_CELLS = 4096
DRAWN_PANELS = 16

# PNG pixels for each point of the chart, so that it is sharp on a dense screen.
PNG_SCALE = 2.0


def chart(title: str, description: str, body: dict[str, Any], subtitle: str = "") -> dict[str, Any]:
    """A whole specification: the house style around data, marks and encodings.

    `description` is read out in place of the picture.
    """
    heading = {"text": title} | ({"subtitle": subtitle} if subtitle else {})
    frame = {"$schema": SCHEMA, "title": heading, "description": description}
    return frame | body | {"config": STYLE, "background": "white"}


def empty_chart(title: str, reason: str) -> dict[str, Any]:
    """A chart of a result that has nothing to draw, which says why."""
    body = {"data": {"values": []}, "mark": "point"}
    return chart(title, f"Empty chart. {reason}", body, subtitle=reason)


def line_chart(
    x: list[float],
    curves: dict[str, list[float]],
    *,
    title: str,
    x_title: str,
    y_title: str,
    reading: str,
) -> dict[str, Any]:
    """Named curves over the same x, at most two: the first dashed, the second solid.

    `reading` says in words what the curves show.
    """
    values = [
        {"x": at, "y": height, "curve": name}
        for name, heights in curves.items()
        for at, height in zip(x, heights, strict=True)
    ]
    names = list(curves)
    body = {
        "data": {"values": values},
        "mark": {"type": "line", "strokeWidth": 2},
        "width": 480,
        "height": 240,
        "encoding": {
            "x": {
                "field": "x",
                "type": "quantitative",
                "title": x_title,
                "scale": {"zero": False, "nice": False},
            },
            "y": {"field": "y", "type": "quantitative", "title": y_title},
            "color": {
                "field": "curve",
                "type": "nominal",
                "title": None,
                "scale": {"domain": names, "range": [PRIOR, POSTERIOR]},
            },
            "strokeDash": {
                "field": "curve",
                "type": "nominal",
                "title": None,
                "scale": {"domain": names, "range": [[5, 3], [1, 0]]},
            },
        },
    }
    description = f"Curves over {x_title}: {' and '.join(names)}. {reading}"
    return chart(title, description, body, subtitle=reading)


def heat_maps(
    matrices: NDArray[np.floating],
    *,
    title: str,
    value: str,
    rows: str,
    columns: str,
    panels: str,
    labels: list[str] | None = None,
) -> dict[str, Any]:
    """One heat map for each matrix of (panels, rows, columns), in viridis from 0 up.

    The names say what an entry, a row, a column and a panel are; `labels` name rows and columns
    where both are the same things.
    """
    count, height, width = matrices.shape
    shown, block = _coarse(matrices[:DRAWN_PANELS])
    names = [f"{i} {label}" for i, label in enumerate(labels)] if labels and block == 1 else None
    cells = [
        {
            panels: panel,
            rows: names[i] if names else i * block,
            columns: names[j] if names else j * block,
            value: float(entry),
        }
        for (panel, i, j), entry in np.ndenumerate(shown)
    ]
    remarks = []
    if count > DRAWN_PANELS:
        remarks.append(f"The first {DRAWN_PANELS} of {count} {panels}s.")
    if block > 1:
        remarks.append(f"Each cell is the mean of up to {block} × {block} {value}s.")

    side = min(360 if count == 1 else 240, max(150, 16 * max(shown.shape[1:])))
    map_of_cells: dict[str, Any] = {
        "mark": {"type": "rect", "tooltip": True},
        "width": side,
        "height": side,
        "encoding": {
            "x": _positions(columns, angle=-90 if names else 0),
            "y": _positions(rows, angle=0),
            "color": {
                "field": value,
                "type": "quantitative",
                "title": value,
                "scale": {"scheme": "viridis", "domainMin": 0},
            },
        },
    }
    body: dict[str, Any] = {"data": {"values": cells}}
    if count == 1:
        body |= map_of_cells
    else:
        facet = {"field": panels, "title": panels}
        body |= {"facet": facet, "columns": 4, "spec": map_of_cells}
    description = (
        f"Heat map of {value}s, {count} {panels}{'s' * (count > 1)}: {rows} 0 to {height - 1} "
        f"down, {columns} 0 to {width - 1} across. The largest {value} is {matrices.max():.3g}."
    )
    return chart(title, description, body, subtitle=" ".join(remarks))


def _coarse(matrices: NDArray[np.floating]) -> tuple[NDArray[np.floating], int]:
    """Averages over square blocks, as few as fit into a drawing; and the side of a block."""
    panels, n, m = matrices.shape
    block = math.ceil(max(n, m) / LONGEST_SIDE)
    while panels * math.ceil(n / block) * math.ceil(m / block) > MOST_CELLS:
        block += 1
    tops, lefts = np.arange(0, n, block), np.arange(0, m, block)
    sums = np.add.reduceat(np.add.reduceat(matrices, tops, axis=1), lefts, axis=2)
    sizes = np.outer(np.diff([*tops, n]), np.diff([*lefts, m]))
    return sums / sizes, block


def _positions(field: str, angle: int) -> dict[str, Any]:
    return {
        "field": field,
        "type": "ordinal",
        "title": f"{field} (position)",
        "sort": None,
        "axis": {"labelOverlap": True, "labelAngle": angle},
    }


def draw(spec: dict[str, Any], format: Literal["svg", "png"]) -> bytes:
    """Draw a Vega-Lite specification. Raises ValueError if it is not one."""
    # Loads a JavaScript engine, which costs every process that never draws 60 MB.
    import vl_convert

    # A specification carries its data: nothing is ever fetched.
    fetch: list[str] = []
    if format == "svg":
        svg = vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE, allowed_base_urls=fetch)
        return svg.encode()
    return vl_convert.vegalite_to_png(
        spec, vl_version=VEGA_LITE, scale=PNG_SCALE, allowed_base_urls=fetch
    )


def warm() -> None:
    """Draw once, so that the first reader does not wait for the engine to start."""
    draw({"$schema": SCHEMA, "data": {"values": []}, "mark": "point"}, "svg")
