"""A trained layer as the array takes it: its record, and the right operands of FF and BP, packed N:M or dense.

``docs/weights.md`` states the layout for readers in other languages; ``heddle.arch.packed_file`` stores it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from heddle.arch import nm
from heddle.arch.design import Section, SparsityConfig
from heddle.arch.errors import HeddleError
from heddle.arch.formats import FloatFormat

WeightPass = Literal["ff", "bp"]
WEIGHT_PASSES: tuple[WeightPass, ...] = ("ff", "bp")

#: Bit patterns of an operand format, in its ``pattern_type``.
Patterns = npt.NDArray[np.unsignedinteger[Any]]

_Extent = Annotated[int, Field(ge=1, le=1 << 24)]
_Tap = Annotated[int, Field(ge=1, le=1 << 12)]
_Pad = Annotated[int, Field(ge=0, le=1 << 12)]
_CONVOLUTIONS_ONLY = ("kernel", "stride", "padding", "padding_mode", "dilation", "groups")
_Name = Annotated[str, Field(min_length=1, max_length=1000, pattern=r"^[^\x00-\x1f\x7f]+$")]


class LayerRecord(Section):
    """What a weighted layer is. A linear layer is a convolution of one tap, one of maps with one axis has one row.

    Pairs are (rows, columns); ``padding`` is (top, bottom, left, right) and ``padding_mode`` says what is put
    there, as PyTorch names it. ``ff`` and ``bp`` are the N:M of the pass's operand along that pass's reduction
    (input channels in FF, output channels in BP), None where the operand is dense.
    """

    name: _Name
    kind: Literal["linear", "conv1d", "conv2d"]
    in_channels: _Extent
    out_channels: _Extent
    kernel: tuple[_Tap, _Tap] = (1, 1)
    stride: tuple[_Tap, _Tap] = (1, 1)
    padding: tuple[_Pad, _Pad, _Pad, _Pad] = (0, 0, 0, 0)
    padding_mode: Literal["zeros", "reflect", "replicate", "circular"] = "zeros"
    dilation: tuple[_Tap, _Tap] = (1, 1)
    groups: _Extent = 1
    ff: SparsityConfig | None = None
    bp: SparsityConfig | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for field in _CONVOLUTIONS_ONLY:
            if self.kind == "linear" and getattr(self, field) != LayerRecord.model_fields[field].default:
                raise ValueError(f"a linear layer has no {field}")
        if self.in_channels % self.groups or self.out_channels % self.groups:
            raise ValueError(
                f"{self.groups} groups do not divide {self.in_channels} input and {self.out_channels} output channels"
            )
        for pass_name in WEIGHT_PASSES:
            sparsity, channels = self.sparsity(pass_name), self.reduction_channels(pass_name)
            if sparsity is not None and channels % sparsity.m:
                raise ValueError(f"M = {sparsity.m} does not divide the {channels} channels that {pass_name} reduces")
        return self

    @property
    def taps(self) -> int:
        """Kernel positions."""
        return self.kernel[0] * self.kernel[1]

    def sparsity(self, pass_name: WeightPass) -> SparsityConfig | None:
        """N:M of the pass's operand, None where it is dense."""
        return self.ff if pass_name == "ff" else self.bp

    def reduction_channels(self, pass_name: WeightPass) -> int:
        """Channels of one group that the pass sums over, at each tap."""
        return (self.in_channels if pass_name == "ff" else self.out_channels) // self.groups

    def operand_shape(self, pass_name: WeightPass) -> tuple[int, int, int]:
        """(groups, k, n) of the pass's right operand, unpacked."""
        outputs = (self.out_channels if pass_name == "ff" else self.in_channels) // self.groups
        return self.groups, self.taps * self.reduction_channels(pass_name), outputs


@dataclass(frozen=True)
class DenseOperand:
    """The right operand of a pass whose weights are not pruned: bit patterns [groups, k, n]."""

    patterns: Patterns


#: A packed operand holds values and indices [groups, n, k / M, N].
RightOperand = nm.Packed | DenseOperand


@dataclass(frozen=True)
class PackedLayer:
    """A layer's record and the right operands of its two products with weights."""

    record: LayerRecord
    ff: RightOperand
    bp: RightOperand

    def operand(self, pass_name: WeightPass) -> RightOperand:
        """Return the right operand of the pass."""
        return self.ff if pass_name == "ff" else self.bp

    def check(self, form: FloatFormat) -> None:
        """Raise HeddleError, naming layer and pass, unless both operands are what the record says, in ``form``."""
        for pass_name in WEIGHT_PASSES:
            try:
                _check_operand(self.operand(pass_name), self.record, pass_name, form)
            except HeddleError as error:
                raise HeddleError(f"layer {self.record.name!r}, {pass_name}: {error}") from None


def right_operand(patterns: Patterns, sparsity: SparsityConfig | None) -> RightOperand:
    """Return ``patterns`` [groups, k, n], already pruned, as the record's ``sparsity`` stores them.

    Raises HeddleError where a group of M along k has more than N non-zeros: packing would drop some.
    """
    if sparsity is None:
        return DenseOperand(patterns)
    packed = nm.pack(patterns, sparsity.n, sparsity.m, axis=1)
    dropped = np.count_nonzero(nm.magnitudes(patterns)) - np.count_nonzero(nm.magnitudes(packed.values))
    if dropped:
        raise HeddleError(f"{dropped} weights too many for {sparsity.n}:{sparsity.m}: it is not pruned to that")
    return packed


def dense_patterns(operand: RightOperand) -> Patterns:
    """Return the bit patterns [groups, k, n] of an operand, zero where nothing is kept."""
    return operand.patterns if isinstance(operand, DenseOperand) else nm.unpack(operand, axis=1)


def _check_operand(operand: RightOperand, record: LayerRecord, pass_name: WeightPass, form: FloatFormat) -> None:
    sparsity, (groups, k, n) = record.sparsity(pass_name), record.operand_shape(pass_name)
    if isinstance(operand, DenseOperand):
        if sparsity is not None:
            raise HeddleError(f"the operand is dense, but the record says {sparsity.n}:{sparsity.m}")
        _check_array(operand.patterns, (groups, k, n), "patterns", form)
        return
    if sparsity != SparsityConfig(n=operand.n, m=operand.m):
        said = "dense" if sparsity is None else f"{sparsity.n}:{sparsity.m}"
        raise HeddleError(f"the operand is packed {operand.n}:{operand.m}, but the record says {said}")
    _check_array(operand.values, (groups, n, k // operand.m, operand.n), "values", form)
    nm.check(operand)


def _check_array(array: Patterns, shape: tuple[int, ...], what: str, form: FloatFormat) -> None:
    if array.dtype != form.pattern_type:
        raise HeddleError(f"{what} are {array.dtype}; they must be {form.pattern_type}, bit patterns of {form}")
    if array.shape != shape:
        raise HeddleError(f"{what} have shape {array.shape}, not {shape}")
