import time

import numpy as np
import pytest

import compute.kinds  # noqa: F401
from compute.errors import InvalidParams
from compute.kinds.multi_head_attention import tokenise
from compute.registry import get_kind
from tests.compute.kernels.by_loops import (
    attention_by_loops,
    causal_mask,
    multi_head_by_loops,
)

SCALED = "scaled-dot-product-attention"
MULTI = "multi-head-attention"
TWO = [[1.0, 2.0], [3.0, 4.0]]
FOUR = [[1.0, 0.0, 0.0, 1.0], [0.0, 1.0, 1.0, 0.0]]


def run(name, **params):
    kind = get_kind(name)
    result = kind.run(kind.parse(params), lambda fraction, message: None)
    kind.result.model_validate(result)
    return result


def problems_of(name, **params):
    with pytest.raises(InvalidParams) as caught:
        get_kind(name).parse(params)
    return {problem.pointer: problem for problem in caught.value.problems}


def random_rows(seed, n, d):
    return np.random.default_rng(seed).normal(size=(n, d)).tolist()


def test_the_catalogue_example_of_scaled_attention():
    result = run(SCALED, query=[[1, 0]], key=[[1, 0], [0, 1]], value=[[1], [3]])
    np.testing.assert_allclose(result["output"], [[1.6605]], atol=5e-5)
    np.testing.assert_allclose(result["weights"], [[0.6698, 0.3302]], atol=5e-5)


def test_the_catalogue_example_of_multi_head_attention():
    value = [[1, 2, 3, 4], [5, 6, 7, 8]]
    result = run(MULTI, query=FOUR, key=FOUR, value=value, num_heads=2)
    expected = [[2.321, 3.321, 4.321, 5.321], [3.679, 4.679, 5.679, 6.679]]
    np.testing.assert_allclose(result["output"], expected, atol=5e-4)
    assert np.shape(result["weights"]) == (2, 2, 2)
    assert np.shape(result["heads"]) == (2, 2, 2)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-12), ("float32", 2e-6)])
@pytest.mark.parametrize("mask", [None, "causal", "rows"])
def test_scaled_attention_agrees_with_the_definition(dtype, tolerance, mask):
    query, key, value = random_rows(1, 5, 3), random_rows(2, 7, 3), random_rows(3, 7, 2)
    rows = (np.random.default_rng(4).random((5, 7)) < 0.7).tolist()
    allowed = {None: None, "causal": causal_mask(5, 7), "rows": rows}[mask]
    given = rows if mask == "rows" else mask
    result = run(SCALED, query=query, key=key, value=value, mask=given, scale=0.3, dtype=dtype)
    output, weights = attention_by_loops(
        np.array(query), np.array(key), np.array(value), allowed, scale=0.3
    )
    np.testing.assert_allclose(result["output"], output, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(result["weights"], weights, rtol=tolerance, atol=tolerance)


def test_multi_head_attention_agrees_with_the_definition_with_a_mask_a_head():
    query, key, value = random_rows(1, 5, 6), random_rows(2, 7, 6), random_rows(3, 7, 6)
    w = np.random.default_rng(5).normal(size=(4, 6, 6))
    mask = np.random.default_rng(4).random((3, 5, 7)) < 0.7
    result = run(
        MULTI,
        query=query, key=key, value=value, num_heads=3, mask=mask.tolist(),
        w_q=w[0].tolist(), w_k=w[1].tolist(), w_v=w[2].tolist(), w_o=w[3].tolist(),
    )  # fmt: skip
    expected = multi_head_by_loops(*map(np.array, (query, key, value)), 3, w, mask)
    np.testing.assert_allclose(result["output"], expected, rtol=1e-11, atol=1e-11)


def test_a_query_that_may_attend_to_nothing_gives_zeros():
    result = run(SCALED, query=TWO, key=TWO, value=TWO, mask=[[False, False], [True, False]])
    assert result["output"] == [[0, 0], [1, 2]]
    assert result["weights"] == [[0, 0], [1, 0]]
    masked = next(step for step in result["trace"] if step["step"] == "masked")
    assert masked["values"][0] == [None, None]


def test_scores_in_the_millions_and_a_scale_of_zero():
    large = run(SCALED, query=[[1e6, 0]], key=[[1, 0], [0, 1]], value=[[1], [3]], scale=1.0)
    assert large["output"] == [[1]]
    level = run(SCALED, query=[[1e6, 0]], key=[[1, 0], [0, 1]], value=[[1], [3]], scale=0)
    assert level["output"] == [[2]]


def test_weights_are_left_out_when_not_wanted():
    result = run(SCALED, query=TWO, key=TWO, value=TWO, return_weights=False)
    assert result["weights"] is None


def test_generated_inputs_follow_their_seed():
    first = run(SCALED, generate={"n": 3, "m": 4, "d": 2, "seed": 5})
    again = run(SCALED, generate={"n": 3, "m": 4, "d": 2, "seed": 5})
    other = run(SCALED, generate={"n": 3, "m": 4, "d": 2, "seed": 6})
    assert first == again != other
    rng = np.random.default_rng(5)
    expected = attention_by_loops(*(rng.standard_normal(s) for s in ((3, 2), (4, 2), (4, 2))))
    np.testing.assert_allclose(first["output"], expected[0], rtol=1e-12)


def test_four_thousand_positions_fit_and_tell_their_progress():
    told = []
    kind = get_kind(MULTI)
    params = {"generate": {"n": 4096, "d": 16}, "num_heads": 2, "return_weights": False}
    result = kind.run(
        kind.parse(params | {"dtype": "float32", "mask": "causal"}),
        lambda fraction, message: told.append((fraction, message)),
    )
    assert np.shape(result["output"]) == (4096, 16)
    assert result["memory_bytes"] == result["memory_bytes_tiled"] < result["memory_bytes_full"] / 20
    assert 10 < len(told) <= 100
    assert told[-1][1].endswith("of the queries have attended.")


def test_the_trace_of_several_heads_goes_there_and_back_again():
    result = run(
        MULTI, query=FOUR, key=FOUR, value=FOUR, num_heads=2, mask="causal", w_q=identity(4)
    )
    shapes = {step["step"]: step["shape"] for step in result["trace"]}
    assert list(shapes) == [
        "query", "project query", "split query", "query by head",
        "key", "split key", "key by head",
        "value", "split value", "value by head",
        "scores", "scaled", "masked", "weights", "heads", "swap back", "merge", "output",
    ]  # fmt: skip
    assert shapes["query"] == shapes["merge"] == shapes["output"] == [2, 4]
    assert shapes["split query"] == shapes["swap back"] == [2, 2, 2]
    assert shapes["weights"] == [2, 2, 2]
    for step in result["trace"]:
        assert set(step) == {"step", "symbol", "shape", "text", "values"}
        assert np.shape(step["values"]) == tuple(step["shape"])
    assert result["trace"][-1]["values"] == result["output"]


def test_the_trace_shows_numbers_up_to_eight_by_eight_in_each_head():
    result = run(MULTI, generate={"n": 8, "m": 9, "d": 24}, num_heads=3)
    shown = {step["step"]: step["values"] is not None for step in result["trace"]}
    assert shown["query"] is False
    assert shown["split query"]
    assert shown["query by head"]
    assert shown["heads"]
    assert shown["split key"] is False
    assert shown["weights"] is False


def test_a_text_attends_to_itself_and_says_that_nothing_was_trained():
    text = "The cat sat: the CAT!"
    result = run(MULTI, text=text, num_heads=4, d_model=16)
    assert result["tokens"] == ["The", "cat", "sat", ":", "the", "CAT", "!"]
    assert np.shape(result["weights"]) == (4, 7, 7)
    assert "random" in result["notes"][0]
    assert "untrained" in result["notes"][0]
    assert result == run(MULTI, text=text, num_heads=4, d_model=16, seed=0)
    assert result != run(MULTI, text=text, num_heads=4, d_model=16, seed=1)


def test_tokens_are_words_and_single_signs():
    assert tokenise("Dr. O'Neil paid 3,50 €.") == [
        "Dr", ".", "O", "'", "Neil", "paid", "3", ",", "50", "€", ".",
    ]  # fmt: skip


BAD = [
    (SCALED, {}, "/query", "required"),
    (SCALED, {"query": TWO, "key": TWO}, "/value", "required"),
    (SCALED, {"query": [[1, 2, 3]] * 3 + [[1, 2]], "key": TWO, "value": TWO}, "/query/3",
     "Row 3 has 2 numbers, row 0 has 3."),
    (SCALED, {"query": [[1, None]], "key": TWO, "value": TWO}, "/query/0/1", "not null"),
    (SCALED, {"query": [1, 2], "key": TWO, "value": TWO}, "/query/0", "list of numbers"),
    (SCALED, {"query": "rows", "key": TWO, "value": TWO}, "/query", "not a string"),
    (SCALED, {"query": [[1, float("nan")]], "key": TWO, "value": TWO}, "/query/0/1", "finite"),
    (SCALED, {"query": [[1, float("inf")]], "key": TWO, "value": TWO}, "/query/0/1", "finite"),
    (SCALED, {"query": [[1, 10**400]], "key": TWO, "value": TWO}, "/query/0/1", "at most 1e"),
    (SCALED, {"query": [], "key": TWO, "value": TWO}, "/query", "at least one"),
    (SCALED, {"query": [[]], "key": TWO, "value": TWO}, "/query/0", "at least one"),
    (SCALED, {"query": [[1]] * 513, "key": [[1]], "value": [[1]]}, "/query", "at most 512"),
    (SCALED, {"query": [[1] * 513], "key": [[1]], "value": [[1]]}, "/query/0", "at most 512"),
    (SCALED, {"query": TWO, "key": [[1]], "value": [[1]]}, "/key", "equally wide"),
    (SCALED, {"query": TWO, "key": TWO, "value": [[1]]}, "/value", "one for each"),
    (SCALED, {"query": TWO, "key": TWO, "value": TWO, "mask": "full"}, "/mask", "causal"),
    (SCALED, {"query": TWO, "key": TWO, "value": TWO, "mask": [[1, 0]]}, "/mask/0/0", "true or"),
    (SCALED, {"query": TWO, "key": TWO, "value": TWO, "mask": [[True]]}, "/mask", "be 2 × 2"),
    (SCALED, {"query": TWO, "key": TWO, "value": TWO, "mask": [[[True]]]}, "/mask", "be 2 × 2"),
    (SCALED, {"query": TWO, "key": TWO, "value": TWO, "mask": [[True], [True, True]]},
     "/mask/1", "Row 1 has 2"),
    (SCALED, {"query": TWO, "key": TWO, "value": TWO, "scale": "0.5"}, "/scale", "number"),
    (SCALED, {"query": TWO, "key": TWO, "value": TWO, "scale": float("inf")}, "/scale", "finite"),
    (SCALED, {"query": TWO, "key": TWO, "value": TWO, "dtype": "int8"}, "/dtype", "float64"),
    (SCALED, {"query": TWO, "key": TWO, "value": TWO, "return_weights": 1}, "/return_weights", ""),
    (SCALED, {"query": [[1e60]], "key": [[1]], "value": [[1]], "dtype": "float32"}, "/query",
     "float32"),
    (SCALED, {"query": [[1]], "key": [[1]], "value": [[1e60]], "dtype": "float32"}, "/value",
     "float32"),
    (SCALED, {"query": TWO, "key": TWO, "value": TWO, "scale": 1e300}, "/scale", "float64"),
    (SCALED, {"generate": {"n": 4097, "d": 8}}, "/generate/n", "4096"),
    (SCALED, {"generate": {"n": 4, "d": 513}}, "/generate/d", "512"),
    (SCALED, {"generate": {"n": 4, "d": True}}, "/generate/d", "integer"),
    (SCALED, {"generate": {"n": 4, "d": 4, "k": 1}}, "/generate/k", "n, m, d, seed"),
    (SCALED, {"generate": {"n": 4, "d": 4}, "query": TWO}, "/generate", "not both"),
    (SCALED, {"generate": {"n": 4096, "d": 8}}, "/return_weights", "return_weights false"),
    (MULTI, {"query": TWO, "key": TWO, "value": TWO}, "/num_heads", "required"),
    (MULTI, {"query": TWO, "key": TWO, "value": TWO, "num_heads": 3}, "/num_heads", "divisible"),
    (MULTI, {"query": TWO, "key": TWO, "value": TWO, "num_heads": 0}, "/num_heads", ""),
    (MULTI, {"query": TWO, "key": TWO, "value": [[1], [2]], "num_heads": 1}, "/value", "wide"),
    (MULTI, {"query": TWO, "key": TWO, "value": TWO, "num_heads": 1, "w_o": [[1]]}, "/w_o",
     "2 × 2"),
    (MULTI, {"query": TWO, "key": TWO, "value": TWO, "num_heads": 2, "mask": [[[True] * 2] * 2]},
     "/mask", "2 × 2 × 2"),
    (MULTI, {"query": TWO, "key": TWO, "value": TWO, "num_heads": 2, "seed": 1}, "/seed", "text"),
    (MULTI, {"query": TWO, "key": TWO, "value": TWO, "num_heads": 2,
             "mask": [[[True] * 2] * 2, [[True] * 2]]}, "/mask/1", "Layer 1 is 1 × 2"),
    (MULTI, {"text": " \n", "num_heads": 2}, "/text", "at least one word"),
    (MULTI, {"text": "a\0b", "num_heads": 2}, "/text", "NUL"),
    (MULTI, {"text": "word " * 300, "num_heads": 2}, "/text", "at most 256"),
    (MULTI, {"text": "word", "num_heads": 2, "query": TWO}, "/text", "not both"),
    (MULTI, {"text": "word", "num_heads": 3}, "/num_heads", "divisible"),
    (MULTI, {"generate": {"n": 4096, "d": 512}, "num_heads": 512, "return_weights": False},
     "/generate", "seconds"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "params", "pointer", "words"), BAD)
def test_what_is_wrong_is_named_with_its_place(name, params, pointer, words):
    problems = problems_of(name, **params)
    assert pointer in problems
    assert words in problems[pointer].detail


def test_all_that_is_wrong_is_named_at_once():
    problems = problems_of(
        MULTI, query=TWO, key=[[1]], value=[[1, 2, 3]] * 4, num_heads=5, w_q=[[1]], mask=[[True]]
    )
    assert set(problems) == {"/key", "/value", "/num_heads", "/w_q", "/mask"}
    problems = problems_of(SCALED, query=[[1], [1, 2]], key="x", scale=True, colour=1)
    assert set(problems) == {"/query/1", "/key", "/scale", "/colour"}


def test_large_arrays_are_checked_quickly():
    rows = np.random.default_rng(0).normal(size=(512, 512)).tolist()
    mask = np.tri(512, dtype=bool).tolist()
    kind = get_kind(MULTI)
    took = []
    for _ in range(3):
        start = time.process_time()
        arrays = {"query": rows, "key": rows, "value": rows, "mask": mask}
        kind.parse(arrays | {"num_heads": 8, "return_weights": False})
        took.append(time.process_time() - start)
    # Three arrays and a mask take 0.04 s; one number at a time they would take seconds.
    assert min(took) < 0.3


def test_the_largest_arrays_are_answered_with_all_their_weights():
    rows = np.random.default_rng(0).normal(size=(512, 512)).tolist()
    arrays = {"query": rows, "key": rows, "value": rows}
    get_kind(SCALED).parse(arrays)
    get_kind(MULTI).parse(arrays | {"num_heads": 1})


@pytest.mark.parametrize("name", [SCALED, MULTI])
def test_an_answer_that_would_fill_the_disk_is_refused(name):
    heads = {"num_heads": 1} if name == MULTI else {}
    problems = problems_of(name, generate={"n": 2000, "d": 1}, **heads)
    assert "return_weights false" in problems["/return_weights"].detail
    problems = problems_of(name, generate={"n": 4096, "d": 512}, return_weights=False, **heads)
    assert "fewer positions" in problems["/return_weights"].detail


def test_it_says_what_it_should_take():
    kind = get_kind(MULTI)
    small = kind.parse({"generate": {"n": 8, "d": 8}, "num_heads": 2})
    assert 0.005 < kind.expected_seconds(small) < 0.05
    params = {"generate": {"n": 4096, "d": 64}, "num_heads": 64, "return_weights": False}
    # 64 · 4096² scores at 6.4 ns, and 2 · 4096 · 64 numbers of 20 bytes to write and to keep.
    assert kind.expected_seconds(kind.parse(params)) == pytest.approx(6.87 + 0.11 + 2.37, abs=0.02)


def test_a_fault_in_the_last_number_of_a_large_array_is_found():
    rows = np.ones((512, 512)).tolist()
    rows[511][511] = "1"
    problems = problems_of(SCALED, query=rows, key=[[1.0] * 512], value=[[1]])
    assert list(problems) == ["/query/511/511"]


def identity(size):
    return np.eye(size).tolist()
