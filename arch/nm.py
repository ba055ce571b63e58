"""N:M encoding: the one definition of which elements are kept and how they are stored.

A group is M consecutive elements along the reduction axis. Kept are the N of largest magnitude, ties to the
lower index, stored in rising index order.

Magnitudes are compared as a hardware comparator does it, by the bits below the sign read as an unsigned
integer. For finite numbers and infinities that is the order of |x|; a NaN stands above infinity (of two NaNs
the one with the larger payload), so only another NaN can displace a NaN; -0.0 equals 0.0 and keeps its sign.

A group with fewer than N non-zeros is filled with zeros. As zeros tie, the lower index wins, so the fill takes
the lowest indices that hold a zero. Every group therefore has exactly N distinct indices.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from heddle.arch.errors import HeddleError
from heddle.arch.formats import FP16
from heddle.arch.nm_kernel import mark_kept
from heddle.arch.sparsity import checked_sparsity

Values = npt.NDArray[Any]
Indices = npt.NDArray[np.uint8]

# Unsigned integers stand for the bit patterns of any format of their width (numpy has no BF16): the top bit is the
# sign, whatever the others are.
_PATTERNS: dict[np.dtype[Any], type[np.unsignedinteger[Any]]] = {
    np.dtype(np.float16): np.uint16,
    np.dtype(np.uint8): np.uint8,
    np.dtype(np.uint16): np.uint16,
    np.dtype(np.float32): np.uint32,
}
_TIE_BITS = 5


@dataclass(frozen=True)
class Packed:
    """A packed N:M operand, in two separate arrays of the same shape.

    ``values`` [..., groups, N] has the dense array's type, ``indices`` [..., groups, N] are uint8 within
    0 and M - 1, rising along the last axis. A 1-D operand gives [groups, N]; with more axes the packed axis
    stands last, as groups, and the others keep their order.
    """

    values: Values
    indices: Indices
    n: int
    m: int


def pack(dense: Values, n: int, m: int, axis: int = -1) -> Packed:
    """Return ``dense`` (float16, float32, or bit patterns in uint8 or uint16) packed N:M along ``axis``.

    Raises HeddleError for an unsupported N:M or type, or an axis whose length M does not divide.

    >>> heddle.pack(np.float32([[3, -1, 2, 0]]), 2, 4).indices.tolist()
    [[[0, 2]]]
    """
    groups = _grouped(dense, n, m, axis)
    kept = _kept(groups, n)
    indices = np.nonzero(kept)[-1].reshape(*groups.shape[:-1], n)
    return Packed(np.take_along_axis(groups, indices, axis=-1), indices.astype(np.uint8), n, m)


def unpack(packed: Packed, axis: int = -1) -> Values:
    """Return the dense array of ``packed``, zero where nothing is kept, its packed axis put back at ``axis``.

    >>> heddle.unpack(heddle.pack(np.float32([[3, -1, 2, 0]]), 2, 4)).tolist()
    [[3.0, 0.0, 2.0, 0.0]]
    """
    check(packed)
    *outer, groups, _ = packed.values.shape
    dense = np.zeros((*outer, groups, packed.m), packed.values.dtype)
    np.put_along_axis(dense, packed.indices.astype(np.intp), packed.values, axis=-1)
    flat = dense.reshape(*outer, groups * packed.m)
    return np.moveaxis(flat, -1, _checked_axis(flat.ndim, axis))


def mask(dense: Values, n: int, m: int, axis: int = -1) -> npt.NDArray[np.bool_]:
    """Return which elements of ``dense`` N:M keeps along ``axis``, in its shape; N are True in every group.

    Raises HeddleError as ``pack`` does.

    >>> heddle.mask(np.float32([[3, -1, 2, 0]]), 2, 4).tolist()
    [[True, False, True, False]]
    """
    _check_groups(dense, n, m, axis)
    unsigned, magnitude_mask = _pattern_type(dense)
    whole = np.ascontiguousarray(dense).reshape(dense.shape)
    kept = np.empty(dense.shape, np.bool_)
    inner = math.prod(dense.shape[axis % dense.ndim + 1 :])
    mark_kept(whole.reshape(-1).view(unsigned), unsigned(magnitude_mask), n, m, inner, kept.reshape(-1))
    return kept


def check(packed: Packed) -> None:
    """Raise HeddleError unless ``packed`` is a well-formed N:M operand: shapes, types, rising indices below M."""
    checked_sparsity(packed.n, packed.m)
    values, indices = packed.values, packed.indices
    if values.shape != indices.shape:
        raise HeddleError(f"packed values have shape {values.shape} but their indices {indices.shape}")
    if values.ndim < 2 or values.shape[-1] != packed.n:
        raise HeddleError(
            f"packed values have shape {values.shape}; {packed.n}:{packed.m} needs [..., groups, {packed.n}]"
        )
    _pattern_type(values)
    if indices.dtype != np.uint8:
        raise HeddleError(f"packed indices are {indices.dtype}; they must be uint8")
    if indices.size and int(indices.max()) >= packed.m:
        raise HeddleError(f"packed index {int(indices.max())} is not below M = {packed.m}")
    if not np.all(indices[..., 1:] > indices[..., :-1]):
        raise HeddleError("packed indices do not rise within every group")


def index_bits(m: int) -> int:
    """Bits that store one index within a group of M: ceil(log2 M)."""
    return (m - 1).bit_length()


def packed_bytes(elements: int, n: int, m: int, value_bits: int = FP16.width) -> tuple[int, int]:
    """Return the bytes of values and of indices that ``elements`` dense elements take in storage.

    Values and indices are separate arrays, each packed without gaps and rounded up to whole bytes. Dense
    (N = M) stores no indices: they would be 0 to M - 1 in every group. Raises HeddleError for an unsupported
    N:M or when M does not divide ``elements``.
    """
    checked_sparsity(n, m)
    if elements < 0 or elements % m:
        raise HeddleError(f"{elements} elements do not make whole groups of M = {m}")
    kept = elements // m * n
    stored_indices = 0 if n == m else kept
    return _whole_bytes(kept * value_bits), _whole_bytes(stored_indices * index_bits(m))


def _whole_bytes(bits: int) -> int:
    return (bits + 7) // 8


def _check_groups(dense: Values, n: int, m: int, axis: int) -> None:
    checked_sparsity(n, m)
    _pattern_type(dense)
    length = dense.shape[_checked_axis(dense.ndim, axis)]
    if length % m:
        raise HeddleError(f"axis {axis} of shape {dense.shape} has {length} elements, which M = {m} does not divide")


def _grouped(dense: Values, n: int, m: int, axis: int) -> Values:
    """``dense`` as [..., groups, M], the reduction axis moved last."""
    _check_groups(dense, n, m, axis)
    last = np.moveaxis(dense, axis, -1)
    return last.reshape(*last.shape[:-1], last.shape[-1] // m, m)


def _checked_axis(dimensions: int, axis: int) -> int:
    if not -dimensions <= axis < dimensions:
        raise HeddleError(f"axis {axis} is outside an array of {dimensions} dimensions")
    return axis


def _pattern_type(array: Values) -> tuple[type[np.unsignedinteger[Any]], int]:
    pattern = _PATTERNS.get(array.dtype)
    if pattern is None:
        raise HeddleError(f"N:M encodes float16, float32, uint8 or uint16 (bit patterns), not {array.dtype}")
    return pattern, int(np.iinfo(pattern).max) >> 1


def magnitudes(array: Values) -> npt.NDArray[np.unsignedinteger[Any]]:
    """Return the bits below the sign of each element; raises HeddleError for a type that N:M does not encode."""
    unsigned, magnitude_mask = _pattern_type(array)
    return np.ascontiguousarray(array).view(unsigned) & unsigned(magnitude_mask)


def _kept(groups: Values, n: int) -> npt.NDArray[np.bool_]:
    """Which elements of [..., groups, M] are kept: the N largest of magnitude then lower index.

    The rule that ``mark_kept`` ranks by, in numpy: both are put into one unsigned key, so all keys of a group differ
    and exactly N reach the N-th largest.
    """
    m = groups.shape[-1]
    unsigned, magnitude_mask = _pattern_type(groups)
    bits = np.ascontiguousarray(groups).view(unsigned).astype(np.uint64) & np.uint64(magnitude_mask)
    preference = np.arange(m - 1, -1, -1, dtype=np.uint64)
    keys = (bits << np.uint64(_TIE_BITS)) | preference
    smallest_kept = np.partition(keys, m - n, axis=-1)[..., m - n : m - n + 1]
    kept: npt.NDArray[np.bool_] = keys >= smallest_kept
    return kept
