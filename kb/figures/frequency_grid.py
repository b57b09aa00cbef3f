"""The diagnostic test as natural frequencies: a thousand people, each a mark."""

from html import escape
from math import ceil

from kb.figures.frame import FigureInput, percent, shell
from kb.figures.table import table

GRID_COLUMNS = (50, 25)  # of a wide and of a narrow screen
CELL = 10
MOST_MARKS = 2000


def frequency_grid(figure: FigureInput) -> str:
    """A thousand people as marks: shape tells ill from healthy, filling the test's answer."""
    counts = figure.result["natural_frequencies"]
    if sum(counts.values()) > MOST_MARKS:
        return table(figure)
    ill = counts["true_positive"] + counts["false_negative"]
    population = sum(counts.values())
    params = figure.params
    question = (
        f"Of {population:,} people, {ill:,} {'is' if ill == 1 else 'are'} ill. The test is "
        f"positive for {percent(params['sensitivity'])} of the ill, and negative for "
        f"{percent(params['specificity'])} of the healthy. Someone tests positive. "
        "How likely is it that they are ill?"
    )
    before = [("ill", ill), ("healthy", population - ill)]
    after = [
        ("ill-positive", counts["true_positive"]),
        ("healthy-positive", counts["false_positive"]),
        ("ill-negative", counts["false_negative"]),
        ("healthy-negative", counts["true_negative"]),
    ]
    words = frequency_words(counts)
    body = (
        f'<p class="figure-question" data-part="question">{question}</p>'
        '<form class="figure-guess" data-part="guess" hidden></form>'
        '<div data-part="before">'
        f"{_people(figure.key + '-before', before, 'Before the test: ')}</div>"
        '<details class="figure-answer" data-part="answer"><summary>Show the answer</summary>'
        f'<p class="figure-verdict" data-part="verdict">{words}</p>'
        '<div data-part="after">'
        f"{_people(figure.key + '-after', after, 'After the test: ')}</div>"
        '<div class="figure-controls" data-part="controls" hidden></div></details>'
    )
    return shell(figure, "frequency-grid", body, "")


MARK_WORDS = {
    "ill": "ill",
    "healthy": "healthy",
    "ill-positive": "ill, test positive",
    "healthy-positive": "healthy, test positive",
    "ill-negative": "ill, test negative",
    "healthy-negative": "healthy, test negative",
}


def frequency_words(counts: dict[str, int]) -> str:
    """The posterior said in people: "Of 98 with a positive test, 9 are ill: 9.2 %."."""
    ill = counts["true_positive"]
    positive = ill + counts["false_positive"]
    if positive == 0:
        return "Nobody tests positive."
    return (
        f"Of {positive:,} {'person' if positive == 1 else 'people'} with a positive test, "
        f"<b>{ill:,} {'is' if ill == 1 else 'are'} ill</b>: {percent(ill / positive)}."
    )


def _people(key: str, groups: list[tuple[str, int]], title: str) -> str:
    legend = "".join(
        f'<li><svg viewBox="0 0 10 10" aria-hidden="true">{_mark(name)}</svg>'
        f'<span><b data-count="{name}">{count:,}</b> {MARK_WORDS[name]}</span></li>'
        for name, count in groups
    )
    alternative = title + ", ".join(f"{count:,} {MARK_WORDS[name]}" for name, count in groups)
    grids = "".join(_grid(key, groups, columns, alternative) for columns in GRID_COLUMNS)
    return f'{grids}<ul class="figure-legend">{legend}</ul>'


def _mark(name: str) -> str:
    if name.startswith("ill"):
        return f'<circle class="mark {name}" cx="5" cy="5" r="3.3"/>'
    return f'<rect class="mark {name}" x="2.2" y="2.2" width="5.6" height="5.6" rx="0.6"/>'


def _grid(key: str, groups: list[tuple[str, int]], columns: int, alternative: str) -> str:
    """People row by row; each group is one area filled with a pattern of its mark."""
    rows = ceil(sum(count for _, count in groups) / columns)
    patterns, areas, first, positive = "", "", 0, 0
    for name, count in groups:
        pattern = escape(f"{key}-{columns}-{name}")
        patterns += (
            f'<pattern id="{pattern}" width="{CELL}" height="{CELL}" patternUnits="userSpaceOnUse">'
            f"{_mark(name)}</pattern>"
        )
        areas += (
            f'<path data-group="{name}" fill="url(#{pattern})" '
            f'd="{cells_path(first, first + count, columns)}"/>'
        )
        first += count
        positive += count if name.endswith("positive") else 0
    outline = f'<path class="outlined" data-part="outline" d="{cells_path(0, positive, columns)}"/>'
    return (
        f'<svg class="people columns-{columns}" data-columns="{columns}" role="img" '
        f'viewBox="-1 -1 {columns * CELL + 2} {rows * CELL + 2}">'
        f"<title>{alternative}</title><defs>{patterns}</defs>{areas}{outline}</svg>"
    )


def cells_path(first: int, last: int, columns: int) -> str:
    """The outline of cells first to last - 1, counted row by row, as an SVG path."""
    if first >= last:
        return ""
    (top, left), (bottom, right) = divmod(first, columns), divmod(last, columns)
    if top == bottom:
        corners = [(left, top), (right, top), (right, top + 1), (left, top + 1)]
    else:
        corners = [(left, top), (columns, top), (columns, bottom), (right, bottom)]
        corners += [(right, bottom + 1), (0, bottom + 1)] if right else [(0, bottom)]
        corners += [(0, top + 1), (left, top + 1)] if left else []
    return "M" + "L".join(f"{x * CELL} {y * CELL}" for x, y in corners) + "Z"
