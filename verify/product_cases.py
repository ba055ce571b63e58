"""Cases of single products: operands drawn or given, scheduled as the tool does, with the simulator's answers."""

from __future__ import annotations

from dataclasses import dataclass

from heddle.arch.boards import Board
from heddle.arch.design import Design, SparsityConfig
from heddle.arch.errors import HeddleError
from heddle.dataflow.choices import DataflowChoice
from heddle.dataflow.misfit import misfit_reason
from heddle.dataflow.program.product import product_program
from heddle.dataflow.program.slots import Slots, kept_slots
from heddle.dataflow.scheduler import ProductSchedule, schedule_products, with_dataflow
from heddle.dataflow.step_items import Operand, Product
from heddle.sim.engines.array_cycles import array_cycles
from heddle.sim.functional.formats import Bits, Float32
from heddle.sim.functional.gemm import multiply_slots
from heddle.verify.cases import Case, Stalls
from heddle.verify.operands import Extents, draw
from heddle.verify.program_case import Expectation, program_case


def bench_product(extents: Extents, kept: SparsityConfig | None) -> Product:
    """Return the product of these sizes as the scheduler takes it, its right operand N:M by ``kept`` (None: dense)."""
    keep_n, group_m = (1, 1) if kept is None else (kept.n, kept.m)
    m, k, n = extents.m, extents.k, extents.n
    return Product(m, k, n, left=Operand(), right=Operand(tiled=True), keep_n=keep_n, group_m=group_m)


@dataclass(frozen=True)
class ProductRun:
    """A product to verify: sizes, N:M of its right operand (N = M: dense), dataflow, and how operands are drawn."""

    extents: Extents
    sparsity: SparsityConfig
    dataflow: DataflowChoice = "auto"
    distribution: str = "trained"
    seed: int = 0
    stalls: Stalls = Stalls()  # noqa: RUF009 - frozen

    @property
    def is_dense(self) -> bool:
        """True when nothing of the right operand is pruned."""
        return self.sparsity.n == self.sparsity.m

    @property
    def product(self) -> Product:
        """The product as the scheduler takes it."""
        return bench_product(self.extents, None if self.is_dense else self.sparsity)

    @property
    def name(self) -> str:
        """Sizes, sparsity, dataflow, operands and stalls in one word."""
        sizes = f"{self.extents.m}x{self.extents.k}x{self.extents.n}"
        return (
            f"{sizes}-{self.product.sparsity_text}-{self.dataflow}-{self.distribution}{self.stalls.name}-s{self.seed}"
        )


@dataclass(frozen=True)
class GivenProduct:
    """A product to verify whose operands are given.

    ``left`` [m, k] are patterns of the design's format; ``right`` dense patterns [k, n], of which the product's N:M is
    kept, or its slots.
    """

    name: str
    product: Product
    left: Bits
    right: Bits | Slots
    dataflow: DataflowChoice = "auto"
    stalls: Stalls = Stalls()  # noqa: RUF009 - frozen

    @property
    def slots(self) -> Slots:
        """The right operand's slots, pruned where the product is."""
        if isinstance(self.right, Slots):
            return self.right
        return kept_slots(self.right, self.product.keep_n, self.product.group_m)

    def schedule(self, design: Design, board: Board) -> ProductSchedule:
        """Return the mapping that the scheduler gives it on ``design``.

        Raises HeddleError where the product's groups are not the array's, and where no tile of it fits the buffers.
        """
        product = self.product
        if not product.is_dense and product.group_m != design.sparsity.m:
            own = f"design {design.name!r}, whose M is {design.sparsity.m}"
            raise HeddleError(f"groups of M = {product.group_m} do not run on {own}")
        restricted = with_dataflow(design, self.dataflow)
        (schedule,) = schedule_products((product,), restricted, board)
        if schedule is None:
            raise HeddleError(f"{self.name}: {misfit_reason(product, restricted)}")
        return schedule

    def result(self, design: Design) -> Float32:
        """Return its result [m, n], as ``heddle.sim.functional`` computes it in the design's format."""
        return multiply_slots(self.left, self.slots, design.numbers.operand)


def run_case(run: ProductRun, design: Design, board: Board, rerun: str = "") -> Case:
    """Return the bench's case of ``run`` on ``design``. Raises HeddleError as ``operand_case`` does."""
    operands = draw(run.distribution, run.extents, design.numbers.operand, run.seed)
    given = GivenProduct(run.name, run.product, operands.left, operands.right, run.dataflow, run.stalls)
    return operand_case(given, design, board, rerun)


def operand_case(given: GivenProduct, design: Design, board: Board, rerun: str = "") -> Case:
    """Return the bench's case of ``given``: ``heddle.sim.functional``'s bits, the engines' cycles.

    Raises HeddleError as ``GivenProduct.schedule`` does, and where the operands have other sizes.
    """
    schedule, slots = given.schedule(design, board), given.slots
    _check_sizes(given.name, given.product, given.left, slots)
    program = list(product_program(schedule, given.left, slots, design, board))
    expected = Expectation(given.result(design), array_cycles(schedule, design, board))
    return program_case(given.name, program, expected, design, given.stalls, rerun)


def _check_sizes(name: str, product: Product, left: Bits, right: Slots) -> None:
    given, needed = (left.shape, right.values.shape), ((product.m, product.k), (product.slots, product.n))
    if given != needed:
        raise HeddleError(
            f"{name}: operands are {given[0]} and {given[1]} (slots of k, n), "
            f"but the product needs {needed[0]} and {needed[1]}"
        )
