"""What a simulation says: cycles, bytes, energy and utilisation of every pass, and their totals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from heddle.arch.design import Design
from heddle.arch.named_rows import NamedRows, sum_in_order
from heddle.dataflow.scheduler import Failure
from heddle.sim.levels import Level

if TYPE_CHECKING:  # takes a while to load, and only a frame needs it
    import pandas as pd

Engine = Literal["os", "ws", "vector", "update"]


TEXT = ("layer", "pass", "engine")
WHOLE = ("m", "k", "n", "count", "interleave", "dram_bytes", "macs", "dense_macs")
REAL = ("cycles", "busy_cycles", "compute_cycles", "time_s", "utilisation", "energy_j")

#: Columns of the pass files; ``stall_<cause>_cycles`` follow where the step has stalls.
COLUMNS = (*TEXT, *WHOLE, *REAL)

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PassResult:
    """One layer's pass.

    ``cycles`` is what it adds to the step, ``busy_cycles`` what it takes by itself (an update runs behind
    other passes, so it may add nothing). ``m``, ``k``, ``n`` are those of the product, k summed over the phases
    of a strided convolution; for vector and update passes m is their elements and k and n are 0, but for depthwise
    convolutions (outputs, taps, 1), whose multiply-adds run on the vector lanes.
    ``utilisation`` is executed multiply-adds over what the array could have executed in ``cycles``.
    ``stall_cycles`` is the array's idle time by cause, engines level only.
    """

    layer: str
    pass_name: str
    engine: Engine
    m: int
    k: int
    n: int
    count: int
    interleave: int
    cycles: float
    busy_cycles: float
    compute_cycles: float
    dram_bytes: int
    macs: int
    dense_macs: int
    utilisation: float
    energy_j: float
    stall_cycles: Mapping[str, float] = field(hash=False)

    @property
    def on_array(self) -> bool:
        """True for a matrix product, False for a stream of the vector unit or an update."""
        return self.engine in ("os", "ws")


@dataclass(frozen=True)
class StepResult:
    """One training step on one design.

    ``energy_by_part_j`` sums to ``energy_j``. ``activity`` has the counts that the model's energy is made of
    (``heddle.sim.activity``).
    """

    design: Design
    network: str
    batch: int
    recipe: str
    sparsity: str
    level: Level
    passes: Sequence[PassResult]
    cycles: float
    energy_by_part_j: Mapping[str, float]
    failures: tuple[Failure, ...]
    activity: Mapping[str, float] = field(default_factory=dict)

    @property
    def time_s(self) -> float:
        """Seconds of the step."""
        return self.cycles / self.design.clock_hz

    @property
    def energy_j(self) -> float:
        """Joules of the step."""
        return sum(self.energy_by_part_j.values())

    @cached_property
    def rows(self) -> NamedRows[PassResult]:
        """The passes, equal ones found."""
        return NamedRows.of(self.passes, "layer")

    @property
    def macs(self) -> int:
        """Multiply-adds executed."""
        return self.rows.sum_of(lambda item: item.macs)

    @property
    def dense_macs(self) -> int:
        """Multiply-adds if nothing were pruned."""
        return self.rows.sum_of(lambda item: item.dense_macs)

    @property
    def dram_bytes(self) -> int:
        """DRAM bytes read and written."""
        return self.rows.sum_of(lambda item: item.dram_bytes)

    @property
    def utilisation(self) -> float:
        """The array's executed multiply-adds over its peak in the step's time."""
        peak = self.cycles * self.design.array.processing_elements
        return self.rows.sum_of(lambda item: item.macs if item.on_array else 0) / peak if peak else 0.0

    @property
    def compute_cycles(self) -> float:
        """Cycles in which the array works."""
        return sum_in_order(self.rows.spread(lambda item: item.compute_cycles))

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns of a table of passes: COLUMNS, and ``stall_<cause>_cycles`` for each cause."""
        return (*COLUMNS, *(_stall_column(cause) for cause in _causes(self)))

    def frame(self) -> pd.DataFrame:
        """Return a row a pass in program order.

        Columns: PassResult's fields, ``time_s``, and ``stall_<cause>_cycles`` for each cause that the step knows.
        """
        return self.rows.frame(pass_records(self), self.columns)


def pass_records(result: StepResult) -> list[Record]:
    """Return every distinct pass (``StepResult.rows``) as a flat record, all with the keys ``StepResult.columns``.

    The layers in them mean nothing.
    """
    causes = _causes(result)
    return [_record(item, causes, result.design.clock_hz) for item in result.rows.distinct]


def _record(item: PassResult, causes: list[str], clock_hz: float) -> Record:
    record: Record = {
        "layer": item.layer,
        "pass": item.pass_name,
        "engine": item.engine,
        "time_s": float(item.cycles / clock_hz),
        **{name: int(getattr(item, name)) for name in WHOLE},
        **{name: float(getattr(item, name)) for name in REAL if name != "time_s"},
    }
    stalls = {_stall_column(cause): float(item.stall_cycles.get(cause, 0.0)) for cause in causes}
    return {name: record[name] for name in COLUMNS} | stalls


def _causes(result: StepResult) -> list[str]:
    return sorted({cause for item in result.rows.distinct for cause in item.stall_cycles})


def _stall_column(cause: str) -> str:
    return f"stall_{cause}_cycles"
