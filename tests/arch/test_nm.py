"""N:M encoding against a naive twin, on arbitrary bit patterns."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from heddle.arch.design import GROUP_SIZES
from heddle.arch.errors import HeddleError
from heddle.arch.nm import Packed, check, index_bits, mask, pack, packed_bytes, unpack

INTEGER_OF = {2: np.uint16, 4: np.uint32}


def naive_pack(dense, n, m):
    """The definition for a 1-D array, a group at a time: best N by magnitude bits then index, in index order."""
    integer = INTEGER_OF[dense.dtype.itemsize]
    below_sign = (1 << (8 * dense.dtype.itemsize - 1)) - 1
    values, indices = [], []
    for start in range(0, len(dense), m):
        magnitudes = [int(x) & below_sign for x in dense[start : start + m].view(integer)]
        best_first = sorted(range(m), key=lambda i, mags=magnitudes: (-mags[i], i))
        kept = sorted(best_first[:n])
        indices.append(kept)
        values.append([dense[start + i] for i in kept])
    return np.array(values, dense.dtype).reshape(-1, n), np.array(indices, np.uint8).reshape(-1, n)


def same_bits(a, b):
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


@st.composite
def operands(draw):
    """A 1-D array of any bit patterns, with many ties, and an N:M for it."""
    m = draw(st.sampled_from(GROUP_SIZES))
    n = draw(st.integers(1, m))
    groups = draw(st.integers(0, 4))
    dtype = draw(st.sampled_from([np.float16, np.float32, np.uint16]))
    integer = INTEGER_OF[np.dtype(dtype).itemsize]
    few = st.sampled_from([0, 1 << (8 * np.dtype(dtype).itemsize - 1), 1, 2, 3])
    patterns = st.one_of(few, st.integers(0, int(np.iinfo(integer).max)))
    bits = draw(hnp.arrays(integer, groups * m, elements=patterns))
    return bits.view(dtype), n, m


@settings(max_examples=200, deadline=None, derandomize=True)
@given(operand=operands())
def test_packing_equals_the_definition_for_all_bit_patterns(operand):
    dense, n, m = operand
    values, indices = naive_pack(dense, n, m)
    packed = pack(dense, n, m)
    assert same_bits(packed.values, values)
    assert same_bits(packed.indices, indices)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(operand=operands())
def test_unpacking_gives_the_kept_elements_and_zeros(operand):
    dense, n, m = operand
    restored = unpack(pack(dense, n, m))
    kept = mask(dense, n, m)
    assert same_bits(restored[kept], dense[kept])
    assert not np.any(restored[~kept].view(INTEGER_OF[dense.dtype.itemsize]))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(operand=operands())
def test_pruning_twice_is_pruning_once(operand):
    dense, n, m = operand
    magnitudes = dense & 0x7FFF if dense.dtype == np.uint16 else np.abs(dense)
    once = unpack(pack(magnitudes, n, m))
    assert same_bits(unpack(pack(once, n, m)), once)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(operand=operands())
def test_every_group_keeps_exactly_n(operand):
    dense, n, m = operand
    assert np.all(mask(dense, n, m).reshape(-1, m).sum(axis=1) == n)
    check(pack(dense, n, m))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(data=st.data(), axis=st.integers(-3, 2), n=st.integers(1, 4))
def test_any_axis_of_an_array_packs_like_its_1d_slices(data, axis, n):
    shape = [2, 3, 2]
    shape[axis] = 8
    dense = data.draw(hnp.arrays(np.float16, tuple(shape)))
    packed = pack(dense, n, 4, axis=axis)
    outer = [size for i, size in enumerate(shape) if i != axis % 3]
    assert packed.values.shape == (*outer, 2, n)
    rows = np.moveaxis(dense, axis, -1)
    for where in np.ndindex(*outer):
        values, indices = naive_pack(np.ascontiguousarray(rows[where]), n, 4)
        assert same_bits(packed.values[where], values)
        assert same_bits(packed.indices[where], indices)
    assert same_bits(unpack(packed, axis=axis), np.where(mask(dense, n, 4, axis=axis), dense, np.float16(0)))


def test_the_largest_magnitudes_stay_in_index_order():
    packed = pack(np.array([1, -4, 3, 0], np.float16), 2, 4)
    assert packed.values.tolist() == [[-4, 3]]
    assert packed.indices.tolist() == [[1, 2]]


def test_of_equal_magnitudes_the_lower_index_stays():
    packed = pack(np.array([1, -2, 2, 2], np.float16), 2, 4)
    assert packed.indices.tolist() == [[1, 2]]


def test_a_group_short_of_non_zeros_is_filled_at_the_lowest_zeros():
    packed = pack(np.array([0, 0, 0, 5, 0, 0, 0, 0], np.float16), 3, 8)
    assert packed.indices.tolist() == [[0, 1, 3]]
    assert packed.values.tolist() == [[0, 0, 5]]


def test_minus_zero_ties_with_zero_and_keeps_its_sign():
    packed = pack(np.array([-0.0, 0.0], np.float16), 1, 2)
    assert packed.indices.tolist() == [[0]]
    assert np.signbit(packed.values[0, 0])


def test_a_nan_stands_above_infinity_and_infinity_above_the_rest():
    values = np.array([np.inf, 65504, np.nan, -np.inf], np.float16)
    assert pack(values, 1, 4).indices.tolist() == [[2]]
    assert pack(values, 2, 4).indices.tolist() == [[0, 2]]


def test_n_equal_to_m_is_dense_with_all_indices():
    dense = np.arange(8, dtype=np.float32)
    packed = pack(dense, 4, 4)
    assert packed.indices.tolist() == [[0, 1, 2, 3]] * 2
    assert same_bits(unpack(packed), dense)


def test_bit_patterns_of_a_16_bit_float_pack_like_the_float():
    dense = np.array([1.5, -2, 0.25, -0.5], np.float16)
    assert same_bits(pack(dense.view(np.uint16), 2, 4).values.view(np.float16), pack(dense, 2, 4).values)


def test_packing_does_not_change_its_argument():
    dense = np.arange(8, dtype=np.float16)[::-1]
    before = dense.copy()
    pack(dense, 2, 8)
    assert same_bits(np.ascontiguousarray(dense), before)


@pytest.mark.parametrize(
    ("dense", "n", "m", "axis", "message"),
    [
        (np.zeros(8, np.float16), 9, 8, -1, "sparsity 9:8: N = 9 is not within 1 and M = 8"),
        (np.zeros(8, np.float16), 0, 8, -1, "sparsity 0:8: N = 0 is not within 1 and M = 8"),
        (np.zeros(6, np.float16), 1, 6, -1, "sparsity 1:6: M = 6 is not supported; M is one of 2, 4, 8, 16, 32"),
        (
            np.zeros((3, 10), np.float16),
            1,
            4,
            1,
            "axis 1 of shape (3, 10) has 10 elements, which M = 4 does not divide",
        ),
        (np.zeros(4, np.float64), 1, 4, 0, "N:M encodes float16, float32, uint8 or uint16 (bit patterns), not float64"),
        (np.zeros(4, np.float16), 1, 4, 1, "axis 1 is outside an array of 1 dimensions"),
    ],
)
@pytest.mark.parametrize("function", [pack, mask])
def test_what_cannot_be_packed_is_refused(function, dense, n, m, axis, message):
    with pytest.raises(HeddleError) as caught:
        function(dense, n, m, axis)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("values", "indices", "message"),
    [
        (
            np.zeros((1, 2), np.float16),
            np.zeros((1, 1), np.uint8),
            "packed values have shape (1, 2) but their indices (1, 1)",
        ),
        (
            np.zeros((1, 1), np.float16),
            np.zeros((1, 1), np.uint8),
            "packed values have shape (1, 1); 2:4 needs [..., groups, 2]",
        ),
        (np.zeros((1, 2), np.float16), np.zeros((1, 2), np.int64), "packed indices are int64; they must be uint8"),
        (np.zeros((1, 2), np.float16), np.array([[1, 4]], np.uint8), "packed index 4 is not below M = 4"),
        (
            np.zeros((1, 2), np.float16),
            np.array([[1, 1]], np.uint8),
            "packed indices do not rise within every group",
        ),
        (
            np.zeros((1, 2), np.float16),
            np.array([[2, 1]], np.uint8),
            "packed indices do not rise within every group",
        ),
    ],
)
def test_an_ill_formed_packed_operand_is_refused(values, indices, message):
    for use in (check, unpack):
        with pytest.raises(HeddleError) as caught:
            use(Packed(values, indices, 2, 4))
        assert str(caught.value) == message


def test_an_index_takes_the_logarithm_of_m_in_bits():
    assert [index_bits(m) for m in GROUP_SIZES] == [1, 2, 3, 4, 5]


def test_stored_bytes_are_those_of_values_and_packed_indices():
    assert packed_bytes(64, 2, 8) == (32, 6)
    assert packed_bytes(8, 1, 8) == (2, 1)
    assert packed_bytes(64, 2, 8, value_bits=32) == (64, 6)
    assert packed_bytes(0, 2, 8) == (0, 0)


def test_dense_stores_no_indices():
    assert packed_bytes(64, 8, 8) == (128, 0)


def test_bytes_of_a_broken_group_are_refused():
    with pytest.raises(HeddleError, match="10 elements do not make whole groups of M = 8"):
        packed_bytes(10, 2, 8)
