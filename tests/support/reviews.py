"""Reviews for the page's tests: a small step run by the engines, a front of real designs, and made-up reports."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd

from heddle.arch.boards import load_board
from heddle.arch.design import Design
from heddle.arch.design_io import load_design, override, to_toml
from heddle.arch.resources import RESOURCE_NAMES, resources, resources_by_module
from heddle.arch.sparsity import parse_sparsity
from heddle.dataflow.network import ConvLayer, LinearLayer, Network, VectorLayer
from heddle.dataflow.recipes import recipe_named
from heddle.dataflow.scheduler import schedule_step
from heddle.dataflow.step_items import TrainingStep
from heddle.dataflow.training import StepOptions, training_step
from heddle.reports.review.content import (
    AgreementPart,
    AgreementRow,
    EnergyLine,
    FrontPart,
    HardwarePart,
    Missing,
    ModuleRow,
    Review,
    StageRow,
    StepPart,
)
from heddle.reports.runs.documents.exploration import ExplorationFacts
from heddle.reports.summary import ENERGY_PARTS
from heddle.reports.training_facts import TrainingFacts
from heddle.sim.engines.simulate import simulate_schedule
from heddle.sim.estimate import estimate
from heddle.sim.result import StepResult
from heddle.sim.spans import Span
from heddle.synth.vivado.reports import (
    Clock,
    Header,
    HierarchyReport,
    ModuleUse,
    PowerComponent,
    PowerReport,
    Slack,
    TimingReport,
    Unread,
    Use,
    UtilisationReport,
    VivadoReports,
)

BOARD = load_board("vcu1525")
SMALL = load_design("small")
HEADER = Header("Vivado v.2023.2", "top", "xcvu9p-fsgd2104-2L-e", "Routed")


def _conv(name: str, size: int, channels: tuple[int, int]) -> ConvLayer:
    return ConvLayer(
        name=name,
        in_height=size,
        in_width=size,
        in_channels=channels[0],
        out_height=size,
        out_width=size,
        out_channels=channels[1],
        kernel_height=3,
        kernel_width=3,
        stride_height=1,
        stride_width=1,
    )


def sample_network(name: str = "sample") -> Network:
    """Two convolutions with an activation between them, and a classifier."""
    return Network(
        name,
        "test",
        (
            _conv("conv1", 8, (8, 16)),
            VectorLayer("relu1", "activation", 1024, 1024),
            _conv("conv2", 8, (16, 32)),
            LinearLayer("fc", 1, 2048, 16),
        ),
    )


def sample_step(recipe: str = "bdwp", sparsity: str = "2:8") -> TrainingStep:
    """A training step of the sample network, batch 4."""
    return training_step(sample_network(), recipe_named(recipe), parse_sparsity(sparsity), StepOptions(batch=4))


def made_up_spans(result: StepResult) -> tuple[Span, ...]:
    """A timeline of the step's passes one behind the other: loads ahead of work, work, and stores behind it."""
    clock_hz, now_s, spans = result.design.clock_hz, 0.0, []
    for item in result.passes:
        length_s = item.cycles / clock_hz
        end_s = now_s + length_s
        spans.append(Span("passes", item.layer, item.pass_name, now_s, end_s, length_s))
        if item.on_array:
            work_s = min(item.compute_cycles / clock_hz, length_s)
            spans.append(Span("load", item.layer, item.pass_name, now_s, end_s - 0.1 * length_s, 0.5 * length_s))
            spans.append(Span("compute", item.layer, item.pass_name, end_s - work_s, end_s, 0.9 * work_s))
            spans.append(Span("store", item.layer, item.pass_name, now_s + 0.5 * length_s, end_s, 0.2 * length_s))
        else:
            track = "update" if item.engine == "update" else "vector"
            spans.append(Span(track, item.layer, item.pass_name, now_s, end_s, length_s))
        now_s = end_s
    return tuple(spans)


@cache
def step_part() -> StepPart:
    """The sample step on the ``small`` preset by the engines, beside the dense one."""
    schedule = schedule_step(sample_step(), SMALL, BOARD)
    dense = schedule_step(sample_step("dense"), SMALL, BOARD)
    result = simulate_schedule(schedule, SMALL, BOARD)
    return StepPart(result, simulate_schedule(dense, SMALL, BOARD), schedule, made_up_spans(result))


@cache
def front_designs() -> tuple[Design, ...]:
    """Designs of several sizes, sparsities and dataflows."""
    return tuple(
        override(SMALL, {"array.rows": rows, "array.cols": cols, "sparsity.n": n, "array.dataflows": dataflows})
        for rows, cols in ((8, 8), (8, 16), (16, 16), (16, 32))
        for n in (1, 2, 4)
        for dataflows in (["ws"], ["os", "ws"])
    )


@cache
def front_part(picked: int = 0) -> FrontPart:
    """A front of those designs with their estimated costs, the fastest first."""
    rows = sorted((_front_row(design) for design in front_designs()), key=lambda entry: entry[0]["time_s"])
    frame = pd.DataFrame([row for row, _ in rows])
    return FrontPart(facts(), frame, tuple(to_toml(design) for _, design in rows), picked)


def facts() -> ExplorationFacts:
    """What an exploration says of itself."""
    return ExplorationFacts(
        workload="sample",
        batch=4,
        recipe="bdwp",
        board="vcu1525",
        space="small",
        objectives=("time", "energy", "lut"),
        points=640,
        skipped={"does not fit the board": 128, "clock above its limit": 0},
        seconds=0.5,
        points_per_second=1280.0,
        resumed_points=0,
    )


def _front_row(design: Design) -> tuple[dict[str, object], Design]:
    result = estimate(sample_step(sparsity=f"{design.sparsity.n}:{design.sparsity.m}"), design, BOARD)
    taken = resources(design, BOARD)
    row: dict[str, object] = {
        "rows": design.array.rows,
        "cols": design.array.cols,
        "n": design.sparsity.n,
        "m": design.sparsity.m,
        "dataflows": "+".join(design.array.dataflows),
        "clock_hz": design.clock_hz,
        "time_s": result.time_s,
        "energy_j": result.energy_j,
        **{name: getattr(taken, name) for name in ("lut", "ff", "dsp", "bram36", "uram")},
    }
    return row, design


def energy_lines(result: StepResult) -> tuple[EnergyLine, ...]:
    """The step's energy by part; the uncertainty of the last part is unknown."""
    parts = [
        EnergyLine(ENERGY_PARTS.get(part, part), value, 0.4, "model")
        for part, value in result.energy_by_part_j.items()
        if value
    ]
    last = parts.pop()
    return (*parts, EnergyLine(last.name, last.energy_j, None, "model"))


#: What the synthesis that never was says of the array of ``small``.
ARRAY_AMOUNTS = {"lut": 43256.0, "lut_as_memory": 9024.0, "ff": 29120.0, "dsp": 64.0, "bram36": 0.0, "uram": 0.0}


def hardware_part(design: Design = SMALL) -> HardwarePart:
    """Every part by the model, and the array's by a synthesis that never was."""
    rows = []
    for name, taken in resources_by_module(design, BOARD).items():
        counted = name == "array"
        amounts = ARRAY_AMOUNTS if counted else {each: float(getattr(taken, each)) for each in RESOURCE_NAMES}
        rows.append(ModuleRow(name, "", 1, amounts, "yosys" if counted else "uncalibrated estimate"))
        if counted:
            pes = design.array.processing_elements
            each = {resource: amount / pes for resource, amount in amounts.items()}
            rows.append(ModuleRow("uspe", "array", pes, each, "yosys"))
    stages = (StageRow("uspe", "sum", "adder_1", 1.0), StageRow("edge", "", "operand", 0.625))
    return HardwarePart(tuple(rows), stages, ("Counted by a test.",))


def agreement_part() -> AgreementPart:
    """Three cases: cycles alike, cycles apart, and one that claims bits only and fails."""
    rows = (
        AgreementRow("ff dense 16×16×16", True, 1200, 1200, True),
        AgreementRow("bp 2:8 32×64×16", True, 2000, 2020, True),
        AgreementRow("stalled ff 2:8", False, 3000, None, False),
    )
    return AgreementPart("small", "Verilator", rows)


def training_facts() -> TrainingFacts:
    """Two seeds of BDWP and dense training from the same seeds."""
    return TrainingFacts(
        model="mlp",
        data="digits",
        recipe="bdwp",
        sparsity="2:8",
        arithmetic="float",
        epochs=30,
        seeds=(0, 1),
        accuracies=(95.25, 95.75),
        accuracy_mean=95.5,
        accuracy_std=0.25,
        mac_fraction=0.523,
        dense_accuracies=(96.25, 95.75),
        dense_accuracy_mean=96.0,
        dense_accuracy_std=0.25,
        difference_mean=-0.5,
        difference_std=0.5,
        design="small",
        step_time_s=0.001,
        dense_step_time_s=0.00185,
        step_energy_j=0.0052,
        dense_step_energy_j=0.004,
    )


def vivado_reports() -> VivadoReports:
    """One report of each kind, and one that could not be read."""
    folder = Path("impl")
    used = UtilisationReport(
        folder / "utilisation.rpt",
        HEADER,
        lut=Use(50000, 1182240),
        lut_as_memory=Use(4000, 591840),
        ff=Use(60000, 2364480),
        carry8=None,
        bram36=Use(42.5, 2160),
        uram=None,
        dsp=Use(300, None),
    )
    top = ModuleUse("top", "(top)", 0, 50000, 60000, 42.5, None, 300)
    below = ModuleUse("array", "array", 1, 30000, None, 0, None, 256)
    timing = TimingReport(
        folder / "timing.rpt",
        HEADER,
        setup=Slack(-0.125, -1.5, 12, 40000),
        hold=Slack(0.01, 0.0, 0, 40000),
        pulse_width=Slack(None, None, None, None),
        clocks=(Clock("clk", 4.444, 225e6),),
        met=False,
    )
    components = (PowerComponent("Clocks", 0, 1.25, False), PowerComponent("GTY", 1, 0.001, True))
    power = PowerReport(folder / "power.rpt", HEADER, 12.5, 9.5, 3.0, 45.5, "Low", components)
    unread = Unread(folder / "odd.rpt", "2. BLOCKRAM", "no table")
    hierarchy = HierarchyReport(folder / "hierarchy.rpt", HEADER, (top, below))
    return VivadoReports((used,), (hierarchy,), (timing,), (power,), (unread,))


@cache
def full_review() -> Review:
    """A review with every section filled."""
    step = step_part()
    return Review(
        title="Review: sample on small",
        design=SMALL,
        board=BOARD,
        step=step,
        energy=energy_lines(step.result),
        front=front_part(),
        hardware=hardware_part(),
        agreement=agreement_part(),
        training=(training_facts(),),
        vivado=vivado_reports(),
        missing=(),
        notes=("A note about the run.",),
    )


def bare_review() -> Review:
    """A review of a design alone, and what is said of the rest."""
    return Review(
        title="Review: small",
        design=SMALL,
        board=BOARD,
        step=None,
        energy=(),
        front=None,
        hardware=HardwarePart((), (), ()),
        agreement=None,
        training=(),
        vivado=None,
        missing=(
            Missing("front", "the folder holds no exploration", "heddle explore --out runs/one"),
            Missing("step", "the folder holds no step", "heddle simulate --out runs/one"),
            Missing("RTL against the simulator", "no RTL was run", "heddle verify --out runs/one"),
            Missing("moon", "it is far", "heddle fly"),
        ),
        notes=(),
    )
