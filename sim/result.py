"""What a simulation says: cycles, bytes, energy and utilisation of every pass, and their totals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from heddle.arch.design import Design
from heddle.dataflow.scheduler import Failure
from heddle.sim.levels import Level

Engine = Literal["os", "ws", "vector", "update"]


@dataclass(frozen=True)
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
    stall_cycles: Mapping[str, float]

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
    passes: tuple[PassResult, ...]
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

    @property
    def macs(self) -> int:
        """Multiply-adds executed."""
        return sum(item.macs for item in self.passes)

    @property
    def dense_macs(self) -> int:
        """Multiply-adds if nothing were pruned."""
        return sum(item.dense_macs for item in self.passes)

    @property
    def dram_bytes(self) -> int:
        """DRAM bytes read and written."""
        return sum(item.dram_bytes for item in self.passes)

    @property
    def utilisation(self) -> float:
        """The array's executed multiply-adds over its peak in the step's time."""
        peak = self.cycles * self.design.array.processing_elements
        return sum(item.macs for item in self.passes if item.on_array) / peak if peak else 0.0

    @property
    def compute_cycles(self) -> float:
        """Cycles in which the array works."""
        return sum(item.compute_cycles for item in self.passes)
