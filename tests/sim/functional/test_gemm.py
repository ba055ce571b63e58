from __future__ import annotations

import naive_float
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heddle.arch import nm
from heddle.arch.errors import HeddleError
from heddle.arch.formats import BF16, FP16, FloatFormat
from heddle.dataflow.program.slots import Slots, dense_slots, pack_columns, packed_slots
from heddle.sim.functional.formats import Bits, Float32, from_float32, to_float32
from heddle.sim.functional.gemm import multiply, multiply_packed, multiply_slots

NAIVE = {FP16: naive_float.FP16, BF16: naive_float.BF16}
FORMATS = [FP16, BF16]
BOTH = pytest.mark.parametrize("operand", FORMATS, ids=lambda operand: operand.name)
NAN = 0x7FC0_0000


def interesting(operand: FloatFormat) -> list[int]:
    """Both zeros, the edges of subnormals and normals, infinities, quiet and signalling NaNs, a few numbers."""
    normal, largest = 1 << operand.fraction_bits, operand.infinity - 1
    one = operand.bias << operand.fraction_bits
    specials = [operand.infinity, operand.infinity + 1, operand.canonical_nan]
    positive = [0, 1, normal - 1, normal, one, one + 1, largest, *specials]
    return [*positive, *(pattern | 0x8000 for pattern in positive)]


def patterns(operand: FloatFormat) -> st.SearchStrategy[int]:
    return st.sampled_from(interesting(operand)) | st.integers(0, 0xFFFF)


def words() -> st.SearchStrategy[int]:
    special = [0, 0x8000_0000, 1, 0x0080_0000, 0x7F7F_FFFF, 0xFF7F_FFFF, 0x7F80_0000, 0xFF80_0000, 0x7FA0_0001]
    return st.sampled_from(special) | st.integers(0, 0xFFFF_FFFF)


def bits_of(sums: Float32) -> list[list[int]]:
    return sums.view(np.uint32).tolist()


def naive(left: Bits, slots: Slots, operand: FloatFormat, partial: Float32) -> list[list[int]]:
    values, k_index, start = slots.values.tolist(), slots.k_index.tolist(), partial.view(np.uint32).tolist()
    return [
        [
            naive_float.multiply_add_chain(
                NAIVE[operand], start[i][j], [(x[k[j]], w[j]) for w, k in zip(values, k_index, strict=True)]
            )
            for j in range(slots.values.shape[1])
        ]
        for i, x in enumerate(left.tolist())
    ]


def numpy_chain(left: Bits, slots: Slots, operand: FloatFormat, partial: Float32) -> Float32:
    """The same chains with numpy's float32 operators, one slot of all outputs at a time."""
    x, sums = to_float32(left, operand), partial.copy()
    with np.errstate(all="ignore"):
        for w, k in zip(to_float32(slots.values, operand), slots.k_index, strict=True):
            sums = sums + x[:, k] * w
    return np.where(np.isnan(sums), np.uint32(NAN).view(np.float32), sums)


@BOTH
@settings(max_examples=40)
@given(data=st.data())
def test_a_product_is_the_exact_chain_of_roundings_for_any_patterns(operand: FloatFormat, data: st.DataObject) -> None:
    m, k, n = (data.draw(st.integers(1, most), label=label) for most, label in ((3, "m"), (9, "k"), (3, "n")))
    group = data.draw(st.sampled_from([2, 4, 8]), label="M")
    keep = data.draw(st.integers(1, group), label="N")

    def matrix(rows: int, cols: int, elements: st.SearchStrategy[int], label: str) -> list[list[int]]:
        one_row = st.lists(elements, min_size=cols, max_size=cols)
        return data.draw(st.lists(one_row, min_size=rows, max_size=rows), label=label)

    left = np.array(matrix(m, k, patterns(operand), "left"), np.uint16)
    right = np.array(matrix(k, n, patterns(operand), "right"), np.uint16)
    partial = np.array(matrix(m, n, words(), "partial"), np.uint32).view(np.float32)
    packed = pack_columns(right, keep, group)
    result = multiply_packed(left, packed, operand.name, partial)
    assert bits_of(result) == naive(left, packed_slots(packed, k), operand, partial)


# Extents past one block of rows, one block of slots and their remainders, and below one unrolled step.
EXTENTS = [(1, 3, 2), (129, 300, 3), (40, 261, 5), (257, 17, 2)]


@pytest.mark.compiled
@BOTH
@pytest.mark.parametrize("extents", EXTENTS, ids=str)
@pytest.mark.parametrize("sparsity", [(2, 8), (1, 4), (8, 8)], ids=str)
@pytest.mark.parametrize("exponents", ["all", "middle"])
def test_large_products_equal_numpy_arithmetic(
    operand: FloatFormat, extents: tuple[int, int, int], sparsity: tuple[int, int], exponents: str
) -> None:
    m, k, n = extents
    rng = np.random.default_rng([m, k, n])
    if exponents == "all":
        left, right = (rng.integers(0, 1 << 16, shape, dtype=np.uint16) for shape in ((m, k), (k, n)))
    else:
        left, right = (from_float32(rng.standard_normal(shape), operand) for shape in ((m, k), (k, n)))
    partial = rng.standard_normal((m, n)).astype(np.float32)
    slots = packed_slots(pack_columns(right, *sparsity), k)
    expected = numpy_chain(left, slots, operand, partial)
    assert np.array_equal(multiply_slots(left, slots, operand.name, partial).view(np.uint32), expected.view(np.uint32))


@BOTH
def test_dense_goes_through_every_element(operand: FloatFormat) -> None:
    rng = np.random.default_rng(1)
    left, right = (from_float32(rng.standard_normal(shape), operand) for shape in ((5, 11), (11, 4)))
    expected = numpy_chain(left, dense_slots(right), operand, np.zeros((5, 4), np.float32))
    assert bits_of(multiply(left, right, operand.name)) == bits_of(expected)
    assert bits_of(multiply_packed(left, pack_columns(right, 4, 4), operand.name)) == bits_of(expected)


@BOTH
def test_a_reduction_cut_into_parts_goes_on_from_the_partial_sums(operand: FloatFormat) -> None:
    rng = np.random.default_rng(2)
    left, right = (from_float32(rng.standard_normal(shape), operand) for shape in ((6, 24), (24, 3)))
    first = multiply(left[:, :10], right[:10], operand.name)
    assert bits_of(multiply(left[:, 10:], right[10:], operand.name, first)) == bits_of(
        multiply(left, right, operand.name)
    )


def row(*numbers: float) -> Float32:
    return np.array([numbers], np.float32)


@pytest.mark.parametrize("slots", [1, 5], ids=["single", "unrolled"])
@pytest.mark.parametrize(
    ("product", "start", "expected"),
    [
        # 2^-150 is half of the smallest subnormal: a tie, to zero. Unrounded it would carry 2^-149 to 2^-148.
        ((2.0**-75, 2.0**-75), 2.0**-149, 2.0**-149),
        # 2^128 overflows; unrounded, the sum would be 2^127.
        ((2.0**64, 2.0**64), -(2.0**127), np.inf),
    ],
    ids=["underflow", "overflow"],
)
def test_a_bf16_product_is_rounded_before_it_is_added(
    slots: int, product: tuple[float, float], start: float, expected: float
) -> None:
    left = from_float32(row(product[0], *[0.0] * (slots - 1)), BF16)
    right = from_float32(row(product[1], *[0.0] * (slots - 1)).T, BF16)
    result = multiply(left, right, "bf16", row(start))
    assert np.array_equal(result, row(expected))


def test_additions_are_not_reordered() -> None:
    # 2^24 + 1 is a tie, to 2^24, so the ones are lost one by one; added among themselves first they would count.
    left = from_float32(row(2.0**12, 1, 1, 1, 1, 1, 1, 1, 2.0**12), FP16)
    right = from_float32(row(2.0**12, 1, 1, 1, 1, 1, 1, 1, -(2.0**12)).T, FP16)
    assert bits_of(multiply(left, right, "fp16")) == [[0]]


@BOTH
@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ([np.inf, 1], [1, -np.inf], NAN),
        ([np.inf, 1], [0, 1], NAN),
        ([-np.nan, 1], [1, np.inf], NAN),
        ([np.inf, 1], [-1, 5], 0xFF80_0000),
        ([-0.0, -0.0], [1, 1], 0),  # the chain starts at +0
        ([1, 1], [1, -1], 0),
    ],
)
def test_specials(operand: FloatFormat, left: list[float], right: list[float], expected: int) -> None:
    result = multiply(from_float32(row(*left), operand), from_float32(row(*right).T, operand), operand.name)
    assert bits_of(result) == [[expected]]


def test_negative_zero_stays_where_the_partial_sum_has_it_too() -> None:
    result = multiply(from_float32([[-0.0]], FP16), from_float32([[1]], FP16), "fp16", row(-0.0))
    assert bits_of(result) == [[0x8000_0000]]


def test_a_product_of_no_rows_columns_or_elements_is_the_partial_sums() -> None:
    empty = np.zeros((0, 0), np.uint16)
    assert multiply(empty, empty, "fp16").shape == (0, 0)
    result = multiply(np.zeros((1, 0), np.uint16), np.zeros((0, 1), np.uint16), "fp16", row(3))
    assert result.tolist() == [[3.0]]


def test_operands_and_partial_sums_are_left_as_they_were() -> None:
    left, right, partial = np.full((1, 2), 0x3C00, np.uint16), np.full((2, 1), 0x3C00, np.uint16), row(1)
    multiply(left, right, "fp16", partial)
    assert (left == 0x3C00).all()
    assert (right == 0x3C00).all()
    assert (partial == 1).all()


ONES = np.full((2, 2), 0x3C00, np.uint16)


def test_operands_that_do_not_fit_are_refused() -> None:
    with pytest.raises(HeddleError, match="left operand has k = 2, but the right one has k = 1"):
        multiply(ONES, ONES[:1], "fp16")
    beyond = nm.pack(np.array([[0, 0, 0, 0, 0, 1, 0, 0]], np.uint16), 1, 8)
    with pytest.raises(HeddleError, match="right operand has k = 5, but the left one ends at k = 4"):
        multiply_packed(np.zeros((1, 5), np.uint16), beyond, "fp16")
    with pytest.raises(HeddleError, match=r"left operand has shape \(2,\); it must be a matrix"):
        multiply(ONES[0], ONES, "fp16")
    with pytest.raises(HeddleError, match=r"right operand has shape \(2,\); it must be a matrix"):
        multiply(ONES, ONES[0], "fp16")
    with pytest.raises(HeddleError, match=r"partial sums are float64 \(2, 2\); the product needs float32 \(2, 2\)"):
        multiply(ONES, ONES, "fp16", np.zeros((2, 2)))  # type: ignore[arg-type]
    with pytest.raises(HeddleError, match="unknown operand format 'fp8'"):
        multiply(ONES, ONES, "fp8")
    with pytest.raises(HeddleError, match="operands are int64; they must be uint16"):
        multiply(ONES.astype(np.int64), ONES, "fp16")  # type: ignore[arg-type]
