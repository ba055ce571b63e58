"""``heddle simulate``: one training step on one design, in cycles, joules and bytes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from heddle.arch.errors import HeddleError
from heddle.arch.interruptible import interruptible
from heddle.arch.run_dir import check_file_target, sha256_of
from heddle.cli.exit_codes import FAILED_CHECK, SUCCESS
from heddle.cli.options.shared import MachineOptions, NetworkOptions, OutputOptions, PassOptions, TrainingOptions
from heddle.cli.options.simulate import SimulateOptions
from heddle.cli.output import print_failures, print_notes, print_paths, print_pieces, print_tables
from heddle.cli.power_file import load_power
from heddle.cli.progress import show_progress
from heddle.cli.verbosity import timed
from heddle.cli.work import load_work, network_choice, one_of
from heddle.dataflow.scheduler import Schedule
from heddle.dataflow.work import StepWork, work_hashes
from heddle.reports.energy_source import MODEL_SOURCE, power_source, with_power
from heddle.reports.runs.documents.step import step_text
from heddle.reports.runs.record import RunRecord, run_folder
from heddle.sim.levels import LEVELS, Level
from heddle.sim.step_run import StepRun, run_both, schedule_both
from heddle.synth.vivado.reports import PowerReport


def run(
    network: NetworkOptions,
    training: TrainingOptions,
    step: PassOptions,
    machine: MachineOptions,
    simulation: SimulateOptions,
    output: OutputOptions,
) -> int:
    """Simulate, print and write as the options ask; FAILED_CHECK when a pass could not be mapped, else SUCCESS."""
    record = RunRecord()
    level = one_of(simulation.level, LEVELS, "--level", "level")
    if simulation.plots and simulation.out is None:
        raise HeddleError("--plots needs --out DIR, the folder to draw into")
    work = load_work(network, training, step, machine)
    power = load_power(simulation.power) if simulation.power else None
    folder = run_folder(simulation.out, "simulate")
    if simulation.trace is not None:
        _check_trace(simulation.trace, level)
    simulated = _simulate(work, level)
    energy_source = MODEL_SOURCE
    if power is not None:
        simulated, energy_source = _powered(simulated, power), power_source(power, work.board)
        print_notes([f"energy on chip: {energy_source}"])
    written = _write_trace(simulation.trace, simulated.schedule, work) if simulation.trace else []
    if folder is not None:
        from heddle.reports.runs.work_file import WORK_NAME, step_file

        written += _write_results(folder, simulated, work, simulation.plots)
        written.append(step_file(network_choice(network), machine.board, work).write(folder / WORK_NAME))
        power_hash = {"power": sha256_of(simulation.power)} if simulation.power else {}
        written.append(record.write(folder, work_hashes(network.workload, work) | power_hash))
    print_notes(work.notes)
    if output.json:
        print_pieces(step_text(simulated.result, simulated.dense, work.notes, energy_source))
    else:
        _print_result(simulated, output.limit)
        print_paths(written)
    print_failures(simulated.result.failures)
    return FAILED_CHECK if simulated.result.failures else SUCCESS


def _check_trace(path: Path, level: Level) -> None:
    check_file_target(path)
    if level == "estimate":
        print_notes([f"{path} is the timeline of the engines; the figures are those of the estimate"])


def _powered(simulated: StepRun, power: PowerReport) -> StepRun:
    """Both steps with a power report's watts in place of the model's energy on chip."""
    result = with_power(simulated.result, power)
    dense = simulated.other_dense
    return replace(simulated, result=result, dense=with_power(dense, power) if dense else result)


def _simulate(work: StepWork, level: Level) -> StepRun:
    """Schedule and run the step, with progress but for the closed form, which is done before any would be read."""
    with show_progress(f"scheduling {work.network.name}") as progress:
        schedules = schedule_both(work, progress)
    label = f"simulating {work.network.name}"
    if level == "estimate":
        with timed(label):
            return run_both(schedules, work, level)
    with show_progress(label) as progress:
        return run_both(schedules, work, level, progress)


def _write_trace(path: Path, schedule: Schedule, work: StepWork) -> list[Path]:
    from heddle.sim.timeline import write_trace

    left_out = interruptible(lambda: write_trace(path, schedule, work.design, work.board))
    if left_out:
        print_notes([f"{path} holds the first instructions and every pass; {left_out:,} instructions are left out"])
    return [path]


def _write_results(folder: Path, simulated: StepRun, work: StepWork, with_plots: bool) -> list[Path]:
    from heddle.reports.review.index import step_index, write_index
    from heddle.reports.runs.step_files import write_results

    result, plots = simulated.result, []
    written = write_results(result, folder)
    if with_plots:
        from heddle.reports.plots.draw import plot_layers, plot_roofline

        plots = plot_layers(result, folder) + plot_roofline(result, work.board, folder)
    page = write_index(step_index(result, simulated.dense), plots, folder)
    return [*written, *plots, page]


def _print_result(simulated: StepRun, limit: int) -> None:
    from heddle.reports.terminal_tables import pass_table, summary_table

    result = simulated.result
    print_tables([summary_table(result, simulated.other_dense), pass_table(result, limit or len(result.passes))])
