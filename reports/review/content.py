"""What the page of a run shows, part by part; any part may be absent, and says then how it is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.dataflow.scheduler import Schedule
from heddle.reports.runs.documents.exploration import ExplorationFacts
from heddle.reports.training_facts import TrainingFacts
from heddle.sim.result import StepResult
from heddle.sim.spans import Span
from heddle.synth.vivado.reports import VivadoReports


@dataclass(frozen=True)
class Missing:
    """A section that nothing in the folder fills, the command that makes what is missing, and what that takes."""

    section: str
    reason: str
    command: str
    takes: str = ""


@dataclass(frozen=True)
class StepPart:
    """One training step, simulated by the engines: results, the same step dense, the schedule, the timeline."""

    result: StepResult
    dense: StepResult | None
    schedule: Schedule
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class FrontPart:
    """A Pareto front: a row a design (see ``heddle.reports.front_table``), the designs in that order, the row picked.

    ``toml`` holds each design as a complete design file. The page's step and hardware are of the design picked.
    """

    facts: ExplorationFacts
    front: pd.DataFrame
    toml: tuple[str, ...]
    picked: int


@dataclass(frozen=True)
class ModuleRow:
    """What a part of the design takes, or a module of it (``parent`` names its part, empty for a part).

    ``amounts`` by resource: lut, lut_as_memory, ff, dsp, bram36, uram. ``source`` says where they come from:
    "yosys", "calibrated model", "uncalibrated estimate" or "Vivado".
    """

    name: str
    parent: str
    count: int
    amounts: Mapping[str, float]
    source: str


@dataclass(frozen=True)
class StageRow:
    """The worst path of a module, relative to the design's worst (1)."""

    module: str
    start: str
    end: str
    relative: float


@dataclass(frozen=True)
class HardwarePart:
    """Utilisation by module against the board; ``stages`` is empty without a synthesis. ``notes`` are whole lines."""

    rows: tuple[ModuleRow, ...]
    stages: tuple[StageRow, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class AgreementRow:
    """One case of ``heddle verify``; ``sim_cycles`` is None where the case claims bits only."""

    case: str
    bit_exact: bool
    rtl_cycles: int | None
    sim_cycles: int | None
    passed: bool


@dataclass(frozen=True)
class AgreementPart:
    """The generated RTL against the simulator; ``design`` is the design that was run."""

    design: str
    simulator: str
    rows: tuple[AgreementRow, ...]


@dataclass(frozen=True)
class EnergyLine:
    """One part of a step's energy: joules, relative uncertainty (None: unknown) and where it comes from."""

    name: str
    energy_j: float
    uncertainty: float | None
    source: str


@dataclass(frozen=True)
class Review:
    """Everything that a page shows. ``notes`` are whole lines about the run; ``command`` made the page."""

    title: str
    design: Design
    board: Board
    step: StepPart | None
    energy: tuple[EnergyLine, ...]
    front: FrontPart | None
    hardware: HardwarePart
    agreement: AgreementPart | None
    training: tuple[TrainingFacts, ...]
    vivado: VivadoReports | None
    missing: tuple[Missing, ...]
    notes: tuple[str, ...]
