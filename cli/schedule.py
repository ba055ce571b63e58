"""``heddle schedule``: how every product of a training step is mapped, and what that was chosen over."""

from __future__ import annotations

from typing import Any

from heddle.arch.json_file import json_text
from heddle.arch.run_dir import write_atomically
from heddle.cli.exit_codes import FAILED_CHECK, SUCCESS
from heddle.cli.options.schedule import ScheduleOptions
from heddle.cli.options.shared import MachineOptions, NetworkOptions, OutputOptions, PassOptions, TrainingOptions
from heddle.cli.output import (
    failures_json,
    print_failures,
    print_json,
    print_notes,
    print_paths,
    print_tables,
)
from heddle.cli.work import load_work, network_choice
from heddle.dataflow.scheduler import ProductSchedule, Schedule, TileMapping, schedule_step
from heddle.dataflow.step_items import ProductPass
from heddle.dataflow.work import StepWork, work_hashes
from heddle.reports.runs.record import RunRecord, run_folder

_DECIMALS = 3


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
    schedule = schedule_step(work.step, work.design, work.board, work.dataflow)
    document = schedule_json(schedule, work)
    written = []
    if folder is not None:
        from heddle.reports.runs.work_file import step_file, write_work

        written.append(write_atomically(folder / "schedule.json", json_text(document).encode()))
        written.append(write_work(folder, step_file(network_choice(network), machine.board, work)))
        written.append(record.write(folder, work_hashes(network.workload, work)))
    print_notes(work.notes)
    if output.json:
        print_json(document)
    else:
        from heddle.reports.terminal_tables import schedule_table

        print_tables([schedule_table(schedule, output.limit or None)])
        print_paths(written)
    print_failures(schedule.failures)
    return FAILED_CHECK if schedule.failures else SUCCESS


def schedule_json(schedule: Schedule, work: StepWork) -> dict[str, Any]:
    """Return the document of ``heddle schedule``: one entry a product, in program order.

    A pass has several products where a strided convolution's BP is split by phase.
    """
    items = [item for item in schedule.step.items if isinstance(item, ProductPass)]
    return {
        "design": work.design.model_dump(mode="json"),
        "workload": schedule.step.network,
        "batch": schedule.step.batch,
        "recipe": schedule.step.recipe,
        "sparsity": schedule.step.sparsity,
        "passes": [_product(item, entry) for item in items for entry in schedule.of(item)],
        "failures": failures_json(schedule.failures),
        "notes": list(work.notes),
    }


def _product(item: ProductPass, entry: ProductSchedule) -> dict[str, Any]:
    product = entry.product
    others = [other for name, other in entry.best_by_dataflow.items() if name != entry.mapping.dataflow]
    return {
        "layer": item.layer,
        "pass": item.pass_name,
        "m": product.m,
        "k": product.k,
        "n": product.n,
        "count": product.count,
        "sparsity": f"{product.keep_n}:{product.group_m}",
        **_mapping(entry.mapping),
        "chosen_over": _mapping(others[0]) if others else None,
    }


def _mapping(mapping: TileMapping) -> dict[str, Any]:
    return {
        "dataflow": mapping.dataflow,
        "interleave": {"rows": mapping.interleave_rows, "cols": mapping.interleave_cols},
        "loop_order": mapping.loop_order,
        "tile": {"m": mapping.tile_m, "k": mapping.tile_k, "n": mapping.tile_n},
        "tiles": {"m": mapping.tiles_m, "k": mapping.tiles_k, "n": mapping.tiles_n},
        "cycles": round(mapping.cycles, _DECIMALS),
        "compute_cycles": round(mapping.compute_cycles, _DECIMALS),
        "dram_bytes": mapping.dram_bytes,
    }
