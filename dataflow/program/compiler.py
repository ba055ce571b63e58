"""From a network's passes to a program and a memory map."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.errors import HeddleError
from heddle.arch.instruction_words import Words, encode_columns, instruction_of
from heddle.arch.instructions import Instruction, Sync
from heddle.dataflow.kernel_rows import machine_row
from heddle.dataflow.lowering import NOT_PRUNED, Pruning
from heddle.dataflow.misfit import misfit_reason
from heddle.dataflow.program.layer_products import KernelTaps, LayerMaps
from heddle.dataflow.program.memory_map import MemoryMap, Tensor, memory_map
from heddle.dataflow.program.tensors import SubMap, TiledGradient, TiledWeights
from heddle.dataflow.program.tile_computations import Computations
from heddle.dataflow.program.tile_fit import fitting_plan
from heddle.dataflow.program.tile_loads import LeftLoads, Loads, PixelsOnTheRight, WeightsOnTheRight, tiled_weights
from heddle.dataflow.program.tile_plan import TilePlan
from heddle.dataflow.program.tile_stores import GradientStores, MapStores, Stores, tiled_gradient, zero_store
from heddle.dataflow.program.tokens import Tied
from heddle.dataflow.scheduler import schedule_products
from heddle.dataflow.step_items import Pass


@dataclass(frozen=True)
class LayerPass:
    """A pass of a layer to compile, its maps, and how its weights are kept."""

    maps: LayerMaps
    pass_name: Pass
    pruning: Pruning = NOT_PRUNED


@dataclass(frozen=True)
class CompiledProduct:
    """A product with its tiles, and its right operand and result: maps, or what lies tile by tile."""

    plan: TilePlan
    right: SubMap | TiledWeights
    out: SubMap | TiledGradient


@dataclass(frozen=True, eq=False)
class Program:
    """Instructions, the memory that they work on, and the products that they were made of."""

    words: Words
    memory: MemoryMap
    products: tuple[CompiledProduct, ...]

    @cached_property
    def instructions(self) -> tuple[Instruction, ...]:
        """The instructions one by one, for programs of some thousand of them."""
        return tuple(instruction_of(row, f"instruction {number}") for number, row in enumerate(self.words))


def compile_passes(passes: Sequence[LayerPass], design: Design, board: Board) -> Program:
    """Return the program that runs ``passes`` one after another, and the memory that it works on.

    Raises HeddleError for a product that no tile fits, and for tensors that the design's memory does not hold.
    """
    by_pass = [_cut(of_layer, design, board) for of_layer in passes]
    tensors = {tensor.name: tensor for cut in by_pass for tensor in _tensors(cut)}
    memory = memory_map(tensors.values(), board.memory.bytes_per_channel * design.memory.channels)
    code = _Code(design, board, memory)
    words = [some for of_layer, cut in zip(passes, by_pass, strict=True) for some in code.of_pass(of_layer, cut)]
    words.append(encode_columns(Sync, {"last": 1}, 1))
    return Program(np.concatenate(words), memory, tuple(product for cut in by_pass for product in cut))


def _cut(of_layer: LayerPass, design: Design, board: Board) -> list[CompiledProduct]:
    """The products of a pass, each mapped by the scheduler and cut into its tiles."""
    products = of_layer.maps.products(of_layer.pass_name, of_layer.pruning)
    schedules = schedule_products([product.product for product in products], design, board)
    found = []
    for product, schedule in zip(products, schedules, strict=True):
        if schedule is None:
            raise HeddleError(f"{product.name}: {misfit_reason(product.product, design)}")
        plan = fitting_plan(product, schedule.mapping, design, board)
        found.append(_compiled(plan, design.numbers.operand_format.width_bytes))
    return found


def _compiled(plan: TilePlan, element_bytes: int) -> CompiledProduct:
    product = plan.product
    right, out = product.right, product.out
    return CompiledProduct(
        plan,
        tiled_weights(plan, f"{product.name}.weight", element_bytes) if isinstance(right, KernelTaps) else right,
        tiled_gradient(plan, f"{product.name}.dw") if out is None else out,
    )


def _tensors(cut: Sequence[CompiledProduct]) -> Iterator[Tensor]:
    for compiled in cut:
        for part in (compiled.plan.product.left, compiled.right, compiled.out):
            yield part.tensor if isinstance(part, SubMap) else part


class _Code:
    """The instructions of passes on a machine, one after another."""

    def __init__(self, design: Design, board: Board, memory: MemoryMap) -> None:
        self._machine = machine_row(design, board)[0]
        self._memory = memory
        self._tied = Tied(design.array)

    def of_pass(self, of_layer: LayerPass, cut: Sequence[CompiledProduct]) -> Iterator[Words]:
        """Yield a pass's instructions; where another follows, it begins when all of these are done."""
        if of_layer.pass_name == "bp":
            for empty in of_layer.maps.empty_phases():
                yield zero_store(empty, self._memory.address(empty.tensor.name))
        for compiled in cut:
            plan = compiled.plan
            yield from self._tied.product(
                plan,
                LeftLoads(plan, self._address(plan.product.left.tensor.name)),
                self._rights(compiled),
                Computations(plan, self._machine),
                self._stores(compiled),
            )
        yield encode_columns(Sync, {"last": 0}, 1)

    def _rights(self, compiled: CompiledProduct) -> Loads:
        if isinstance(compiled.right, SubMap):
            return PixelsOnTheRight(compiled.plan, compiled.right, self._address(compiled.right.tensor.name))
        return WeightsOnTheRight(compiled.plan, self._memory.tensors[compiled.right.name], compiled.right)

    def _stores(self, compiled: CompiledProduct) -> Stores:
        if isinstance(compiled.out, SubMap):
            return MapStores(compiled.plan, compiled.out, self._address(compiled.out.tensor.name))
        return GradientStores(compiled.plan, compiled.out, self._address(compiled.out.name))

    def _address(self, name: str) -> int:
        return self._memory.address(name)
