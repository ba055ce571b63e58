"""Which programs verify the whole machine: drawn layers, one product, a network's layers, or a compiled program."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from heddle.arch.boards import Board
from heddle.arch.design import Dataflow, Design
from heddle.arch.errors import HeddleError, unknown
from heddle.dataflow.choices import DataflowChoice
from heddle.dataflow.input_sizes import InputSizes
from heddle.dataflow.lowering import NOT_PRUNED, Pruning
from heddle.dataflow.network import LinearLayer, MatmulLayer, ProductLayer
from heddle.dataflow.program.step_program import LeftOut, left_out_note, step_passes
from heddle.dataflow.recipes import recipe_named
from heddle.dataflow.step_items import Pass
from heddle.dataflow.training import StepOptions
from heddle.dataflow.work import step_work
from heddle.verify.layer_cuts import cut_layer
from heddle.verify.machine import MemoryTiming
from heddle.verify.machine_cases import LayerCase, MachineCase, can_prune, drawn_cases, pruning_of
from heddle.verify.machine_program import FolderCase
from heddle.verify.operands import Extents
from heddle.verify.selection import WORKLOAD_BATCH, check_exclusive, check_sizes

#: Drawn layers where nobody says how many: some minutes on a small design, most of them for its model.
DRAWN_CASES = 20
#: The passes that have products; the machine has no updates.
PRODUCT_PASSES: tuple[Pass, ...] = ("ff", "bp", "wu")
#: Elements of a product's operands and result: the model takes hours for so many.
_MOST_ELEMENTS = 1 << 22
_ANY_SIZES = InputSizes()


@dataclass(frozen=True)
class MachineSelection:
    """What the whole machine is verified with; drawn layers without ``gemm``, ``workload`` and ``program``.

    ``count`` of them are drawn, DRAWN_CASES where None. ``passes`` are those of a product or a network, all where
    None. ``latency_clocks`` and ``beat_clocks`` are memory's, drawn with drawn layers where both are None. ``seed``
    draws layers, operands and stalls. ``recipe`` and ``sizes`` are those of ``workload``. ``case`` names the only one.

    Raises HeddleError for what does not go together.
    """

    gemm: Extents | None = None
    workload: str | None = None
    program: Path | None = None
    count: int | None = None
    passes: tuple[Pass, ...] | None = None
    recipe: str = "bdwp"
    sizes: InputSizes = _ANY_SIZES
    dataflow: Dataflow | None = None
    latency_clocks: int | None = None
    beat_clocks: int | None = None
    seed: int = 0
    case: str | None = None

    def __post_init__(self) -> None:
        check_exclusive(
            {"--gemm": self.gemm, "--workload": self.workload, "--program": self.program, "--cases": self.count}
        )
        if self.passes is not None and self.gemm is None and self.workload is None:
            raise HeddleError("--passes needs --gemm or --workload, of which it names passes")
        if self.program is not None and self.dataflow is not None:
            raise HeddleError("--program and --dataflow exclude each other: the program has its dataflows")
        check_sizes(self.sizes, self.workload)

    @property
    def timing(self) -> MemoryTiming | None:
        """The memory that is asked for; None where it is to be drawn."""
        is_drawn = self.gemm is None and self.workload is None and self.program is None
        if is_drawn and self.latency_clocks is None and self.beat_clocks is None:
            return None
        given = MemoryTiming(seed=self.seed)
        return replace(
            given,
            latency_clocks=given.latency_clocks if self.latency_clocks is None else self.latency_clocks,
            beat_clocks=given.beat_clocks if self.beat_clocks is None else self.beat_clocks,
        )


@dataclass(frozen=True)
class MachineSuite:
    """The cases of a selection, and what is to be told of what they leave out."""

    cases: tuple[MachineCase, ...]
    notes: tuple[str, ...] = ()


def machine_suite(selection: MachineSelection, design: Design, board: Board) -> MachineSuite:
    """Return the cases that ``selection`` names.

    Raises HeddleError for a dataflow that the design has not, an unknown case, recipe or workload, and a file that
    cannot be read.
    """
    if selection.dataflow is not None and selection.dataflow not in design.array.dataflows:
        raise unknown(f"dataflow of design {design.name!r}", selection.dataflow, design.array.dataflows, "--dataflow")
    suite = _suite(selection, design, board)
    if selection.case is None:
        return suite
    names = [case.name for case in suite.cases]
    if selection.case not in names:
        raise unknown("case", selection.case, names, "--case")
    return replace(suite, cases=tuple(case for case in suite.cases if case.name == selection.case))


def _suite(selection: MachineSelection, design: Design, board: Board) -> MachineSuite:
    timing, dataflow = selection.timing, selection.dataflow or "auto"
    if timing is None or (selection.gemm is None and selection.workload is None and selection.program is None):
        count = DRAWN_CASES if selection.count is None else selection.count
        drawn = drawn_cases(design, board, count, selection.seed, dataflow)
        return MachineSuite(tuple(case if timing is None else case.on(timing) for case in drawn))
    if selection.program is not None:
        return MachineSuite((FolderCase(selection.program, timing),))
    if selection.gemm is not None:
        passes = selection.passes or PRODUCT_PASSES
        return MachineSuite(tuple(_gemm_cases(selection.gemm, passes, design, timing, dataflow)))
    return _workload_suite(selection, design, board, timing, dataflow)


def _gemm_cases(
    extents: Extents, passes: Sequence[Pass], design: Design, timing: MemoryTiming, dataflow: DataflowChoice
) -> Iterator[LayerCase]:
    """A linear layer whose FF is the product: its passes at the design's N:M, dense where groups are not whole."""
    elements = extents.m * extents.k + extents.k * extents.n + extents.m * extents.n
    if elements > _MOST_ELEMENTS:
        raise HeddleError(
            f"--gemm: operands and result have {elements:,} elements, and a case holds at most {_MOST_ELEMENTS:,}; "
            "verify a smaller product, which needs the same hardware"
        )
    layer = LinearLayer(f"{extents.m}x{extents.k}x{extents.n}", extents.m, extents.k, extents.n)
    for pass_name in passes:
        is_pruned = design.sparsity.n < design.sparsity.m and can_prune(layer, pass_name, design)
        pruning = pruning_of(design.sparsity.n, design) if is_pruned else NOT_PRUNED
        yield LayerCase(layer, pass_name, 1, pruning, timing, dataflow)


def _workload_suite(
    selection: MachineSelection, design: Design, board: Board, timing: MemoryTiming, dataflow: DataflowChoice
) -> MachineSuite:
    """The passes of a network's layers, each cut to a few tiles; equal ones run once."""
    from heddle.dataflow.load import load_network

    assert selection.workload is not None
    network = load_network(selection.workload, WORKLOAD_BATCH, selection.sizes)
    options = StepOptions(batch=WORKLOAD_BATCH, passes=selection.passes or PRODUCT_PASSES)
    passes, left_out = step_passes(step_work(network, recipe_named(selection.recipe), design, board, options))
    cases: dict[tuple[ProductLayer, Pass, Pruning], LayerCase] = {}
    for each in passes:
        layer = cut_layer(each.maps, WORKLOAD_BATCH, design)
        case = LayerCase(layer, each.pass_name, WORKLOAD_BATCH, each.pruning, timing, dataflow)
        cases.setdefault((_bare(layer), each.pass_name, each.pruning), case)
    return MachineSuite(tuple(cases.values()), _notes(left_out))


def _bare(layer: ProductLayer) -> ProductLayer:
    """``layer`` without what tells layers of the same shape apart, which has no part in a pass."""
    if isinstance(layer, MatmulLayer):
        return replace(layer, name="")
    return replace(layer, name="", weight_of="", bias=False, input_gradient=True, keep_dense=False)


def _notes(left_out: Sequence[LeftOut]) -> tuple[str, ...]:
    return (left_out_note(left_out),) if left_out else ()
