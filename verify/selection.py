"""Which cases verify a design: of the array and, where no products are named, of the lanes beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from heddle.arch.boards import Board
from heddle.arch.design import Dataflow, Design
from heddle.arch.errors import HeddleError, unknown
from heddle.dataflow.input_sizes import InputSizes
from heddle.dataflow.recipes import recipe_named
from heddle.dataflow.training import StepOptions, training_step
from heddle.verify.benches import Bench, array_bench, block_benches
from heddle.verify.operands import Extents
from heddle.verify.suite import Run, default_suite, gemm_suite, workload_suite
from heddle.verify.unit_bench import UnitBench, unit_bench
from heddle.verify.weights import weight_suite

_AnyBench = TypeVar("_AnyBench", Bench, UnitBench)

#: Samples of a network whose layers are verified.
WORKLOAD_BATCH = 2
_ANY_SIZES = InputSizes()


@dataclass(frozen=True)
class Selection:
    """What is verified; a suite of products and the lanes without ``gemm``, ``workload`` and ``weights``.

    ``weights`` is a file of trained weights, of which ``layer`` names one; ``recipe`` is that of ``workload``, and
    ``sizes`` are those of its inputs where it is an ONNX file.
    ``dataflow`` is None for all that the design has, ``case`` for all cases. ``seed`` draws operands and stalls.

    Raises HeddleError where two kinds of products are given, and a layer without weights.
    """

    gemm: Extents | None = None
    workload: str | None = None
    sizes: InputSizes = _ANY_SIZES
    weights: Path | None = None
    layer: str | None = None
    recipe: str = "bdwp"
    dataflow: Dataflow | None = None
    seed: int = 0
    case: str | None = None

    def __post_init__(self) -> None:
        check_exclusive({"--gemm": self.gemm, "--workload": self.workload, "--weights": self.weights})
        if self.layer is not None and self.weights is None:
            raise HeddleError("--layer needs --weights FILE, the file that holds the layer")
        check_sizes(self.sizes, self.workload)

    @property
    def products(self) -> tuple[str, ...]:
        """The options given that say which products are verified."""
        given = {"--gemm": self.gemm, "--workload": self.workload, "--weights": self.weights}
        return tuple(name for name, value in given.items() if value is not None)


def check_exclusive(given: Mapping[str, object]) -> None:
    """Raise HeddleError where more than one of these options has a value."""
    names = [name for name, value in given.items() if value is not None]
    if len(names) > 1:
        raise HeddleError(f"{names[0]} and {names[1]} exclude each other; give one of them")


def check_sizes(sizes: InputSizes, workload: str | None) -> None:
    """Raise HeddleError for sizes of inputs without the file that has them."""
    if sizes != _ANY_SIZES and workload is None:
        raise HeddleError("--input, --batch-axis and --no-batch need --workload FILE, the .onnx file")


def selected_benches(selection: Selection, design: Design, board: Board, command: str) -> list[Bench | UnitBench]:
    """Return the benches of ``selection``; ``command`` is the command line that has all their cases.

    Raises HeddleError for a dataflow that the design has not, an unknown case, recipe, layer or workload, and a file
    that cannot be read.
    """
    runs = _suite(selection, design)
    blocks = [] if selection.products else list(block_benches(design, board, selection.seed))
    units = UnitBench(()) if selection.products else unit_bench(design, selection.seed, command)
    if selection.case is not None:
        of_blocks = [name for block in blocks for name in block.case_names]
        names = [*(run.name for run in runs), *of_blocks, *(case.name for case in units.cases)]
        if selection.case not in names:
            raise unknown("case", selection.case, names, "--case")
        runs = [run for run in runs if run.name == selection.case]
        blocks = [block for block in blocks if selection.case in block.case_names]
    benches = [array_bench(design, board, runs, command)] if runs else []
    benches += [block.build(command) for block in blocks]
    chosen: list[Bench | UnitBench] = [
        *(_only(bench, selection.case) for bench in benches),
        _only(units, selection.case),
    ]
    return [bench for bench in chosen if bench.cases]


def _only(bench: _AnyBench, name: str | None) -> _AnyBench:
    """The bench with the case called ``name``; with all of them without one."""
    return replace(bench, cases=tuple(case for case in bench.cases if name in (None, case.name)))


def _suite(selection: Selection, design: Design) -> Sequence[Run]:
    dataflows, seed = _dataflows(selection.dataflow, design), selection.seed
    if selection.weights is not None:
        return weight_suite(selection.weights, selection.layer, design, dataflows, seed)
    if selection.gemm is not None:
        return gemm_suite(design, dataflows, selection.gemm, seed)
    if selection.workload is not None:
        from heddle.dataflow.load import load_network

        network = load_network(selection.workload, WORKLOAD_BATCH, selection.sizes)
        recipe = recipe_named(selection.recipe)
        options = StepOptions(batch=WORKLOAD_BATCH, operand=design.numbers.operand)
        step = training_step(network, recipe, design.sparsity, options)
        return workload_suite(step, design, dataflows, seed)
    return default_suite(design, dataflows, seed)


def _dataflows(given: Dataflow | None, design: Design) -> tuple[Dataflow, ...]:
    """The dataflow that is asked for, or all that the design has."""
    if given is None:
        return design.array.dataflows
    if given not in design.array.dataflows:
        raise unknown(f"dataflow of design {design.name!r}", given, design.array.dataflows, "--dataflow")
    return (given,)
