"""A StepResult as the JSON document of ``heddle simulate``. Its keys are an interface: they are only added to."""

from __future__ import annotations

from typing import Any

from heddle.cli.output import failures_json
from heddle.reports.energy_source import MODEL_SOURCE
from heddle.sim.result import PassResult, StepResult

_DECIMALS = 3  # of a cycle: the closed form knows fractions, and more digits say nothing


def step_json(
    result: StepResult, dense: StepResult, notes: tuple[str, ...], energy_source: str = MODEL_SOURCE
) -> dict[str, Any]:
    """Return the whole document; ``dense`` is the same step on the same design with nothing pruned.

    ``energy_source`` says where the joules on chip come from.
    """
    return {
        "design": result.design.model_dump(mode="json"),
        "workload": result.network,
        "batch": result.batch,
        "recipe": result.recipe,
        "sparsity": result.sparsity,
        "level": result.level,
        "total": _total(result, dense, energy_source),
        "passes": [_pass(item) for item in result.passes],
        "failures": failures_json(result.failures),
        "notes": list(notes),
    }


def speedup_over_dense(result: StepResult, dense: StepResult) -> float | None:
    """Return how many times faster than ``dense``; None when the two did not run the same passes."""
    if _mapped(result) != _mapped(dense) or not result.cycles:
        return None
    return dense.cycles / result.cycles


def _mapped(result: StepResult) -> set[tuple[str, str]]:
    return {(failure.layer, failure.pass_name) for failure in result.failures}


def _total(result: StepResult, dense: StepResult, energy_source: str) -> dict[str, Any]:
    return {
        "cycles": round(result.cycles),
        "compute_cycles": round(result.compute_cycles),
        "time_s": result.time_s,
        "energy_j": result.energy_j,
        "energy_by_part_j": dict(result.energy_by_part_j),
        "energy_source": energy_source,
        "activity": {name: round(count) for name, count in result.activity.items()},
        "utilisation": result.utilisation,
        "dram_bytes": result.dram_bytes,
        "macs": result.macs,
        "dense_macs": result.dense_macs,
        "speedup_over_dense": speedup_over_dense(result, dense),
        "dense_cycles": round(dense.cycles),
    }


def _pass(item: PassResult) -> dict[str, Any]:
    return {
        "layer": item.layer,
        "pass": item.pass_name,
        "dataflow": item.engine,
        "m": item.m,
        "k": item.k,
        "n": item.n,
        "count": item.count,
        "interleave": item.interleave,
        "cycles": round(item.cycles, _DECIMALS),
        "busy_cycles": round(item.busy_cycles, _DECIMALS),
        "compute_cycles": round(item.compute_cycles, _DECIMALS),
        "stall_cycles": {cause: round(cycles, _DECIMALS) for cause, cycles in item.stall_cycles.items()},
        "dram_bytes": item.dram_bytes,
        "macs": item.macs,
        "dense_macs": item.dense_macs,
        "utilisation": item.utilisation,
        "energy_j": item.energy_j,
    }
