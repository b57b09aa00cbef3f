import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from compute.kernels.attention import attention, scratch_bytes
from tests.compute.kernels.by_loops import attention_by_loops, causal_mask


def inputs(seed=7, n=5, m=6, d=4, e=3, heads=None, dtype=np.float64):
    rng = np.random.default_rng(seed)
    lead = () if heads is None else (heads,)
    shapes = (*lead, n, d), (*lead, m, d), (*lead, m, e)
    return [rng.normal(size=shape).astype(dtype) for shape in shapes]


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-12), (np.float32, 2e-6)])
@pytest.mark.parametrize(("n", "m"), [(1, 1), (5, 6), (6, 3), (40, 40), (300, 20), (270, 290)])
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("wanted", [False, True])
def test_agrees_with_the_definition(dtype, tolerance, n, m, causal, wanted):
    query, key, value = inputs(n=n, m=m, dtype=dtype)
    output, weights = attention(query, key, value, causal=causal, return_weights=wanted)
    by_loops = attention_by_loops(query, key, value, causal_mask(n, m) if causal else None)
    assert output.dtype == dtype
    np.testing.assert_allclose(output, by_loops[0], rtol=tolerance, atol=tolerance)
    if wanted:
        np.testing.assert_allclose(weights, by_loops[1], rtol=tolerance, atol=tolerance)
    else:
        assert weights is None


@pytest.mark.parametrize("n", [6, 300])
@pytest.mark.parametrize("large", [1.0, 40.0])
def test_agrees_with_the_definition_under_a_mask_for_each_head(n, large):
    query, key, value = inputs(n=n, m=9, heads=3)
    mask = np.random.default_rng(1).random((3, n, 9)) < 0.6
    mask[1, 2] = False
    output, weights = attention(large * query, key, value, mask=mask, return_weights=True)
    for head in range(3):
        by_loops = attention_by_loops(large * query[head], key[head], value[head], mask[head])
        np.testing.assert_allclose(output[head], by_loops[0], rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(weights[head], by_loops[1], rtol=1e-12, atol=1e-12)
    assert (weights[~mask] == 0).all()


@pytest.mark.parametrize("n", [4, 300])
@pytest.mark.parametrize("large", [1.0, 1e6])
def test_a_query_that_may_attend_to_nothing_gives_zeros(n, large):
    query, key, value = inputs(n=n)
    mask = np.ones((n, 6), bool)
    mask[1] = False
    output, weights = attention(large * query, key, value, mask=mask, return_weights=True)
    assert (output[1] == 0).all()
    assert (weights[1] == 0).all()
    np.testing.assert_allclose(np.delete(weights, 1, axis=0).sum(axis=1), 1)


@pytest.mark.parametrize("n", [5, 300])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_scores_in_the_millions_pick_the_largest(n, dtype):
    query, key, value = inputs(n=n, dtype=dtype)
    output, _ = attention(query * dtype(1e6), key, value)
    picked = value[(query @ key.T).argmax(axis=1)]
    np.testing.assert_allclose(output, picked, rtol=1e-6)


@pytest.mark.parametrize("scale", [0.0, -1.0, 2.5])
def test_takes_any_scale(scale):
    query, key, value = inputs()
    output, _ = attention(query, key, value, scale=scale)
    expected, _ = attention_by_loops(query, key, value, scale=scale)
    np.testing.assert_allclose(output, expected, rtol=1e-12)


def test_tall_tiles_agree_with_the_definition():
    query, key, value = inputs(n=1100, m=5)
    output, _ = attention(query, key, value)
    np.testing.assert_allclose(output, attention_by_loops(query, key, value)[0], rtol=1e-12)


@pytest.mark.parametrize("size", [1e-30, 1e20, 1e37])
def test_values_near_the_ends_of_float32_survive(size):
    query, key, value = inputs(dtype=np.float32)
    output, _ = attention(6 * query, key, value * np.float32(size / 4))
    expected, _ = attention_by_loops(6 * query, key, value * np.float32(size / 4))
    np.testing.assert_allclose(output / size, expected / size, rtol=1e-5, atol=2e-6)


def test_enormous_queries_do_not_overflow_the_bound():
    query, key, value = inputs()
    output, _ = attention(1e200 * query, 0 * key, value)
    np.testing.assert_allclose(output, np.tile(value.mean(axis=0), (5, 1)), rtol=1e-12)


@given(
    st.integers(1, 9),
    st.integers(1, 9),
    st.integers(1, 5),
    st.integers(0, 2**32 - 1),
    st.booleans(),
)
@settings(max_examples=50, deadline=None)
def test_outputs_are_averages_and_keys_may_be_shuffled(n, m, d, seed, causal):
    query, key, value = inputs(seed, n, m, d)
    output, weights = attention(query, key, value, causal=causal, return_weights=True)
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    assert (weights >= 0).all()
    assert (output <= value.max(axis=0) + 1e-12).all()
    assert (output >= value.min(axis=0) - 1e-12).all()
    if not causal:
        order = np.random.default_rng(seed).permutation(m)
        shuffled, _ = attention(query, key[order], value[order])
        np.testing.assert_allclose(shuffled, output, rtol=1e-12, atol=1e-14)


def test_leaves_its_inputs_alone():
    arrays = inputs(n=300)
    copies = [array.copy() for array in arrays]
    attention(*arrays, return_weights=True)
    for array, copy in zip(arrays, copies, strict=True):
        np.testing.assert_array_equal(array, copy)


def test_tells_how_far_it_is():
    fractions = []
    attention(*inputs(n=300, heads=2), report=fractions.append)
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1


def test_tiles_take_the_memory_that_they_say():
    arrays = inputs(n=2048, m=2048, heads=2, dtype=np.float32)
    tracemalloc.start()
    attention(*arrays)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    said = scratch_bytes(2, 2048, 2048, 4, 4, full=False)
    assert peak < 1.5 * said
    assert peak < scratch_bytes(2, 2048, 2048, 4, 4, full=True) / 8


def test_tiles_need_memory_in_proportion_to_the_keys():
    once = scratch_bytes(8, 2048, 2048, 64, 4, full=False)
    twice = scratch_bytes(8, 4096, 4096, 64, 4, full=False)
    assert twice < 2.01 * once
    assert scratch_bytes(8, 4096, 4096, 64, 4, full=True) > 40 * twice


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ([(2, 3), (2, 4), (2, 3)], "differ in width"),
        ([(2, 3), (2, 3), (3, 3)], "differ in length"),
        ([(2, 3), (1, 2, 3), (2, 3)], "2 axes"),
        ([(3,), (3,), (3,)], "2 axes"),
        ([(2, 2, 3), (3, 2, 3), (2, 2, 3)], "heads differ"),
    ],
)
def test_refuses_shapes_that_do_not_fit(shapes, message):
    with pytest.raises(ValueError, match=message):
        attention(*(np.ones(shape) for shape in shapes))


def test_refuses_a_mask_of_another_shape():
    with pytest.raises(ValueError, match="mask has shape"):
        attention(*inputs(), mask=np.ones((6, 5), bool))
