"""Which products a design is verified with when the user names none, and how those of a network are cut to size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from heddle.arch.boards import Board
from heddle.arch.design import Dataflow, Design, SparsityConfig
from heddle.arch.errors import HeddleError
from heddle.dataflow.step_items import Product, ProductPass, TrainingStep
from heddle.verify.cases import Case, Stalls
from heddle.verify.operands import Extents
from heddle.verify.product_cases import ProductRun, run_case

#: Distributions of operands that each aim at one kind of fault.
_DIRECTED = ("any-bits", "wide", "zeros", "subnormals", "large", "cancelling", "specials", "ties")
_STALLS = 0.3
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


def default_suite(design: Design, dataflows: Sequence[Dataflow], seed: int) -> list[NamedRun]:
    """Return products that between them need every part of the array core.

    Dense and N:M, whole and ragged tiles, several tiles of K, one element, special values, streams that stall.
    """
    runs = [run for dataflow in dataflows for run in _dataflow_runs(design, dataflow, seed)]
    return [NamedRun(run.name, run) for run in runs]


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
    stalled = replace(ragged, k=ragged.k + group)
    yield ProductRun(stalled, sparse, dataflow, "wide", seed, Stalls(_STALLS, _STALLS, seed))


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
