"""The work of a training step, item by item: products for the array, streams for the vector unit, updates.

A product is [m x k] . [k x n], ``count`` times. Its right operand is the one that may be N:M packed, so a
product whose left operand is the sparse one is turned round (its transpose is computed). Operands say how a
tile of theirs lies in memory, because a convolution's operand is read as raw pixels and spread over its taps
on chip, never as an im2col matrix.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from heddle.arch.formats import FP16, FloatFormat
from heddle.arch.named_rows import NamedRows

Pass = Literal["ff", "bp", "wu", "update"]
PASSES: tuple[Pass, ...] = ("ff", "bp", "wu", "update")

#: What an element takes of an operand or a result of which nothing else is said: the default format of designs.
_DEFAULT_BITS = float(FP16.width)


@dataclass(frozen=True)
class Operand:
    """How one operand of a product lies in memory.

    One of its two axes counts pixels (or rows, samples), the other channels times ``taps``. ``pixels_on_k``
    says that the pixel axis is the reduction. A tile of p pixels touches p * ``pixel_step`` + ``halo`` stored
    pixels. ``bits`` is the storage of one element, index included. ``tiled`` operands are stored in the order
    in which tiles are read (weights: the update writes them so), so every tile is one contiguous run. Of the taps as
    many as ``row_taps`` read pixels that follow each other: those of a row of the kernel.

    In memory all its pixels follow each other, or ``run_pixels`` of them, where that is not 0; ``pitch`` is the
    distance of two that do not, in pixels of the operand. Where a tile may have more positions and halo than there are
    pixels, there are ``map_pixels``; so many ``image_positions`` lie in one image, beyond which no halo reaches.
    """

    bits: float = _DEFAULT_BITS
    taps: int = 1
    pixels_on_k: bool = False
    pixel_step: float = 1.0
    halo: float = 0.0
    tiled: bool = False
    row_taps: int = 1
    run_pixels: int = 0
    pitch: int = 1
    map_pixels: int = 0
    image_positions: int = 0


@dataclass(frozen=True)
class Product:
    """One matrix product of a pass. ``keep_n`` of every ``group_m`` along k are kept of the right operand.

    ``prune_on_load`` means that the right operand lies dense in memory and SORE prunes it on its way to the
    array at every load. ``out_bits`` is what is stored for one output; ``out_channels_on_m`` says which output
    axis is contiguous in memory; ``out_tiled`` outputs are stored tile by tile. ``out_run_pixels`` and ``out_pitch``
    say of the result's pixels what ``Operand`` says of its own.
    """

    m: int
    k: int
    n: int
    left: Operand
    right: Operand
    count: int = 1
    keep_n: int = 1
    group_m: int = 1
    prune_on_load: bool = False
    out_bits: float = _DEFAULT_BITS
    out_tiled: bool = False
    out_channels_on_m: bool = False
    out_run_pixels: int = 0
    out_pitch: int = 1
    transposed: bool = False

    def __hash__(self) -> int:
        """The fields' hash, taken once: a large step looks its products up many times."""
        return self._hash

    @cached_property
    def _hash(self) -> int:
        sizes = (self.m, self.k, self.n, self.count, self.left, self.right, self.keep_n, self.group_m)
        return hash((*sizes, self.out_bits, self.prune_on_load, self.transposed))

    @property
    def is_dense(self) -> bool:
        """True when nothing of the right operand is pruned."""
        return self.keep_n == self.group_m

    @property
    def sparsity_text(self) -> str:
        """The right operand's N:M, or "dense"."""
        return "dense" if self.is_dense else f"{self.keep_n}:{self.group_m}"

    @property
    def dense_macs(self) -> int:
        """Multiply-adds if nothing were pruned."""
        return self.count * self.m * self.k * self.n

    @property
    def slots(self) -> int:
        """Packed elements along k."""
        full, rest = divmod(self.k, self.group_m)
        return full * self.keep_n + min(rest, self.keep_n)

    @property
    def macs(self) -> int:
        """Multiply-adds that the array executes."""
        return self.count * self.m * self.slots * self.n


@dataclass(frozen=True)
class ProductPass:
    """A layer's pass on the array: one product, or several (the phases of a strided convolution's BP)."""

    layer: str
    pass_name: Pass
    products: tuple[Product, ...]

    @property
    def dense_macs(self) -> int:
        """Multiply-adds of all products if nothing were pruned."""
        return sum(product.dense_macs for product in self.products)

    @property
    def macs(self) -> int:
        """Multiply-adds that the array executes."""
        return sum(product.macs for product in self.products)


@dataclass(frozen=True)
class VectorPass:
    """A stream through the vector unit: bytes read and written, elements through its lanes, and through SORE.

    ``taps`` is 0 but for a depthwise convolution, whose lane elements are multiply-adds, ``taps`` for each output.
    """

    layer: str
    pass_name: Pass
    op: str
    read_bytes: int
    write_bytes: int
    lane_elements: int
    sore_elements: int = 0
    group_m: int = 1
    taps: int = 0

    @property
    def macs(self) -> int:
        """Multiply-adds on the vector lanes."""
        return self.lane_elements if self.taps else 0

    @property
    def dense_macs(self) -> int:
        """The same: nothing of a depthwise convolution is pruned."""
        return self.macs


@dataclass(frozen=True)
class UpdatePass:
    """A layer's weight update: optimiser state in and out, weights through WUVE's lanes and through SORE."""

    layer: str
    read_bytes: int
    write_bytes: int
    weights: int
    sore_elements: int = 0
    group_m: int = 1
    pass_name: Pass = field(default="update", init=False)

    @property
    def macs(self) -> int:
        """None, by the usual count."""
        return 0

    @property
    def dense_macs(self) -> int:
        """None, by the usual count."""
        return 0


WorkItem = ProductPass | VectorPass | UpdatePass


@dataclass(frozen=True)
class TrainingStep:
    """All work of one training step, in the order of the program, for machines with ``operand``'s width."""

    network: str
    batch: int
    recipe: str
    sparsity: str
    items: Sequence[WorkItem]
    operand: FloatFormat = FP16

    @cached_property
    def rows(self) -> NamedRows[WorkItem]:
        """The items, equal ones found."""
        return NamedRows.of(self.items, "layer")

    @property
    def dense_macs(self) -> int:
        """Multiply-adds of all products and depthwise convolutions, nothing pruned."""
        return self.rows.sum_of(lambda item: item.dense_macs)

    @property
    def macs(self) -> int:
        """Multiply-adds that array and vector lanes execute."""
        return self.rows.sum_of(lambda item: item.macs)
