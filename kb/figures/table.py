"""The plain figure: the numbers of a result, and its densities where it has some."""

from html import escape
from typing import Any

from kb.figures.densities import density_plot
from kb.figures.frame import FigureInput, mass, number, shell

WORDS = {
    "sd": "standard deviation",
    "eti": "equal-tailed interval",
    "hdi": "highest-density interval",
    "ppv": "positive predictive value",
    "npv": "negative predictive value",
    "per_group": "number in each group",
}


def words_of_path(path: str) -> str:
    """What stands at a path into a result, in words: "curve.power.3" is a power."""
    names = [step for step in path.split(".") if not step.isdecimal()]
    return WORDS.get(names[-1], names[-1].replace("_", " "))


def table(figure: FigureInput) -> str:
    """The scalar parts of the result as a table; for a conjugate update its densities too."""
    numbers = numbers_table(figure.result)
    controls = '<div class="figure-controls" data-part="controls" hidden></div>'
    if figure.kind != "conjugate-update" or "curves" not in figure.result:
        return shell(figure, "", controls + numbers, "", wide=False)
    body = (
        f'<div class="figure-split"><div class="figure-plot">{_densities(figure)}</div>{controls}'
        f"</div><details><summary>All numbers</summary>{numbers}</details>"
    )
    summary = figure.result["summary"]
    low, high = summary["eti"] or (None, None)
    words = (
        f"Posterior mean {number(summary['mean'])}, {mass(figure)} interval "
        f"{number(low)} to {number(high)}."
    )
    return shell(figure, "", body, words)


def numbers_table(result: dict[str, Any]) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(label)}</th><td data-value="{escape(path)}">'
        f"{escape(value)}</td></tr>"
        for path, label, value in _scalars(result)
    )
    return f'<div class="table-scroll"><table><tbody>{rows}</tbody></table></div>'


def _densities(figure: FigureInput) -> str:
    curves = figure.result["curves"]
    parts = {name: curves[name] for name in ("prior", "posterior")}
    plot = density_plot(
        curves["x"],
        parts,
        1.06 * max(_inner(parts)),
        figure.result["summary"]["eti"],
        figure.key,
        "Densities of prior and posterior",
        "the parameter",
    )
    return (
        f'{plot}<ul class="figure-legend"><li class="key-prior">prior</li>'
        '<li class="key-posterior">posterior</li><li class="key-interval">'
        f"{mass(figure)} interval</li></ul>"
    )


def _inner(curves: dict[str, list[float | None]]) -> list[float]:
    """The values of curves away from their ends, where a density may have a pole."""
    return [y for ys in curves.values() for y in ys[len(ys) // 100 : -1] if y is not None]


def _scalars(result: dict[str, Any], path: str = "", place: str = "") -> list[tuple[str, str, str]]:
    """(path, label, text) of every number, word and interval in a result."""
    rows: list[tuple[str, str, str]] = []
    for name, value in result.items():
        here = f"{path}{name}"
        label = f"{place}{WORDS.get(name, name.replace('_', ' '))}"
        if isinstance(value, dict):
            rows += _scalars(value, f"{here}.", f"{label}, ")
        elif isinstance(value, bool | str):
            rows.append((here, label, str(value)))
        elif value is None or isinstance(value, int | float):
            rows.append((here, label, number(value)))
        elif isinstance(value, list) and len(value) == 2 and _numbers(value):
            rows.append((here, label, f"{number(value[0])} to {number(value[1])}"))
    return rows


def _numbers(values: list[Any]) -> bool:
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
