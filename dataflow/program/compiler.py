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
from heddle.dataflow.choices import DataflowChoice, Minimise
from heddle.dataflow.kernel_rows import machine_row
from heddle.dataflow.lowering import NOT_PRUNED, Pruning
from heddle.dataflow.misfit import misfit_reason
from heddle.dataflow.program.layer_products import KernelTaps, LayerMaps, LayerProduct
from heddle.dataflow.program.matmul_products import Maps, MatmulMaps
from heddle.dataflow.program.memory_map import MemoryMap, Tensor, memory_map
from heddle.dataflow.program.tensors import SubMap, TiledGradient, TiledWeights
from heddle.dataflow.program.tile_computations import Computations
from heddle.dataflow.program.tile_fit import fitting_plan
from heddle.dataflow.program.tile_loads import LeftLoads, Loads, PixelsOnTheRight, WeightsOnTheRight, tiled_weights
from heddle.dataflow.program.tile_plan import TilePlan
from heddle.dataflow.program.tile_stores import GradientStores, MapStores, Stores, tiled_gradient
from heddle.dataflow.program.tokens import Tied
from heddle.dataflow.scheduler import schedule_products
from heddle.dataflow.step_items import Pass


@dataclass(frozen=True)
class LayerPass:
    """A pass of a layer to compile, its maps, and how its weights are kept, if it has any."""

    maps: Maps
    pass_name: Pass
    pruning: Pruning = NOT_PRUNED

    @property
    def products(self) -> tuple[LayerProduct, ...]:
        """Its products in program order."""
        if isinstance(self.maps, MatmulMaps):
            return (self.maps.product(self.pass_name),)
        return self.maps.products(self.pass_name, self.pruning)


@dataclass(frozen=True)
class CompiledProduct:
    """A product with its tiles, and its right operand and result: maps, or what lies tile by tile."""

    plan: TilePlan
    right: SubMap | TiledWeights
    out: SubMap | TiledGradient

    @property
    def remark(self) -> str:
        """One line: name and sizes, N:M, dataflow, tiles, and how often they come."""
        plan, product = self.plan, self.plan.product.product
        times = f", {product.count} times" if product.count > 1 else ""
        return (
            f"{plan.product.name}: {product.m} x {product.k} x {product.n}, {product.sparsity_text}, "
            f"{plan.mapping.dataflow}, {plan.rows} x {plan.parts} x {len(plan.cols)} tiles (m x k x n){times}"
        )


@dataclass(frozen=True)
class CompiledPass:
    """A pass and the products that it falls into."""

    of_layer: LayerPass
    products: tuple[CompiledProduct, ...]


@dataclass(frozen=True, eq=False)
class Section:
    """Instructions that belong together, and what they are: a product, say. The ``remark`` may be empty."""

    remark: str
    words: Words


@dataclass(frozen=True, eq=False)
class Program:
    """Instructions, section by section, the memory that they work on, and the passes that they were made of."""

    sections: tuple[Section, ...]
    memory: MemoryMap
    passes: tuple[CompiledPass, ...]

    @cached_property
    def words(self) -> Words:
        """All instructions."""
        return np.concatenate([section.words for section in self.sections])

    @cached_property
    def instructions(self) -> tuple[Instruction, ...]:
        """The instructions one by one, for programs of some thousand of them."""
        return tuple(instruction_of(row, f"instruction {number}") for number, row in enumerate(self.words))

    @property
    def products(self) -> tuple[CompiledProduct, ...]:
        """The products of all passes."""
        return tuple(product for each in self.passes for product in each.products)


def compile_passes(
    passes: Sequence[LayerPass],
    design: Design,
    board: Board,
    dataflow: DataflowChoice = "auto",
    minimise: Minimise = "time",
) -> Program:
    """Return the program that runs ``passes`` one after another, each product mapped as the scheduler would.

    Raises HeddleError for a product that no tile fits, for tensors that the design's memory does not hold, and for a
    number that its field of an instruction does not hold.
    """
    compiled = tuple(
        CompiledPass(of_layer, tuple(_cut(of_layer, design, board, dataflow, minimise))) for of_layer in passes
    )
    tensors = {tensor.name: tensor for each in compiled for tensor in _tensors(each)}
    memory = memory_map(tensors.values(), board.memory.bytes_per_channel * design.memory.channels)
    code = _Code(design, board, memory)
    sections = [section for each in compiled for section in code.of_pass(each)]
    sections.append(Section("", encode_columns(Sync, {"last": 1}, 1)))
    return Program(tuple(sections), memory, compiled)


def _cut(
    of_layer: LayerPass, design: Design, board: Board, dataflow: DataflowChoice, minimise: Minimise
) -> list[CompiledProduct]:
    """The products of a pass, each mapped by the scheduler and cut into its tiles."""
    products = of_layer.products
    schedules = schedule_products([product.product for product in products], design, board, dataflow, minimise)
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


def _tensors(compiled: CompiledPass) -> Iterator[Tensor]:
    for product in compiled.products:
        for part in (product.plan.product.left, product.right, product.out):
            yield part.tensor if isinstance(part, SubMap) else part
    of_layer = compiled.of_layer
    # All zeros where every window lies in the padding, and no product's then.
    if isinstance(of_layer.maps, LayerMaps) and of_layer.pass_name == "bp":
        yield of_layer.maps.dx


class _Code:
    """The instructions of passes on a machine, one after another."""

    def __init__(self, design: Design, board: Board, memory: MemoryMap) -> None:
        self._machine = machine_row(design, board)[0]
        self._memory = memory
        self._tied = Tied(design.array)

    def of_pass(self, compiled: CompiledPass) -> Iterator[Section]:
        """Yield a pass's instructions; where another follows, it begins when all of these are done."""
        for product in compiled.products:
            yield Section(product.remark, self._of_product(product))
        yield Section("", encode_columns(Sync, {"last": 0}, 1))

    def _of_product(self, compiled: CompiledProduct) -> Words:
        plan = compiled.plan
        try:
            return np.concatenate(
                list(
                    self._tied.product(
                        plan,
                        LeftLoads(plan, self._address(plan.product.left.tensor.name)),
                        self._rights(compiled),
                        Computations(plan, self._machine),
                        self._stores(compiled),
                    )
                )
            )
        except HeddleError as error:
            raise HeddleError(f"{plan.product.name}: {error}; take a smaller batch or network") from None

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
