"""``heddle schedule``: how every product of a training step is mapped, and what that was chosen over."""

from __future__ import annotations

from heddle.arch.run_dir import write_pieces
from heddle.cli.exit_codes import FAILED_CHECK, SUCCESS
from heddle.cli.options.schedule import ScheduleOptions
from heddle.cli.options.shared import MachineOptions, NetworkOptions, OutputOptions, PassOptions, TrainingOptions
from heddle.cli.output import (
    print_failures,
    print_notes,
    print_paths,
    print_pieces,
    print_tables,
)
from heddle.cli.progress import show_progress
from heddle.cli.work import load_work, network_choice
from heddle.dataflow.scheduler import schedule_step
from heddle.dataflow.work import work_hashes
from heddle.reports.runs.documents.schedule import schedule_text
from heddle.reports.runs.record import RESULT_MARKS, RunRecord, run_folder


def run(
    network: NetworkOptions,
    training: TrainingOptions,
    step: PassOptions,
    machine: MachineOptions,
    scheduling: ScheduleOptions,
    output: OutputOptions,
) -> int:
    """Schedule and print as the options ask; return FAILED_CHECK when a pass could not be mapped, else SUCCESS."""
    record = RunRecord()
    work = load_work(network, training, step, machine)
    folder = run_folder(scheduling.out, "schedule")
    with show_progress(f"scheduling {work.network.name}") as progress:
        schedule = schedule_step(work.step, work.design, work.board, work.dataflow, work.minimise, progress)
    written = []
    if folder is not None:
        from heddle.reports.runs.work_file import WORK_NAME, step_file

        written.append(write_pieces(folder / RESULT_MARKS["schedule"], schedule_text(schedule, work)))
        written.append(step_file(network_choice(network), machine.board, work).write(folder / WORK_NAME))
        written.append(record.write(folder, work_hashes(network.workload, work)))
    print_notes(work.notes)
    if output.json:
        print_pieces(schedule_text(schedule, work))
    else:
        from heddle.reports.terminal_tables import schedule_table

        print_tables([schedule_table(schedule, output.limit or None)])
        print_paths(written)
    print_failures(schedule.failures)
    return FAILED_CHECK if schedule.failures else SUCCESS
