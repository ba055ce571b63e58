"""Verbs of the command that are more than one function of the packages below: compile, generate, report, compare."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from heddle.arch.boards import Board, load_board
from heddle.arch.design import Design
from heddle.arch.folder_lock import release_folders
from heddle.arch.run_dir import check_file_target, write_atomically
from heddle.dataflow.network import Network
from heddle.dataflow.program.step_program import StepProgram, step_program
from heddle.dataflow.recipes import Recipe
from heddle.dataflow.training import StepOptions
from heddle.dataflow.work import machine_hashes, step_work, work_hashes
from heddle.hls.files import GeneratedDesign, generated_design
from heddle.reports.review.build import build_review
from heddle.reports.review.compare import Comparison, Side
from heddle.reports.review.compare import compare as compare_sides
from heddle.reports.review.compare_page import write_comparison
from heddle.reports.review.index import REPORT_NAME
from heddle.reports.review.page import write_review
from heddle.reports.runs.gather import read_holdings, subject_of
from heddle.reports.runs.program_files import ImageChoice, write_program
from heddle.reports.runs.record import RunRecord, result_folder
from heddle.sim.result import StepResult


@dataclass(frozen=True)
class ReportPage:
    """A page that was written, the ``sections`` that it has, and what in the folder could not be read."""

    html: Path
    sections: tuple[str, ...]
    problems: tuple[str, ...]


def generate(design: Design, out: Path | str | None = None, *, board: Board | None = None) -> GeneratedDesign:
    """Return ``design`` as Verilog with the files that a simulator needs; written into the folder ``out`` if given.

    ``board`` is the design's own where none is given. Raises HeddleError for a design that is no hardware, and a
    folder that cannot be used.

    >>> heddle.generate(heddle.load_design("tiny")).top
    'heddle_array'
    """
    board = board or load_board(design.board)
    record = RunRecord()
    generated = generated_design(design, board)
    if out is not None:
        try:
            folder = result_folder(Path(out), "generate")
            for name, text in generated.files.items():
                write_atomically(folder / name, text.encode())
            record.write(folder, machine_hashes(design, board))
        finally:
            release_folders()
    return generated


def compile_program(
    network: Network,
    recipe: Recipe,
    design: Design,
    options: StepOptions,
    out: Path | str | None = None,
    *,
    board: Board | None = None,
    image: bool | None = None,
    seed: int = 0,
    weights: Path | str | None = None,
) -> StepProgram:
    """Return a training step as a program of the machine, with the map of its memory; written into ``out`` if given.

    ``board`` is the design's own where none is given. ``seed`` draws the operands of the memory's image, ``weights`` is
    a file of trained weights for it, and ``image`` says whether it is written; None writes one of at most 1 GiB. Raises
    HeddleError for a recipe without a program, tensors that the memory does not hold, weights that do not fit, and a
    folder that cannot be used.

    >>> compiled = heddle.compile_program(network, heddle.recipe_named("bdwp"), design, heddle.StepOptions(batch=4))
    >>> compiled.program.memory.address("fc1.x"), len(compiled.program.products)
    (0, 8)
    """
    board = board or load_board(design.board)
    record, work = RunRecord(), step_work(network, recipe, design, board, options)
    compiled = step_program(work)
    choice = ImageChoice(image, seed, None if weights is None else Path(weights))
    operands = choice.operands(compiled)
    if out is not None:
        try:
            folder = result_folder(Path(out), "compile")
            write_program(folder, compiled, operands, choice.notes(compiled))
            record.write(folder, work_hashes(network.source, work) | choice.hashes)
        finally:
            release_folders()
    return compiled


def report(folder: Path | str, out: Path | str | None = None, *, pick: int | None = None) -> ReportPage:
    """Make one page of all the results that lie in ``folder``, and say what could not be read.

    The page is ``report.html`` in the folder where ``out`` names no other file. ``pick`` is the row of an
    exploration's front whose design is shown. Raises HeddleError where there is nothing to show.

    >>> heddle.report("runs/first").html  # doctest: +SKIP
    PosixPath('runs/first/report.html')
    """
    held = read_holdings(Path(folder))
    page = Path(out) if out is not None else Path(folder) / REPORT_NAME
    check_file_target(page)
    built = build_review(held, subject_of(held, pick), page.parent)
    return ReportPage(write_review(built.review, page), built.sections, built.problems)


def compare(a: StepResult | Design, b: StepResult | Design, out: Path | str | None = None) -> Comparison:
    """Hold two simulated steps, or two designs, against each other; written as a page to the file ``out`` if given.

    Each stands on its design's own board. Raises HeddleError for a file that cannot be written.

    >>> [change.key for change in heddle.compare(design, heddle.override(design, {"array.rows": 8})).changed]
    ['array.rows']
    """
    comparison = compare_sides(_side(a), _side(b))
    if out is not None:
        check_file_target(Path(out))
        write_comparison(comparison, Path(out))
    return comparison


def _side(given: StepResult | Design) -> Side:
    if isinstance(given, Design):
        return Side(given.name, given, load_board(given.board), None, None, {})
    words = {"workload": given.network, "batch": str(given.batch), "recipe": given.recipe, "sparsity": given.sparsity}
    return Side(given.design.name, given.design, load_board(given.design.board), given, None, words)
