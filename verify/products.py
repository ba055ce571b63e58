"""Cases of single products: drawn operands, scheduled as the tool schedules them, with the simulator's answers."""

from __future__ import annotations

from dataclasses import dataclass

from arch.boards import Board
from arch.design import Design, SparsityConfig
from arch.errors import HeddleError
from dataflow.misfit import misfit_reason
from dataflow.products import Operand, Product
from dataflow.scheduler import DataflowChoice, ProductSchedule, schedule_products, with_dataflow
from sim.engines.array_cycles import array_cycles
from sim.functional.formats import Bits
from sim.functional.gemm import multiply_slots
from sim.functional.slots import Slots, dense_slots, pack_columns, packed_slots
from verify.cases import Case
from verify.operands import Extents, draw
from verify.program import Stalls, instructions, product_case


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
    if not run.is_dense and run.sparsity.m != design.sparsity.m:
        raise HeddleError(
            f"groups of M = {run.sparsity.m} do not run on design {design.name!r}, whose M is {design.sparsity.m}"
        )
    schedule = _schedule(run, design, board)
    operands = draw(run.distribution, run.extents, design.numbers.operand, run.seed)
    right = right_slots(schedule.product, operands.right)
    program = list(instructions(schedule, operands.left, right, design))
    expected = multiply_slots(operands.left, right, design.numbers.operand)
    cycles = array_cycles(schedule, design, board)
    return product_case(run.name, program, expected, design, cycles, run.stalls, rerun)


def right_slots(product: Product, right: Bits) -> Slots:
    """Return the dense patterns ``right`` [k, n] as the slots of ``product``'s right operand, pruned where it is."""
    if product.keep_n == product.group_m:
        return dense_slots(right)
    return packed_slots(pack_columns(right, product.keep_n, product.group_m), product.k)


def _schedule(run: ProductRun, design: Design, board: Board) -> ProductSchedule:
    restricted = with_dataflow(design, run.dataflow)
    (schedule,) = schedule_products((run.product,), restricted, board)
    if schedule is None:
        raise HeddleError(f"{run.name}: {misfit_reason(run.product, restricted)}")
    return schedule
