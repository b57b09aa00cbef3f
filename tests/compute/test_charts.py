import struct

import numpy as np
import pytest

import compute.kinds  # noqa: F401
from compute import charts
from compute.registry import all_kinds, get_kind


def silent(fraction, message):
    pass


def spec_of(name, params):
    kind = get_kind(name)
    return kind.charts[0].spec(params, kind.run(kind.parse(params), silent))


@pytest.fixture(
    params=[(kind, chart) for kind in all_kinds() for chart in kind.charts],
    ids=lambda pair: f"{pair[0].name} {pair[1].name}",
)
def spec(request):
    kind, chart = request.param
    return chart.spec(kind.example_params, kind.run(kind.parse(kind.example_params), silent))


def test_every_chart_has_its_data_a_title_and_words_in_its_place(spec):
    assert spec["$schema"].endswith("/v6.json")
    assert spec["data"]["values"]
    assert spec["title"]["text"]
    assert len(spec["description"]) > 40
    view = spec.get("spec", spec)
    assert view["encoding"]["x"]["title"]
    assert view["encoding"]["y"]["title"]


def test_every_chart_can_be_drawn(spec):
    svg = charts.draw(spec, "svg").decode()
    assert svg.startswith("<svg")
    assert spec["title"]["text"] in svg
    png = charts.draw(spec, "png")
    assert png.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", png[16:24])
    assert width > 300
    assert height > 200


def test_what_is_no_chart_is_refused():
    with pytest.raises(ValueError, match="Vega-Lite"):
        charts.draw({"mark": "nonsense"}, "svg")


def test_nothing_is_fetched_to_draw_a_chart():
    outside = {"data": {"url": "http://example.com/data.json"}, "mark": "point"}
    with pytest.raises(ValueError, match="not allowed"):
        charts.draw(outside, "svg")


def test_drawing_can_be_warmed_up():
    charts.warm()


def test_prior_and_posterior_keep_their_colours():
    params = get_kind("conjugate-update").example_params
    spec = spec_of("conjugate-update", params)
    colour = spec["encoding"]["color"]["scale"]
    assert dict(zip(colour["domain"], colour["range"], strict=True)) == {
        "prior": "#c65102",
        "posterior": "#0072b2",
    }
    assert "95 % interval" in spec["description"]


def test_heads_stand_side_by_side_with_their_tokens():
    params = {"text": "one two three", "num_heads": 4, "d_model": 8}
    spec = spec_of("multi-head-attention", params)
    assert spec["facet"]["field"] == "head"
    assert spec["spec"]["encoding"]["color"]["scale"]["scheme"] == "viridis"
    assert spec["data"]["values"][1]["key"] == "1 two"
    assert len(spec["data"]["values"]) == 4 * 3 * 3


def test_a_large_heat_map_shows_averages():
    params = {"generate": {"n": 130, "m": 65, "d": 2}, "mask": "causal"}
    spec = spec_of("scaled-dot-product-attention", params)
    cells = spec["data"]["values"]
    assert len(cells) == 44 * 22
    assert "mean" in spec["title"]["subtitle"]
    assert cells[0] == {"head": 0, "query": 0, "key": 0, "weight": pytest.approx(1 / 3)}
    weights = np.array([cell["weight"] for cell in cells]).reshape(44, 22)
    assert (np.triu(weights, k=1) == 0).all()


def test_all_panels_together_stay_within_what_is_drawn_quickly():
    params = {"generate": {"n": 60, "m": 30, "d": 16}, "num_heads": 8}
    spec = spec_of("multi-head-attention", params)
    # 8 panels of 60 × 30 would be 14,400 cells; of blocks of 2, they are 3,600.
    assert len(spec["data"]["values"]) == 8 * 30 * 15
    assert "2 × 2" in spec["title"]["subtitle"]


def test_of_many_heads_the_first_are_drawn():
    params = {"generate": {"n": 2, "d": 20}, "num_heads": 20}
    spec = spec_of("multi-head-attention", params)
    assert len(spec["data"]["values"]) == 16 * 4
    assert "first 16 of 20 heads" in spec["title"]["subtitle"]


def test_without_weights_the_chart_says_why_it_is_empty():
    params = {"generate": {"n": 2, "d": 2}, "return_weights": False}
    spec = spec_of("scaled-dot-product-attention", params)
    assert spec["data"]["values"] == []
    assert "not asked for" in spec["description"]
    assert charts.draw(spec, "svg")
