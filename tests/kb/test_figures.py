"""The figures' first states: right numbers, whole without JavaScript, and safe."""

import json
import re
from html import unescape

import numpy as np
import pytest
from scipy import stats

from compute.registry import get_kind
from kb.figures import FIGURES, FigureInput
from kb.figures.densities import Density, ticks
from kb.figures.frame import number
from kb.figures.frequency_grid import cells_path, frequency_words
from kb.figures.power_curve import short, size_ticks
from kb.figures.weights_heatmap import heat_table


def drawn(name: str, kind: str, params: dict, **changes) -> str:
    found = get_kind(kind)
    result = found.run(found.parse(params), lambda *_: None)
    values = {
        "key": "example",
        "title": "Title",
        "kind": kind,
        "params": params,
        "result": result,
        "controls": [],
        "text": "The <em>point</em>.",
        "number": 2,
    }
    return FIGURES[name].draw(FigureInput(**values | changes))


TEST = {"prevalence": 0.01, "sensitivity": 0.9, "specificity": 0.91}
CELLS = {"baseline": 0.5, "difference": 0.001, "per_group": 2_000_000}
COIN = {
    "family": "beta-binomial",
    "prior": {"alpha": 2, "beta": 2},
    "data": [1, 1, 0, 1, 0, 1, 1, 0],
}
VECTORS = {"query": [[1, 0], [0, 1]], "key": [[1, 0], [0, 1]], "value": [[1, 0], [0, 1]]}


def inside(path: str, x: float, y: float) -> bool:
    """Whether a point lies in an SVG polygon, by counting the edges that a ray crosses."""
    corners = [tuple(map(float, pair.split())) for pair in re.split("[MLZ]", path) if pair]
    crossings = 0
    for (x0, y0), (x1, y1) in zip(corners, corners[1:] + corners[:1], strict=True):
        if (y0 > y) != (y1 > y) and x < x0 + (y - y0) / (y1 - y0) * (x1 - x0):
            crossings += 1
    return crossings % 2 == 1


@pytest.mark.parametrize("columns", [25, 7])
@pytest.mark.parametrize(
    ("first", "last"), [(0, 9), (9, 98), (0, 25), (3, 4), (24, 26), (50, 75), (30, 31)]
)
def test_an_area_covers_exactly_its_cells(columns, first, last):
    path = cells_path(first, last, columns)
    covered = {
        row * columns + column
        for row in range(120 // columns + 1)
        for column in range(columns)
        if inside(path, column * 10 + 5, row * 10 + 5)
    }
    assert covered == set(range(first, last))


def test_no_cells_have_no_area():
    assert cells_path(5, 5, 25) == ""


def test_the_grid_counts_a_thousand_people():
    html = drawn("frequency-grid", "diagnostic-test", TEST)
    assert "Of 1,000 people, 10 are ill." in html
    assert "positive for 90% of the ill, and negative for 91% of the healthy" in html
    assert "Of 98 people with a positive test, <b>9 are ill</b>: 9.2%." in html


def test_the_answer_is_folded_until_it_is_asked_for():
    html = drawn("frequency-grid", "diagnostic-test", TEST)
    before, after = html.split("<details", 1)
    assert "9 are ill" not in before
    assert "9 are ill" in after.split("</details>")[0]


@pytest.mark.parametrize(
    ("positive", "words"),
    [
        ((0, 0), "Nobody tests positive."),
        ((1, 0), "Of 1 person with a positive test, <b>1 is ill</b>: 100%."),
        ((0, 2), "Of 2 people with a positive test, <b>0 are ill</b>: 0%."),
    ],
)
def test_the_words_fit_any_count(positive, words):
    assert frequency_words({"true_positive": positive[0], "false_positive": positive[1]}) == words


@pytest.mark.parametrize(("alpha", "beta"), [(2, 2), (0.5, 0.5), (28, 16), (1, 1), (400, 300)])
def test_the_density_is_that_of_the_beta_distribution(alpha, beta):
    xs = np.linspace(0.001, 0.999, 40)
    ours = [Density(alpha, beta).at(x) for x in xs]
    np.testing.assert_allclose(ours, stats.beta(alpha, beta).pdf(xs), rtol=1e-11)


def test_the_peak_is_the_density_at_the_mode():
    assert Density(28, 16).peak() == pytest.approx(stats.beta(28, 16).pdf(27 / 42))
    assert np.isfinite(Density(0.5, 0.5).peak())


def test_the_scrubber_shows_the_last_frame_in_words_and_curves():
    html = drawn("update-scrubber", "conjugate-update", COIN)
    low, high = stats.beta(7, 5).interval(0.95)
    assert (
        "After 8 observations, 5 of them successes: posterior Beta(7, 5), mean 0.583, "
        f"95% interval {low:.3f} to {high:.3f}." in html
    )
    assert {"curve-prior", "curve-likelihood", "curve-posterior"} <= set(
        re.findall(r'class="(curve-[a-z]+)"', html)
    )
    assert html.count('class="flip success"') == 5
    assert "density</text>" in html


def test_counts_have_no_strip_of_observations():
    html = drawn(
        "update-scrubber", "conjugate-update", COIN | {"data": {"successes": 5, "trials": 8}}
    )
    assert "flip success" not in html
    assert "posterior Beta(7, 5)" in html


def test_another_family_becomes_the_plain_figure():
    params = {
        "family": "normal-inverse-gamma",
        "prior": {"mean": 0, "kappa": 1, "alpha": 2, "beta": 2},
        "data": [0.1, -0.4, 1.2],
    }
    html = drawn("update-scrubber", "conjugate-update", params)
    assert 'data-figure=""' in html
    assert "Posterior mean" in html
    assert "equal-tailed interval" in html


def test_the_cells_of_a_row_and_its_sum_can_be_read():
    html = drawn("weights-heatmap", "scaled-dot-product-attention", VECTORS)
    heavy = np.exp(1 / np.sqrt(2)) / (np.exp(1 / np.sqrt(2)) + 1)
    assert html.count(f">{heavy:.2f}</td>") == 2
    assert html.count('<td class="sum">1.00</td>') == 2
    assert f"The largest weight is {heavy:.2f}: query q1 on key k1." in html


def test_the_names_of_tokens_are_escaped():
    html = heat_table([[1.0]], ["<i>"], ["&"], "Head 0")
    assert "&lt;i&gt;" in html
    assert "<i>" not in html


@pytest.mark.parametrize(
    ("name", "kind", "params"),
    [
        ("frequency-grid", "diagnostic-test", TEST),
        ("update-scrubber", "conjugate-update", COIN),
        ("weights-heatmap", "scaled-dot-product-attention", VECTORS),
        ("power-curve", "sample-size", CELLS),
        ("", "diagnostic-test", TEST),
    ],
)
def test_every_figure_keeps_its_frame(name, kind, params):
    hostile = '"><script>alert(1)</script>'
    controls = [{"param": "prevalence", "label": hostile, "minimum": 0, "maximum": 1, "step": 0.1}]
    html = drawn(name, kind, params, title=hostile, controls=controls)
    assert "<script" not in html
    assert "The <em>point</em>." in html
    assert 'id="figure-example"' in html
    assert not re.search(r"\sstyle=|\son[a-z]+=", html)
    stored = re.search(r'data-params="([^"]*)"', html)
    assert stored
    assert json.loads(unescape(stored[1])) == params
    again = drawn(name, kind, params, title=hostile, controls=controls)
    assert again == html


@pytest.mark.parametrize(("low", "high"), [(0, 5.7), (-0.67, 0.67), (0, 1), (0, 0.004), (3, 90)])
def test_ticks_are_round_and_within_the_axis(low, high):
    values = ticks(low, high)
    assert 3 <= len(values) <= 6
    assert all(low - 1e-9 <= value <= high + 1e-9 for value in values)
    steps = np.diff(values)
    np.testing.assert_allclose(steps, steps[0])
    mantissa = steps[0] / 10 ** np.floor(np.log10(steps[0]) + 1e-9)
    assert any(mantissa == pytest.approx(round_) for round_ in (1, 2, 5))


def test_a_number_that_does_not_exist_is_a_dash_in_the_table():
    result = {"mean": None, "share": 0.5, "parts": {"sd": None}}
    html = drawn("", "diagnostic-test", TEST, result=result)
    cells = dict(re.findall(r'data-value="([a-z.]+)">([^<]*)<', html))
    assert cells == {"mean": "–", "share": "0.5", "parts.sd": "–"}


def test_densities_without_an_interval_are_drawn_without_its_bar():
    run = get_kind("conjugate-update").run
    parse = get_kind("conjugate-update").parse
    result = run(parse(COIN), lambda *_: None)
    result["summary"] |= {"mean": None, "eti": None}
    html = drawn("", "conjugate-update", COIN, result=result)
    assert "Posterior mean –, 95% interval – to –." in html
    assert 'data-part="interval" d=""' in html


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (998001, "998,001"),
        (1_920_510, "1,920,510"),
        (1000.0, "1,000"),
        (12345.6, "12,350"),
        (0.51600568, "0.516"),
        (-3.5, "−3.5"),
        (0, "0"),
        (2e-5, "2.000e−05"),
        (1e16, "1.000e+16"),
        (None, "–"),
    ],
)
def test_a_whole_number_is_written_in_full_and_others_with_four_digits(value, text):
    assert number(value) == text


def test_the_power_curve_marks_the_answer_where_the_normal_distribution_has_it():
    html = drawn("power-curve", "sample-size", CELLS)
    error = np.sqrt((0.5 * 0.5 + 0.501 * 0.499) / 2e6)
    power = stats.norm.sf(stats.norm.isf(0.025) - 0.001 / error)
    assert "With 2,000,000 in each group the power is 0.516." in html
    assert power == pytest.approx(0.516, abs=5e-4)
    dot = re.search(r'cx="([0-9.]+)" cy="([0-9.]+)"', html)
    assert dot
    x, y = map(float, dot.groups())
    assert y == pytest.approx(236 - 226 * power, abs=0.2)
    points = re.search(r'points="([^"]+)"', html)
    assert points
    curve = np.array([pair.split(",") for pair in points[1].split()], dtype=float)
    assert np.interp(x, curve[:, 0], curve[:, 1]) == pytest.approx(y, abs=0.5)
    assert (np.diff(curve[:, 1]) <= 0).all()


@pytest.mark.parametrize(("low", "high"), [(2, 9), (30, 4e5), (1.4e6, 1.7e6), (2, 1e12)])
def test_sizes_on_the_axis_are_round_and_few(low, high):
    values = size_ticks(low, high)
    assert len(values) <= 13
    assert all(low <= value <= high for value in values)
    assert [short(value) for value in size_ticks(2e5, 2e6)] == ["200k", "500k", "1M", "2M"]
