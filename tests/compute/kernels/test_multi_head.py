import numpy as np
import pytest

from compute.kernels.multi_head import merge_heads, multi_head_attention, split_heads
from tests.compute.kernels.by_loops import causal_mask, multi_head_by_loops


@pytest.fixture
def arrays():
    rng = np.random.default_rng(3)
    return rng.normal(size=(5, 12)), rng.normal(size=(7, 12)), rng.normal(size=(7, 12))


@pytest.fixture
def w():
    return np.random.default_rng(4).normal(size=(4, 12, 12)) / 3


@pytest.mark.parametrize("num_heads", [1, 3, 12])
def test_agrees_with_the_definition(arrays, w, num_heads):
    answer = multi_head_attention(*arrays, num_heads, w_q=w[0], w_k=w[1], w_v=w[2], w_o=w[3])
    expected = multi_head_by_loops(*arrays, num_heads, w)
    np.testing.assert_allclose(answer.output, expected, rtol=1e-11, atol=1e-12)


def test_absent_projections_are_the_identity(arrays):
    answer = multi_head_attention(*arrays, 4)
    np.testing.assert_allclose(answer.output, multi_head_by_loops(*arrays, 4), rtol=1e-12)
    np.testing.assert_array_equal(merge_heads(answer.heads), answer.output)


def test_self_attention_by_one_product_is_the_same(arrays, w):
    x = arrays[0]
    projections = {"w_q": w[0], "w_k": w[1], "w_v": w[2], "w_o": w[3]}
    together = multi_head_attention(x, x, x, 3, **projections)
    apart = multi_head_attention(x, x.copy(), x.copy(), 3, **projections)
    np.testing.assert_allclose(together.output, apart.output, rtol=1e-12, atol=1e-13)


def test_a_mask_may_differ_from_head_to_head(arrays):
    mask = np.random.default_rng(5).random((3, 5, 7)) < 0.7
    answer = multi_head_attention(*arrays, 3, mask=mask)
    expected = multi_head_by_loops(*arrays, 3, mask=mask)
    np.testing.assert_allclose(answer.output, expected, rtol=1e-12)


def test_causal_masks_are_aligned_to_the_upper_left(arrays):
    answer = multi_head_attention(*arrays, 3, causal=True, return_weights=True)
    expected = multi_head_by_loops(*arrays, 3, mask=causal_mask(5, 7))
    np.testing.assert_allclose(answer.output, expected, rtol=1e-12)
    assert (np.triu(answer.weights, k=1) == 0).all()


def test_in_single_precision_it_is_as_exact_as_that_allows(arrays, w):
    small = [array.astype(np.float32) for array in arrays]
    singles = w.astype(np.float32)
    answer = multi_head_attention(
        *small, 3, w_q=singles[0], w_k=singles[1], w_v=singles[2], w_o=singles[3]
    )
    exact = multi_head_by_loops(*(x.astype(float) for x in small), 3, singles.astype(float))
    assert answer.output.dtype == np.float32
    np.testing.assert_allclose(answer.output, exact, rtol=2e-6, atol=4e-6)


def test_splitting_gives_head_i_its_own_columns_and_merging_undoes_it():
    x = np.arange(12.0).reshape(2, 6)
    heads = split_heads(x, 3)
    np.testing.assert_array_equal(heads[1], [[2, 3], [8, 9]])
    np.testing.assert_array_equal(merge_heads(heads), x)


def test_refuses_a_width_that_heads_cannot_share():
    with pytest.raises(ValueError, match="cannot be split"):
        split_heads(np.ones((2, 5)), 2)
