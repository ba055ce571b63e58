"""Which products a design is verified with when the user names none, and how those of a network are cut to size."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from heddle.arch.boards import Board
from heddle.arch.design import Dataflow, Design, SparsityConfig
from heddle.arch.errors import HeddleError
from heddle.dataflow.step_items import Product, ProductPass, TrainingStep
from heddle.verify.cases import Case, Stalls, joined
from heddle.verify.command_faults import with_refused_commands
from heddle.verify.half_range import half_range_case
from heddle.verify.operands import Extents
from heddle.verify.product_cases import ProductRun, run_case

#: Distributions of operands that each aim at one kind of fault.
_DIRECTED = ("any-bits", "wide", "zeros", "subnormals", "large", "cancelling", "specials", "ties")
#: Operands that come late and results that are taken late, by halves; a reader so slow that the result queue fills.
_STALLS, _FULL_QUEUE = Stalls(0.3, 0.3), Stalls(0.0, 0.9)
#: In this order a design with both dataflows does the products of a case of changes.
CHANGES: tuple[Dataflow, ...] = ("ws", "os", "ws", "os")
#: Steps of the long tile: more than 14 bits count.
_LONG_STEPS = (1 << 14) + 9
#: The largest sizes of a network's product, in what the array works on at once (m, n) and in groups of M (k).
_LARGEST_TILES = 2
_LARGEST_GROUPS = 36
#: Operand words that all lanes of the array take in a case; a case holds some 200 bytes for each.
_MOST_LANE_WORDS = 1 << 24


class Run(Protocol):
    """A case yet to be made: what it is called, and how it is made once there is a design for it."""

    @property
    def name(self) -> str:
        """The case's name."""

    def case(self, design: Design, board: Board, command: str) -> Case:
        """Return the bench's case; ``command`` is the command line that has it among its cases."""


@dataclass(frozen=True)
class SpecialRun:
    """A case that is more than a product, and what it is called."""

    name: str
    make: Callable[[Design, Board], Case]

    def case(self, design: Design, board: Board, command: str) -> Case:
        """Return the bench's case; ``command`` is the command line that has it among its cases."""
        return replace(self.make(design, board), name=self.name, rerun=f"{command} --case {self.name}")


@dataclass(frozen=True)
class NamedRun:
    """A run and what it is called: its own name, after that of the layer and pass it is taken from."""

    name: str
    run: ProductRun

    def case(self, design: Design, board: Board, command: str) -> Case:
        """Return the bench's case; ``command`` is the command line that has it among its cases."""
        return replace(run_case(self.run, design, board, f"{command} --case {self.name}"), name=self.name)


def gemm_suite(design: Design, dataflows: Sequence[Dataflow], extents: Extents, seed: int) -> list[NamedRun]:
    """Return the product of these sizes at the design's N:M, once for each dataflow.

    Raises HeddleError for a product whose case would not fit a computer's memory.
    """
    for dataflow in dataflows:
        _check_size(extents, design, dataflow)
    runs = (ProductRun(extents, design.sparsity, dataflow, seed=seed) for dataflow in dataflows)
    return [NamedRun(run.name, run) for run in runs]


def _check_size(extents: Extents, design: Design, dataflow: Dataflow) -> None:
    m, k, n = extents.m, extents.k, extents.n
    rows, cols = design.array.rows, design.array.cols
    tiles, steps = (-(-m // rows) * -(-n // cols), k) if dataflow == "os" else (-(-k // rows) * -(-n // cols), m)
    words = max(tiles * steps * (rows + cols), m * n)
    if words > _MOST_LANE_WORDS:
        raise HeddleError(
            f"{m}x{k}x{n} on design {design.name!r}: the array takes {words:,} operand words under {dataflow}, and a "
            f"case holds at most {_MOST_LANE_WORDS:,}; verify a smaller product, which needs the same hardware"
        )


def default_suite(design: Design, dataflows: Sequence[Dataflow], seed: int) -> list[NamedRun | SpecialRun]:
    """Return products that between them need every part of the array core.

    Dense and N:M, whole and ragged tiles, several tiles of K, one element, special values, streams that stall; then
    changes of dataflow at full result queues, counters beyond half of their range, and a reset at work.
    """
    products = [run for dataflow in dataflows for run in _dataflow_runs(design, dataflow, seed)]
    special = [run for dataflow in dataflows for run in _special_runs(design, dataflow, seed)]
    changes = [changing_run(design, seed, stalls) for stalls in (_FULL_QUEUE, _STALLS)] if len(dataflows) > 1 else []
    return [*(NamedRun(run.name, run) for run in products), *special, *changes]


def changing_run(design: Design, seed: int, stalls: Stalls = Stalls()) -> SpecialRun:
    """Return products of both dataflows in turn: each begins while results of the one before are in the array."""
    array, group = design.array, design.sparsity.m
    extents = Extents(array.rows + 1, 3 * group + 1, array.cols + 1)
    runs = [
        ProductRun(extents, design.sparsity, dataflow, "wide", seed + number, replace(stalls, seed=seed))
        for number, dataflow in enumerate(CHANGES)
    ]
    name = f"{'-'.join(CHANGES)}{stalls.name}-s{seed}"

    def make(design: Design, board: Board) -> Case:
        return joined(name, [run_case(run, design, board) for run in runs])

    return SpecialRun(name, make)


def _special_runs(design: Design, dataflow: Dataflow, seed: int) -> Iterator[SpecialRun]:
    """Long tiles; a product that is left halfway by a reset, then done; others beside refused commands."""
    array, group = design.array, design.sparsity.m
    turns = -(-_LONG_STEPS // array.interleave)
    extents = Extents(1, turns, 1) if dataflow == "os" else Extents(_LONG_STEPS, array.rows, 1)
    dense = SparsityConfig(n=group, m=group)
    yield _long_tile(ProductRun(extents, dense, dataflow, seed=seed))
    yield half_range_run(dataflow, seed)
    some_tiles = Extents(array.rows + 1, 3 * group + 1, 2 * array.cols)
    some_tiles_run = ProductRun(some_tiles, dense, dataflow, seed=seed)
    yield _reset_halfway(some_tiles_run)
    yield _reset_at_full_queue(some_tiles_run, replace(some_tiles_run, stalls=replace(_FULL_QUEUE, seed=seed)))
    for stalls in (Stalls(), replace(_STALLS, seed=seed)):
        long = Extents(array.rows, two_tiles_of_k(design), array.cols)
        yield _beside_refused_commands(ProductRun(long, design.sparsity, dataflow, "wide", seed, stalls))


def _long_tile(run: ProductRun) -> SpecialRun:
    def make(design: Design, board: Board) -> Case:
        # Neither buffers nor DRAM cut the tile then: the array's RTL knows nothing of them.
        endless = design.memory.model_copy(update={"unlimited": True})
        return run_case(run, design.model_copy(update={"memory": endless}), board)

    return SpecialRun(f"{run.name}-one-tile", make)


def half_range_run(dataflow: Dataflow, seed: int) -> SpecialRun:
    """Return a product whose every count is beyond half of what its counter holds."""

    def make(design: Design, board: Board) -> Case:
        return half_range_case(design, dataflow, board, seed)

    return SpecialRun(f"{dataflow}-past-half-range-s{seed}", make)


def _reset_halfway(run: ProductRun) -> SpecialRun:
    def make(design: Design, board: Board) -> Case:
        case = run_case(run, design, board)
        return replace(case, reset_after_cycles=(case.sim_cycles or 0) // 2)

    return SpecialRun(f"{run.name}-reset", make)


def _reset_at_full_queue(run: ProductRun, stalled: ProductRun) -> SpecialRun:
    """``stalled``, reset when ``run``, the same without stalls, would be done: its results wait to be taken then."""

    def make(design: Design, board: Board) -> Case:
        return replace(
            run_case(stalled, design, board), reset_after_cycles=run_case(run, design, board).sim_cycles or 0
        )

    return SpecialRun(f"{stalled.name}-reset", make)


def _dataflow_runs(design: Design, dataflow: Dataflow, seed: int) -> Iterator[ProductRun]:
    array, group = design.array, design.sparsity.m
    dense, sparse = SparsityConfig(n=group, m=group), design.sparsity
    whole = Extents(array.rows * array.interleave, 4 * group, 2 * array.cols)
    ragged = Extents(array.rows + 1, 3 * group + 1, 2 * array.cols + 1)
    for sparsity in dict.fromkeys((dense, sparse)):
        yield ProductRun(whole, sparsity, dataflow, seed=seed)
        yield ProductRun(ragged, sparsity, dataflow, seed=seed)
    yield ProductRun(Extents(1, 1, 1), dense, dataflow, seed=seed)
    yield ProductRun(Extents(array.rows, two_tiles_of_k(design), array.cols), dense, dataflow, seed=seed)
    for distribution in _DIRECTED:
        yield ProductRun(ragged, sparse, dataflow, distribution, seed)
    for stalls in (_STALLS, _FULL_QUEUE):
        yield ProductRun(ragged, sparse, dataflow, "wide", seed, replace(stalls, seed=seed))


def _beside_refused_commands(run: ProductRun) -> SpecialRun:
    def make(design: Design, board: Board) -> Case:
        return with_refused_commands(run_case(run, design, board), design, run.seed)

    return SpecialRun(f"{run.name}-refusals", make)


def two_tiles_of_k(design: Design) -> int:
    """A reduction just too long for the operands of one array tile to fit half a buffer."""
    array, buffers = design.array, design.buffers
    operand_bytes = 2
    by_left = buffers.activation_bytes // (2 * operand_bytes * array.rows)
    by_right = buffers.weight_bytes // (2 * operand_bytes * array.cols)
    return min(by_left, by_right) + design.sparsity.m


def workload_suite(step: TrainingStep, design: Design, dataflows: Sequence[Dataflow], seed: int) -> list[NamedRun]:
    """Return the products of a training step, each cut to a few tiles of the array; the same product runs once."""
    named: dict[ProductRun, str] = {}
    for item in step.items:
        if isinstance(item, ProductPass):
            for product in item.products:
                for dataflow in dataflows:
                    extents = cut_to_tiles(Extents(product.m, product.k, product.n), design)
                    run = ProductRun(extents, _sparsity(product, design), dataflow, seed=seed)
                    named.setdefault(run, f"{item.layer}-{item.pass_name}-{run.name}")
    return [NamedRun(name, run) for run, name in named.items()]


def cut_to_tiles(extents: Extents, design: Design) -> Extents:
    """Return the sizes of a network's product as far as they are verified: a few tiles, k in whole groups of M."""
    array = design.array
    return Extents(
        min(extents.m, _LARGEST_TILES * array.rows * array.interleave),
        min(extents.k, _LARGEST_GROUPS * design.sparsity.m),
        min(extents.n, _LARGEST_TILES * array.cols * array.interleave),
    )


def _sparsity(product: Product, design: Design) -> SparsityConfig:
    if product.is_dense:
        return SparsityConfig(n=design.sparsity.m, m=design.sparsity.m)
    return SparsityConfig(n=product.keep_n, m=product.group_m)
