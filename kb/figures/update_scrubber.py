"""A proportion learned one observation after the other: prior, likelihood and posterior."""

from collections.abc import Iterator
from itertools import accumulate
from typing import Any

from kb.figures.densities import CURVE_POINTS, LEFT, RIGHT, Density, density_plot
from kb.figures.frame import FigureInput, mass, number, shell
from kb.figures.table import table

X_LABEL = "θ, the probability of a success"


def update_scrubber(figure: FigureInput) -> str:
    """Prior, likelihood and posterior of a proportion after the last observation."""
    if figure.params.get("family") != "beta-binomial":
        return table(figure)
    successes, trials = _observed(figure.params["data"])
    posterior = figure.result["posterior"]
    prior = figure.result["prior"]
    curves = {
        "prior": Density(prior["alpha"], prior["beta"]),
        "likelihood": Density(successes + 1, trials - successes + 1),
        "posterior": Density(posterior["alpha"], posterior["beta"]),
    }
    alternative = (
        f"Density over theta from 0 to 1: prior Beta({number(prior['alpha'])}, "
        f"{number(prior['beta'])}) and posterior Beta({number(posterior['alpha'])}, "
        f"{number(posterior['beta'])})"
    )
    xs = [i / CURVE_POINTS for i in range(CURVE_POINTS + 1)]
    plot = density_plot(
        xs,
        {name: [density.at(x) for x in xs] for name, density in curves.items()},
        1.06 * max(density.peak() for density in _on_the_way(prior, figure.params["data"])),
        figure.result["summary"]["eti"],
        figure.key,
        alternative,
        X_LABEL,
    )
    flips = _flips(figure.params["data"])
    flips_key = '<li class="key-flips">observations in order, tall = success</li>' if flips else ""
    body = (
        '<div class="figure-split"><div class="figure-plot">'
        f"{plot}{flips}"
        '<ul class="figure-legend"><li class="key-prior">prior</li>'
        '<li class="key-likelihood">likelihood, scaled to area 1</li>'
        '<li class="key-posterior">posterior</li><li class="key-interval">'
        f"{mass(figure)} interval</li>{flips_key}</ul></div>"
        '<div class="figure-controls" data-part="controls" hidden></div></div>'
        '<div class="figure-transport" data-part="transport" hidden></div>'
    )
    numbers = update_words(trials, successes, posterior, figure.result["summary"], mass(figure))
    return shell(figure, "update-scrubber", body, numbers)


def update_words(
    trials: int, successes: int, posterior: dict[str, float], summary: dict[str, Any], mass: str
) -> str:
    low, high = summary["eti"]
    return (
        f"After {trials:,} observation{'' if trials == 1 else 's'}, {successes:,} of them "
        f"{'a success' if successes == 1 else 'successes'}: "
        f"posterior Beta({number(posterior['alpha'])}, {number(posterior['beta'])}), "
        f"mean {summary['mean']:.3f}, {mass} interval {low:.3f} to {high:.3f}."
    )


def _on_the_way(prior: dict[str, float], data: Any) -> Iterator[Density]:
    """Every curve that the scrubber will show, so that its scale never jumps."""
    steps = [_observed(data)]
    if isinstance(data, list):
        steps = list(zip(accumulate(data, initial=0), range(len(data) + 1), strict=True))
    for successes, trials in steps:
        failures = trials - successes
        yield Density(successes + 1, failures + 1)
        yield Density(prior["alpha"] + successes, prior["beta"] + failures)


def _observed(data: Any) -> tuple[int, int]:
    if isinstance(data, dict):
        return data["successes"], data["trials"]
    return sum(data), len(data)


def _flips(data: Any) -> str:
    """The observations in order: a filled bar is a success, a hollow one a failure."""
    if isinstance(data, dict):
        return ""
    width = (RIGHT - LEFT) / max(len(data), 20)
    marks = "".join(
        f'<rect class="flip {"success" if flip else "failure"}" x="{LEFT + i * width + 0.75:.1f}" '
        f'y="{2 if flip else 9}" width="{max(width - 1.5, 1):.1f}" height="{13 if flip else 6}"/>'
        for i, flip in enumerate(data)
    )
    return (
        '<svg class="flips" viewBox="0 0 560 16" role="img" data-part="flips">'
        f"<title>{len(data)} observations in order, {sum(data)} of them a success</title>"
        f"{marks}</svg>"
    )
