"""Attention weights as cells with their numbers, one table a head."""

from html import escape
from typing import Any

from kb.figures.frame import FigureInput, shell
from kb.figures.table import table

MOST_CELLS_WITH_NUMBERS = 12
MOST_CELLS = 32
FEW_CELLS = 6
HEAT_STEPS = 16


def weights_heatmap(figure: FigureInput) -> str:
    """Weights as cells with their numbers, one table a head."""
    weights = figure.result.get("weights") or []
    heads = weights if weights and isinstance(weights[0][0], list) else [weights]
    if not weights or max(len(heads[0]), len(heads[0][0])) > MOST_CELLS:
        return table(figure)
    rows, columns = labels(figure.result, heads[0])
    tables = "".join(
        heat_table(head, rows, columns, f"Head {i}" if len(heads) > 1 else "Weights")
        for i, head in enumerate(heads)
    )
    body = (
        '<div class="figure-controls in-a-row" data-part="controls" hidden></div>'
        f'<div class="heads" data-part="heads">{tables}</div>'
        '<p class="figure-scale"><span>0</span><span class="ramp" aria-hidden="true">'
        + "".join(f'<i class="heat-{i}"></i>' for i in range(HEAT_STEPS + 1))
        + "</span><span>1</span> <span>Rows are queries, columns keys.</span></p>"
    )
    return shell(figure, "weights-heatmap", body, heat_words(heads, rows, columns))


def labels(result: dict[str, Any], head: list[list[float]]) -> tuple[list[str], list[str]]:
    tokens = result.get("tokens")
    if tokens and len(tokens) == len(head) == len(head[0]):
        return tokens, tokens
    return (
        [f"q{i}" for i in range(1, len(head) + 1)],
        [f"k{i}" for i in range(1, len(head[0]) + 1)],
    )


def heat_table(head: list[list[float]], rows: list[str], columns: list[str], title: str) -> str:
    size = (
        " dense"
        if len(columns) > MOST_CELLS_WITH_NUMBERS
        else " roomy"
        if len(columns) <= FEW_CELLS
        else ""
    )
    top = "".join(f'<th scope="col">{escape(name)}</th>' for name in columns)
    lines = "".join(
        f'<tr><th scope="row">{escape(name)}</th>'
        + "".join(f'<td class="heat-{round(HEAT_STEPS * w)}">{w:.2f}</td>' for w in row)
        + f'<td class="sum">{sum(row):.2f}</td></tr>'
        for name, row in zip(rows, head, strict=True)
    )
    return (
        f'<div class="head" tabindex="0" role="group" aria-label="{escape(title)}">'
        f'<table class="heat{size}"><caption>{escape(title)}</caption>'
        f'<thead><tr><td></td>{top}<th scope="col" class="sum">sum</th></tr></thead>'
        f"<tbody>{lines}</tbody></table></div>"
    )


def heat_words(heads: list[list[list[float]]], rows: list[str], columns: list[str]) -> str:
    weight, head, row, column = max(
        (w, -h, -r, -c)
        for h, table_ in enumerate(heads)
        for r, line in enumerate(table_)
        for c, w in enumerate(line)
    )
    where = f"in head {-head}, " if len(heads) > 1 else ""
    return (
        f"The largest weight is {weight:.2f}: {where}query {escape(rows[-row])} on "
        f"key {escape(columns[-column])}. Each row sums to 1."
    )
