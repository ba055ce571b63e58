"""A simulated step: ``totals.json`` of its run folder, and the document of ``heddle simulate --json``.

Their keys are an interface: they are only added to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Self

from pydantic import Field

from heddle.arch.design import Design
from heddle.arch.document import Document
from heddle.arch.json_rows import named_list_text
from heddle.dataflow.scheduler import Failure
from heddle.sim.levels import Level
from heddle.sim.result import PassResult, StepResult

_DECIMALS = 3  # of a cycle: the closed form knows fractions, and more digits say nothing


class FailureEntry(Document):
    """A pass that could not be mapped, and why."""

    layer: str
    pass_name: str = Field(validation_alias="pass", serialization_alias="pass")
    reason: str


def failure_entries(failures: Iterable[Failure]) -> tuple[FailureEntry, ...]:
    """Return the entries of ``failures``, in their order."""
    return tuple(
        FailureEntry(layer=failure.layer, pass_name=failure.pass_name, reason=failure.reason) for failure in failures
    )


class StepTotals(Document):
    """``totals.json``: what was run, and the step's totals."""

    network: str
    batch: int
    recipe: str
    sparsity: str
    design: str
    level: Level
    cycles: float
    time_s: float
    energy_j: float
    energy_by_part_j: dict[str, float]
    utilisation: float
    dram_bytes: int
    macs: int
    dense_macs: int
    failures: tuple[FailureEntry, ...]

    @classmethod
    def of(cls, result: StepResult) -> Self:
        """Return the totals of a step."""
        return cls(
            network=result.network,
            batch=result.batch,
            recipe=result.recipe,
            sparsity=result.sparsity,
            design=result.design.name,
            level=result.level,
            cycles=result.cycles,
            time_s=result.time_s,
            energy_j=result.energy_j,
            energy_by_part_j=dict(result.energy_by_part_j),
            utilisation=result.utilisation,
            dram_bytes=result.dram_bytes,
            macs=result.macs,
            dense_macs=result.dense_macs,
            failures=failure_entries(result.failures),
        )


class TotalEntry(Document):
    """The totals of a step, beside those of the dense one."""

    cycles: int
    compute_cycles: int
    time_s: float
    energy_j: float
    energy_by_part_j: dict[str, float]
    energy_source: str
    activity: dict[str, int]
    utilisation: float
    dram_bytes: int
    macs: int
    dense_macs: int
    speedup_over_dense: float | None
    dense_cycles: int


class PassEntry(Document):
    """One pass of a layer (``heddle.sim.result.PassResult``)."""

    layer: str
    pass_name: str = Field(validation_alias="pass", serialization_alias="pass")
    dataflow: str
    m: int
    k: int
    n: int
    count: int
    interleave: int
    cycles: float
    busy_cycles: float
    compute_cycles: float
    stall_cycles: dict[str, float]
    dram_bytes: int
    macs: int
    dense_macs: int
    utilisation: float
    energy_j: float

    @classmethod
    def of(cls, item: PassResult) -> Self:
        """Return the entry of a pass."""
        return cls(
            layer=item.layer,
            pass_name=item.pass_name,
            dataflow=item.engine,
            m=item.m,
            k=item.k,
            n=item.n,
            count=item.count,
            interleave=item.interleave,
            cycles=round(item.cycles, _DECIMALS),
            busy_cycles=round(item.busy_cycles, _DECIMALS),
            compute_cycles=round(item.compute_cycles, _DECIMALS),
            stall_cycles={cause: round(cycles, _DECIMALS) for cause, cycles in item.stall_cycles.items()},
            dram_bytes=item.dram_bytes,
            macs=item.macs,
            dense_macs=item.dense_macs,
            utilisation=item.utilisation,
            energy_j=item.energy_j,
        )


class StepDocument(Document):
    """What ``heddle simulate --json`` prints (``step_text``): the whole design, the totals and every pass."""

    design: Design
    workload: str
    batch: int
    recipe: str
    sparsity: str
    level: Level
    total: TotalEntry
    passes: tuple[PassEntry, ...]
    failures: tuple[FailureEntry, ...]
    notes: tuple[str, ...]


def step_text(result: StepResult, dense: StepResult, notes: tuple[str, ...], energy_source: str) -> Iterator[str]:
    """Yield the text of a StepDocument in pieces; ``dense`` is the same step on the same design with nothing pruned.

    ``energy_source`` says where the joules on chip come from. Of the entries, a pass each, only distinct ones are made.
    """
    without_passes = StepDocument(
        design=result.design,
        workload=result.network,
        batch=result.batch,
        recipe=result.recipe,
        sparsity=result.sparsity,
        level=result.level,
        total=_total(result, dense, energy_source),
        passes=(),
        failures=failure_entries(result.failures),
        notes=notes,
    )
    entries = [PassEntry.of(item).model_dump(mode="json", by_alias=True) for item in result.rows.distinct]
    yield from named_list_text(without_passes.text(), "passes", "layer", result.rows, entries)


def speedup_over_dense(result: StepResult, dense: StepResult) -> float | None:
    """Return how many times faster than ``dense``; None when the two did not run the same passes."""
    if _mapped(result) != _mapped(dense) or not result.cycles:
        return None
    return dense.cycles / result.cycles


def _mapped(result: StepResult) -> set[tuple[str, str]]:
    return {(failure.layer, failure.pass_name) for failure in result.failures}


def _total(result: StepResult, dense: StepResult, energy_source: str) -> TotalEntry:
    return TotalEntry(
        cycles=round(result.cycles),
        compute_cycles=round(result.compute_cycles),
        time_s=result.time_s,
        energy_j=result.energy_j,
        energy_by_part_j=dict(result.energy_by_part_j),
        energy_source=energy_source,
        activity={name: round(count) for name, count in result.activity.items()},
        utilisation=result.utilisation,
        dram_bytes=result.dram_bytes,
        macs=result.macs,
        dense_macs=result.dense_macs,
        speedup_over_dense=speedup_over_dense(result, dense),
        dense_cycles=round(dense.cycles),
    )
