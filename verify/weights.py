"""Trained weights on the RTL: the products of a file's layers, with its packed operands as they lie there.

A layer's FF and BP become cases whose right operand comes from the file, cut to a few tiles, and whose left operand
(activations, gradients) is drawn. Of a grouped convolution the first group stands for all.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from heddle.arch import nm
from heddle.arch.boards import Board
from heddle.arch.design import Dataflow, Design, SparsityConfig
from heddle.arch.errors import HeddleError, unknown
from heddle.arch.packed_file import read_packed
from heddle.arch.packed_layer import WEIGHT_PASSES, DenseOperand, LayerRecord, PackedLayer, RightOperand, WeightPass
from heddle.dataflow.convolution import Geometry
from heddle.dataflow.program.slots import Slots, dense_slots, packed_slots
from heddle.dataflow.step_items import Product
from heddle.sim.functional.formats import Bits
from heddle.verify.cases import Case
from heddle.verify.operands import Extents, draw
from heddle.verify.product_cases import GivenProduct, bench_product, operand_case
from heddle.verify.suite import cut_to_tiles

_DISTRIBUTION = "trained"
#: More rows than any cut leaves: a file does not say how large the maps are.
_ROWS = 1 << 20


@dataclass(frozen=True)
class TapChoice:
    """The taps that a product walks, as places in the stored order, and what a strided layer's case calls them."""

    places: tuple[int, ...]
    label: str = ""


@dataclass(frozen=True)
class WeightRun:
    """One product with a layer's trained weights, in one dataflow; ``seed`` draws the left operand."""

    layer: PackedLayer
    pass_name: WeightPass
    taps: TapChoice
    extents: Extents
    dataflow: Dataflow
    seed: int

    @property
    def name(self) -> str:
        """Layer, pass, phase of the stride, sizes after the cut, sparsity, dataflow and seed in one word."""
        sizes = f"{self.extents.m}x{self.extents.k}x{self.extents.n}"
        place = f"{self.layer.record.name}-{self.pass_name}{self.taps.label}"
        return f"{place}-{sizes}-{self.product.sparsity_text}-{self.dataflow}-s{self.seed}"

    @property
    def product(self) -> Product:
        """The product as the scheduler takes it."""
        return bench_product(self.extents, _pruned(self.layer.record, self.pass_name))

    def case(self, design: Design, board: Board, command: str) -> Case:
        """Return the bench's case; ``command`` is the command line that has it among its cases."""
        left = _activations if self.pass_name == "ff" else _gradients
        bits = left(self.extents, design.numbers.operand, self.seed)
        rerun = f"{command} --case {shlex.quote(self.name)}"
        return operand_case(
            GivenProduct(self.name, self.product, bits, self.right(), self.dataflow), design, board, rerun
        )

    def right(self) -> Slots:
        """Return the right operand: the file's weights at the product's taps, cut to the extents."""
        operand, taps = self.layer.operand(self.pass_name), self.layer.record.taps
        return _right_slots(operand, taps, self.taps.places, self.extents.k, self.extents.n)


def weight_suite(
    path: str | Path, layer: str | None, design: Design, dataflows: Sequence[Dataflow], seed: int
) -> list[WeightRun]:
    """Return FF and BP of each layer of the file at ``path``, or of the one called ``layer``, in each dataflow.

    A strided convolution's BP is one product for each phase of the stride. Raises HeddleError as ``read_packed``
    does, for an unknown layer, and where format or groups of the file are not those of ``design``.
    """
    network = read_packed(path)
    if network.operand != design.numbers.operand:
        own = design.numbers.operand
        raise HeddleError(f"{path}: its weights are {network.operand}, and design {design.name!r} computes in {own}")
    if not network.layers:
        raise HeddleError(f"{path}: holds no weighted layer")
    names = network.layer_names()
    if layer is not None and layer not in names:
        raise unknown("layer", layer, names, f"--layer: {path}")
    chosen = [candidate for candidate in network.layers if layer in (None, candidate.record.name)]
    for candidate in chosen:
        _refuse_other_groups(candidate.record, design, path)
    return [
        run
        for candidate in chosen
        for pass_name in WEIGHT_PASSES
        for run in _runs(candidate, pass_name, design, dataflows, seed)
    ]


def _refuse_other_groups(record: LayerRecord, design: Design, path: str | Path) -> None:
    for pass_name in WEIGHT_PASSES:
        sparsity = _pruned(record, pass_name)
        if sparsity is not None and sparsity.m != design.sparsity.m:
            raise HeddleError(
                f"{path}: layer {record.name!r} is {sparsity.n}:{sparsity.m} in {pass_name}, and design "
                f"{design.name!r} has groups of M = {design.sparsity.m}; --sparsity {sparsity.n}:{sparsity.m} "
                "verifies it with groups that fit"
            )


def _pruned(record: LayerRecord, pass_name: WeightPass) -> SparsityConfig | None:
    """The N:M that the pass's operand is pruned to, None also where N = M keeps all."""
    sparsity = record.sparsity(pass_name)
    return None if sparsity is None or sparsity.n == sparsity.m else sparsity


def _runs(
    layer: PackedLayer, pass_name: WeightPass, design: Design, dataflows: Sequence[Dataflow], seed: int
) -> Iterator[WeightRun]:
    record = layer.record
    _, k, n = record.operand_shape(pass_name)
    for taps in _tap_choices(record, pass_name):
        whole = Extents(_ROWS, k // record.taps * len(taps.places), n)
        for dataflow in dataflows:
            yield WeightRun(layer, pass_name, taps, cut_to_tiles(whole, design), dataflow, seed)


def _tap_choices(record: LayerRecord, pass_name: WeightPass) -> Iterator[TapChoice]:
    """FF walks all taps; so does BP of stride 1, while each phase of a larger stride walks those that it meets.

    BP's operand is stored with the kernel turned round, so falling kernel positions are rising places.
    """
    if pass_name == "ff" or record.stride == (1, 1):
        yield TapChoice(tuple(range(record.taps)))
        return
    (height, width), (down, across) = record.kernel, record.stride
    geometry = Geometry(record.kernel, record.stride, dilation=record.dilation)
    every_phase = (height * record.dilation[0] + down, width * record.dilation[1] + across)
    for phase in geometry.phases(every_phase):
        places = ((height - 1 - row) * width + width - 1 - col for row in phase.rows.taps for col in phase.cols.taps)
        yield TapChoice(tuple(places), f"-phase{phase.rows.first}.{phase.cols.first}")


def _activations(extents: Extents, operand: str, seed: int) -> Bits:
    return draw(_DISTRIBUTION, extents, operand, seed).left


def _gradients(extents: Extents, operand: str, seed: int) -> Bits:
    """Small numbers of either sign [m, k]: those that the distribution draws as weights, turned round."""
    turned = draw(_DISTRIBUTION, Extents(1, extents.k, extents.m), operand, seed).right
    return np.ascontiguousarray(turned.T)


def _right_slots(operand: RightOperand, taps: int, places: Sequence[int], k: int, n: int) -> Slots:
    """The slots of the operand's first group at the taps in ``places``, cut to ``k`` elements and ``n`` columns."""
    if isinstance(operand, DenseOperand):
        columns = operand.patterns[0].T  # [stored n, stored k]
        return dense_slots(np.ascontiguousarray(_at_taps(columns, taps, places)[:n, :k].T))
    values, indices = (
        _at_taps(array[0], taps, places)[:n, : k // operand.m] for array in (operand.values, operand.indices)
    )
    return packed_slots(nm.Packed(values, indices, operand.n, operand.m), k)


def _at_taps(array: npt.NDArray[Any], taps: int, places: Sequence[int]) -> npt.NDArray[Any]:
    """``array`` [n, taps x rest, ...] with only the taps in ``places``, in that order."""
    n, length, *inner = array.shape
    chosen = array.reshape(n, taps, length // taps, *inner)[:, list(places)]
    return chosen.reshape(n, -1, *inner)
