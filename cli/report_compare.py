"""``heddle report A B``: what differs between two runs or designs, as a page, as tables and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from heddle.arch.boards import load_board
from heddle.arch.design_io import load_design, override, preset_names
from heddle.arch.errors import HeddleError
from heddle.arch.run_dir import check_file_target
from heddle.arch.sparsity import parse_sparsity
from heddle.arch.toml_file import is_path
from heddle.cli.exit_codes import SUCCESS
from heddle.cli.options.report import ReportOptions
from heddle.cli.options.shared import TrainingOptions
from heddle.cli.output import print_document, print_notes, print_paths, print_tables
from heddle.cli.progress import show_status
from heddle.dataflow.network_choice import NetworkChoice
from heddle.dataflow.recipes import recipe_named
from heddle.reports.review.compare import Comparison, Side, compare
from heddle.reports.review.compare_page import write_comparison
from heddle.reports.runs.documents.comparison import ComparisonDocument
from heddle.reports.runs.gather import Subject, read_holdings, subject_of
from heddle.reports.runs.work_file import WorkFile, saved_work, work_file
from heddle.reports.terminal_tables import FittedTable
from heddle.sim.step_run import run_step

PAGE_NAME = "comparison.html"


def compare_two(options: ReportOptions) -> int:
    """Compare, print and write as the options ask; raises HeddleError for what is no run and no design."""
    first = options.paths[0]
    are_folders = [_is_folder(word) for word in options.paths]
    _check_options(options, are_folders)
    subjects = [
        _of_folder(Path(word), options) if is_folder else _of_design(word, options.sparsity)
        for word, is_folder in zip(options.paths, are_folders, strict=True)
    ]
    if options.pick is not None and not any(subject.front for subject in subjects):
        raise HeddleError("--pick: no folder given holds the front of an exploration")
    out = options.out or (Path(first) / PAGE_NAME if are_folders[0] else Path(PAGE_NAME))
    check_file_target(out)
    shared = _shared_work(options, subjects)
    sides = [_side(word, subject, shared) for word, subject in zip(options.paths, subjects, strict=True)]
    comparison = compare(*sides)
    page = write_comparison(comparison, out)
    if options.json:
        print_document(ComparisonDocument.of(page, comparison))
        return SUCCESS
    print_tables(_tables(comparison))
    print_paths([page])
    return SUCCESS


def _is_folder(word: str) -> bool:
    """True for a folder of results; a preset's name is the preset, whatever folder has the same name."""
    if not word:
        raise HeddleError("A B: is empty; give a folder of results, a preset or a design's .toml")
    if word in preset_names():
        return False
    if is_path(word) and not word.endswith(".toml") and not Path(word).exists():
        raise HeddleError(f"{word}: no such folder")
    return Path(word).is_dir()


def _check_options(options: ReportOptions, are_folders: Sequence[bool]) -> None:
    """Refuse options that would have no effect."""
    if options.workload is None:
        for option, value in (("--batch", options.batch), ("--recipe", options.recipe)):
            if value is not None:
                raise HeddleError(f"{option}: needs --workload, the network that it is of")
    if all(are_folders):
        for option, value in (("--workload", options.workload), ("--sparsity", options.sparsity)):
            if value is not None:
                raise HeddleError(f"{option}: is for designs; both folders say themselves what they ran")


def _of_folder(folder: Path, options: ReportOptions) -> Subject:
    held = read_holdings(folder)
    print_notes(held.problems)
    subject = subject_of(held, options.pick if held.fronts else None)
    if subject.is_default:
        raise HeddleError(f"{folder}: names no design to compare; train with --design, or simulate")
    return subject


def _of_design(word: str, sparsity: str | None) -> Subject:
    design = load_design(word)
    if sparsity is not None:
        kept = parse_sparsity(sparsity)
        design = override(design, {"sparsity.n": kept.n, "sparsity.m": kept.m}, "--sparsity")
    return Subject(design, load_board(design.board), None, None, None)


def _shared_work(options: ReportOptions, subjects: list[Subject]) -> WorkFile | None:
    """What designs run: the ``--workload``, or without one the work of the folder beside them; None without either."""
    if options.workload is None:
        return next((subject.saved for subject in subjects if subject.saved is not None), None)
    defaults = TrainingOptions()
    recipe = recipe_named(options.recipe or defaults.recipe)
    chosen = NetworkChoice(options.workload)
    chosen = chosen if options.batch is None else replace(chosen, batch=options.batch)
    return work_file(chosen, chosen.load(), recipe, "sgd", defaults.pregenerate, subjects[0].board)


def _side(word: str, subject: Subject, shared: WorkFile | None) -> Side:
    """One side, run on the engines where there is something to run."""
    saved = subject.saved or shared
    if saved is None:
        return Side(word, subject.design, subject.board, None, None, {})
    work = replace(saved_work(saved, subject.design), board=subject.board)
    with show_status(f"simulating {work.network.name} on {work.design.name}"):
        simulated = run_step(work, "engines")
    conditions = {
        "workload": work.network.name,
        "batch": str(saved.batch),
        "recipe": saved.recipe,
        "optimizer": saved.optimizer,
        "packed weights": "written by the update" if saved.pregenerate else "pruned at every load",
        "passes": ",".join(saved.passes),
        "dataflow": work.dataflow,
        "minimised": work.minimise,
        "network": saved.network_sha256[:12],
    }
    return Side(word, subject.design, subject.board, simulated.result, simulated.other_dense, conditions)


def _tables(comparison: Comparison) -> list[FittedTable]:
    """What changed and the figures, for a terminal."""
    figures = [[row.name, *row.cells] for row in comparison.figures]
    changed = [[change.key, change.a, change.b] for change in (*comparison.conditions, *comparison.changed)]
    fits = [f"A {comparison.fit_a}", f"B {comparison.fit_b}"]
    title = f"A {comparison.a.name} against B {comparison.b.name}"
    tables = [FittedTable(title, ["", "A", "B", "B ÷ A"], figures, 1, fits, ())]
    if changed:
        tables.append(FittedTable("What changed", ["key", "A", "B"], changed, 1, [], ()))
    return tables
