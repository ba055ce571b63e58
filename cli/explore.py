"""``heddle explore``: the designs of a space that nothing beats in all objectives at once."""

from __future__ import annotations

import os
import sys
from itertools import permutations
from pathlib import Path

from heddle.arch.boards import load_board
from heddle.arch.errors import HeddleError
from heddle.arch.sparsity import parse_sparsity
from heddle.cli.exit_codes import FAILED_CHECK, INTERRUPTED, SUCCESS
from heddle.cli.options.explore import ExploreOptions
from heddle.cli.options.shared import NetworkOptions, OutputOptions, TrainingOptions
from heddle.cli.output import print_document, print_error, print_notes, print_paths, print_tables
from heddle.cli.progress import show_progress
from heddle.cli.work import network_choice, one_of, words
from heddle.dataflow.choices import OPTIMIZERS
from heddle.dataflow.recipes import recipe_named
from heddle.dataflow.work import check_countable
from heddle.dse.explore import Exploration, Interrupted, explore
from heddle.dse.measured_accuracy import Accuracies, read_accuracies
from heddle.dse.objectives import ACCURACY, OBJECTIVE_COLUMNS
from heddle.dse.request import ExploreRequest, default_objectives, objectives_with
from heddle.dse.space import Space, load_space, with_sparsities
from heddle.reports.runs.documents.exploration import ExplorationDocument, ExplorationFacts
from heddle.reports.runs.record import run_folder
from heddle.reports.runs.work_file import WORK_NAME, exploration_file


def run(network: NetworkOptions, training: TrainingOptions, search: ExploreOptions, output: OutputOptions) -> int:
    """Explore, print and write as the options ask; return FAILED_CHECK when no design is feasible, else SUCCESS."""
    request = _request(network, training, search)
    folder = run_folder(search.out, "explore")
    workers = search.workers or os.cpu_count() or 1
    with show_progress(f"exploring {request.network.name}") as progress:
        try:
            found = explore(request, out=folder, workers=workers, progress=progress)
        except Interrupted as stop:
            print_error(str(stop))
            return INTERRUPTED
    written = _write_reports(found, folder) if folder and found.points else []
    if folder:
        written.append(exploration_file(network_choice(network), search.board, found).write(folder / WORK_NAME))
    print_notes(request.notes)
    if output.json:
        print_document(ExplorationDocument.of(found))
    elif found.points:
        _print_front(found, output.limit)
        print_paths(written)
    if not found.points:
        print(f"heddle: no design is feasible: {_skipped(found) or 'the space is empty'}", file=sys.stderr)
    return SUCCESS if found.points else FAILED_CHECK


def _request(network: NetworkOptions, training: TrainingOptions, search: ExploreOptions) -> ExploreRequest:
    recipe, space = recipe_named(training.recipe), _space(search)
    accuracies = read_accuracies(search.accuracy, recipe, space.sparsities) if search.accuracy else None
    request = ExploreRequest(
        network=network_choice(network).load(),
        batch=network.batch,
        recipe=recipe,
        board=load_board(search.board),
        space=space,
        objectives=_objectives(search.objectives, accuracies),
        optimizer=one_of(training.optimizer, OPTIMIZERS, "--optimizer", "optimizer"),
        pregenerate=training.pregenerate,
        accuracies=accuracies,
        layer_sparsity=training.layer_sparsity,
    )
    for sparsity in request.space.sparsities:
        check_countable(request.step(sparsity))
    return request


def _objectives(text: str | None, accuracies: Accuracies | None) -> tuple[str, ...]:
    if text is None:
        return default_objectives(accuracies)
    named = words(text, "--objectives")
    if accuracies is None and ACCURACY in map(str.casefold, named):
        raise HeddleError("--objectives: 'accuracy' is measured, not simulated; give the measured ones with --accuracy")
    return tuple(one_of(word, objectives_with(accuracies), "--objectives", "objective") for word in named)


def _space(search: ExploreOptions) -> Space:
    space = load_space(search.space)
    if search.sparsity is None:
        return space
    return with_sparsities(space, [parse_sparsity(word) for word in words(search.sparsity, "--sparsity")])


def _write_reports(found: Exploration, folder: Path) -> list[Path]:
    from heddle.reports.plots.draw import plot_pareto
    from heddle.reports.review.index import explore_index, write_index

    request = found.request
    title = f"{request.network.name}, batch {request.batch}, {request.recipe.name} on {request.board.name}"
    _remove_plots(folder)
    plots = plot_pareto(found.front, found.sample, request.objectives, title, folder)
    page = write_index(explore_index(ExplorationFacts.of(found), found.front), plots, folder)
    data = ("results.parquet", "pareto.csv", "pareto.parquet", "provenance.json")
    return [*(folder / name for name in data), *plots, page]


def _remove_plots(folder: Path) -> None:
    """Remove the front's plots of an earlier run, which may have had other objectives."""
    for x_name, y_name in permutations(OBJECTIVE_COLUMNS, 2):
        for ending in ("svg", "png"):
            (folder / f"pareto-{x_name}-{y_name}.{ending}").unlink(missing_ok=True)


def _print_front(found: Exploration, limit: int) -> None:
    from heddle.reports.runs.documents.exploration import SearchOutcome
    from heddle.reports.search_line import evaluated
    from heddle.reports.terminal_tables import pareto_table

    print_tables([pareto_table(found.front, found.request.objectives, limit or len(found.front))])
    how = evaluated(SearchOutcome.of(found))
    if found.points_per_second:  # 0 where earlier runs did all
        how += f", {found.points_per_second:,.0f} a second"
    print(f"{found.points:,} designs{how}. Not feasible: {_skipped(found) or 'none'}.")
    if found.request.accuracies:
        print(f"Accuracy as measured, not simulated: {found.request.accuracies.source}.")


def _skipped(found: Exploration) -> str:
    return ", ".join(f"{count:,} {reason}" for reason, count in found.skipped.items() if count)
