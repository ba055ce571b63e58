"""Cases of single products: operands drawn or given, scheduled as the tool does, with the simulator's answers."""

from __future__ import annotations

from dataclasses import dataclass

from heddle.arch.boards import Board
from heddle.arch.design import Design, SparsityConfig
from heddle.arch.errors import HeddleError
from heddle.dataflow.choices import DataflowChoice
from heddle.dataflow.misfit import misfit_reason
from heddle.dataflow.scheduler import ProductSchedule, schedule_products, with_dataflow
from heddle.dataflow.step_items import Operand, Product
from heddle.sim.engines.array_cycles import array_cycles
from heddle.sim.functional.formats import Bits
from heddle.sim.functional.gemm import multiply_slots
from heddle.sim.functional.slots import Slots, dense_slots, pack_columns, packed_slots
from heddle.verify.cases import Case
from heddle.verify.operands import Extents, draw
from heddle.verify.program import Stalls, instructions, product_case


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
        keep_n, group_m = (1, 1) if self.is_dense else (self.sparsity.n, self.sparsity.m)
        m, k, n = self.extents.m, self.extents.k, self.extents.n
        return Product(m, k, n, left=Operand(), right=Operand(tiled=True), keep_n=keep_n, group_m=group_m)

    @property
    def name(self) -> str:
        """Sizes, sparsity, dataflow and operands in one word."""
        sizes = f"{self.extents.m}x{self.extents.k}x{self.extents.n}"
        kind = "dense" if self.is_dense else f"{self.sparsity.n}:{self.sparsity.m}"
        return f"{sizes}-{kind}-{self.dataflow}-{self.distribution}-s{self.seed}"


def run_case(run: ProductRun, design: Design, board: Board, rerun: str = "") -> Case:
    """Return the bench's case of ``run`` on ``design``.

    Raises HeddleError where the product's groups are not the array's, or where it does not fit the buffers.
    """
    operands = draw(run.distribution, run.extents, design.numbers.operand, run.seed)
    return operand_case(
        run.name, run.product, operands.left, operands.right, design, board, run.dataflow, rerun, run.stalls
    )


def operand_case(
    name: str,
    product: Product,
    left: Bits,
    right: Bits | Slots,
    design: Design,
    board: Board,
    dataflow: DataflowChoice = "auto",
    rerun: str = "",
    stalls: Stalls = Stalls(),
) -> Case:
    """Return the bench's case of ``product`` for given operands: ``heddle.sim.functional``'s bits, the engines' cycles.

    ``left`` [m, k] are patterns of the design's format; ``right`` dense patterns [k, n], of which the product's N:M
    is kept, or its slots. Raises HeddleError where the product's groups are not the array's, where no tile of it
    fits the buffers, or where the operands have other sizes.
    """
    schedule = _schedule(name, product, design, board, dataflow)
    slots = right if isinstance(right, Slots) else right_slots(product, right)
    _check_sizes(name, product, left, slots)
    program = list(instructions(schedule, left, slots, design, board))
    expected = multiply_slots(left, slots, design.numbers.operand)
    return product_case(name, program, expected, design, array_cycles(schedule, design, board), stalls, rerun)


def right_slots(product: Product, right: Bits) -> Slots:
    """Return the dense patterns ``right`` [k, n] as the slots of ``product``'s right operand, pruned where it is."""
    if product.keep_n == product.group_m:
        return dense_slots(right)
    return packed_slots(pack_columns(right, product.keep_n, product.group_m), product.k)


def _schedule(name: str, product: Product, design: Design, board: Board, dataflow: DataflowChoice) -> ProductSchedule:
    if product.keep_n != product.group_m and product.group_m != design.sparsity.m:
        raise HeddleError(
            f"groups of M = {product.group_m} do not run on design {design.name!r}, whose M is {design.sparsity.m}"
        )
    restricted = with_dataflow(design, dataflow)
    (schedule,) = schedule_products((product,), restricted, board)
    if schedule is None:
        raise HeddleError(f"{name}: {misfit_reason(product, restricted)}")
    return schedule


def _check_sizes(name: str, product: Product, left: Bits, right: Slots) -> None:
    given, needed = (left.shape, right.values.shape), ((product.m, product.k), (product.slots, product.n))
    if given != needed:
        raise HeddleError(
            f"{name}: operands are {given[0]} and {given[1]} (slots of k, n), "
            f"but the product needs {needed[0]} and {needed[1]}"
        )
