"""The options of the verbs, in groups that verbs share, with the ranges of their numbers.

Values are as typed; ``heddle.cli.work`` makes objects of them. The numbers of a design have their ranges in the Design.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from heddle.arch.errors import HeddleError
from heddle.dataflow.network_choice import LARGEST_BATCH, LARGEST_SIZE

MOST_WORKERS = 1024
LARGEST_SEED = (1 << 32) - 1

NETWORK, TRAINING, MACHINE, CASES, OUTPUT = "Network", "Training", "Machine", "Cases", "Output"


def check_range(option: str, value: float | None, low: float, high: float | None = None) -> None:
    """Raise HeddleError when ``value`` is given and not within ``low`` and ``high``, all in the option's unit."""
    if value is not None and (value < low or (high is not None and value > high)):
        valid = f"{low:,} to {high:,}" if high is not None else f"{low:,} or more"
        shown = f"{value:g}" if isinstance(value, float) else str(value)
        raise HeddleError(f"{option}: {shown} is out of range (valid: {valid})")


def out_path(text: str) -> Path:
    """Return the value of ``--out``."""
    return checked_path("--out", text, "folder")


def _trace_path(text: str) -> Path:
    return checked_path("--trace", text, "file")


def _accuracy_path(text: str) -> Path:
    return checked_path("--accuracy", text, "file")


def _power_path(text: str) -> Path:
    return checked_path("--power", text, "file")


def _weights_path(text: str) -> Path:
    return checked_path("--weights", text, "file")


def checked_path(option: str, text: str, what: str) -> Path:
    """``text`` as a path; an empty one, which Path would take as the current folder, is a slip."""
    if not text:
        raise HeddleError(f"{option}: is empty; give the path of a {what}")
    return Path(text)


@dataclass(frozen=True, kw_only=True)
class NetworkOptions:
    """Which network, and how large."""

    workload: Annotated[
        str,
        typer.Option(
            help="A network of the zoo (mlp, resnet9, resnet18, resnet50, vgg19, mobilenetv2, vit-small, "
            "bert-base) or a path to an .onnx file or a SCALE-Sim topology .csv.",
            rich_help_panel=NETWORK,
        ),
    ]
    batch: Annotated[
        int, typer.Option(help=f"Samples a training step, 1 to {LARGEST_BATCH:,}.", rich_help_panel=NETWORK)
    ] = 32
    image_size: Annotated[
        int | None,
        typer.Option(help="Image side in pixels (zoo).", rich_help_panel=NETWORK),
    ] = None
    classes: Annotated[
        int | None,
        typer.Option(help="Classes of the classifier (zoo).", rich_help_panel=NETWORK),
    ] = None
    sequence_length: Annotated[
        int | None,
        typer.Option(help="Tokens a sample (bert-base).", rich_help_panel=NETWORK),
    ] = None

    def __post_init__(self) -> None:
        check_range("--batch", self.batch, 1, LARGEST_BATCH)
        check_range("--image-size", self.image_size, 1, LARGEST_SIZE)
        check_range("--classes", self.classes, 1, LARGEST_SIZE)
        check_range("--sequence-length", self.sequence_length, 1, LARGEST_SIZE)


@dataclass(frozen=True, kw_only=True)
class TrainingOptions:
    """How the network is trained."""

    recipe: Annotated[
        str,
        typer.Option(
            help="Which pass is sparse: dense, sr-ste, asp, random, mdgf-linear, mdgf-exponential, "
            "sdgf-stepwise, sdgf-geometric, sdgp, sdwp, bdwp, transposable, bi-mask, bdwp-wu or bdwp-wu-x.",
            rich_help_panel=TRAINING,
        ),
    ] = "bdwp"
    optimizer: Annotated[str, typer.Option(metavar="sgd|adam", help="Weight update.", rich_help_panel=TRAINING)] = "sgd"
    pregenerate: Annotated[
        bool,
        typer.Option(
            help="Write packed weights once, in the update; or prune dense weights at every load.",
            rich_help_panel=TRAINING,
        ),
    ] = True


@dataclass(frozen=True, kw_only=True)
class PassOptions:
    """What of the training step runs, and how it is mapped."""

    sparsity: Annotated[
        str | None,
        typer.Option(
            metavar="N:M", help="Keep N of every M, as in 2:8; the design's by default.", rich_help_panel=TRAINING
        ),
    ] = None
    passes: Annotated[str, typer.Option(metavar="P,P", help="The passes that run.", rich_help_panel=TRAINING)] = (
        "ff,bp,wu,update"
    )
    dataflow: Annotated[
        str,
        typer.Option(
            metavar="auto|os|ws", help="auto takes the faster one for each product.", rich_help_panel=TRAINING
        ),
    ] = "auto"


@dataclass(frozen=True, kw_only=True)
class MachineOptions:
    """The design, and single values of it set for this run."""

    design: Annotated[
        str,
        typer.Option(
            help="A preset (sat-vcu1525, small, tiny, ideal-32x32) or a path to a design's .toml.",
            rich_help_panel=MACHINE,
        ),
    ] = "sat-vcu1525"
    board: Annotated[
        str | None,
        typer.Option(
            help="A board (vcu1525, alveo-u250) or a path to its .toml; the design's by default.",
            rich_help_panel=MACHINE,
        ),
    ] = None
    rows: Annotated[int | None, typer.Option(help="Array rows.", rich_help_panel=MACHINE)] = None
    cols: Annotated[int | None, typer.Option(help="Array columns.", rich_help_panel=MACHINE)] = None
    interleave: Annotated[
        int | None, typer.Option(help="Outputs in rotation in one PE (OS).", rich_help_panel=MACHINE)
    ] = None
    adder_stages: Annotated[int | None, typer.Option(help="Pipeline stages of the adder.", rich_help_panel=MACHINE)] = (
        None
    )
    multiplier_stages: Annotated[
        int | None, typer.Option(help="Pipeline stages of the multiplier.", rich_help_panel=MACHINE)
    ] = None
    clock_mhz: Annotated[float | None, typer.Option(help="Clock in MHz.", rich_help_panel=MACHINE)] = None
    channels: Annotated[int | None, typer.Option(help="Memory channels.", rich_help_panel=MACHINE)] = None
    axi_bits: Annotated[int | None, typer.Option(help="Width of a channel's AXI port.", rich_help_panel=MACHINE)] = None
    sore_lanes: Annotated[int | None, typer.Option(help="Lanes of SORE (top-N of M).", rich_help_panel=MACHINE)] = None
    wuve_lanes: Annotated[int | None, typer.Option(help="Lanes of WUVE (weight update).", rich_help_panel=MACHINE)] = (
        None
    )
    vector_lanes: Annotated[int | None, typer.Option(help="Lanes of the vector unit.", rich_help_panel=MACHINE)] = None
    activation_kib: Annotated[
        int | None, typer.Option(help="Activation buffer, both halves.", rich_help_panel=MACHINE)
    ] = None
    weight_kib: Annotated[int | None, typer.Option(help="Weight buffer, both halves.", rich_help_panel=MACHINE)] = None
    output_kib: Annotated[int | None, typer.Option(help="Output buffer, both halves.", rich_help_panel=MACHINE)] = None


@dataclass(frozen=True, kw_only=True)
class DoctorOptions:
    """What ``doctor`` takes."""

    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False


@dataclass(frozen=True, kw_only=True)
class OutputOptions:
    """What is printed."""

    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.", rich_help_panel=OUTPUT)] = False
    limit: Annotated[int, typer.Option(help="Rows of the table shown; 0 shows all.", rich_help_panel=OUTPUT)] = 20

    def __post_init__(self) -> None:
        check_range("--limit", self.limit, 0)


@dataclass(frozen=True, kw_only=True)
class SimulateOptions:
    """What only ``simulate`` takes."""

    level: Annotated[
        str,
        typer.Option(
            metavar="estimate|engines",
            help="Closed form, or decoupled engines with DRAM.",
            rich_help_panel=TRAINING,
        ),
    ] = "estimate"
    out: Annotated[
        Path | None,
        typer.Option(
            parser=out_path,
            metavar="DIR",
            help="Write results as Parquet and CSV, and a page.",
            rich_help_panel=OUTPUT,
        ),
    ] = None
    plots: Annotated[
        bool, typer.Option("--plots", help="Draw layers and roofline into --out too.", rich_help_panel=OUTPUT)
    ] = False
    trace: Annotated[
        Path | None,
        typer.Option(
            parser=_trace_path,
            metavar="FILE",
            help="Write the engines' timeline, to open in Perfetto.",
            rich_help_panel=OUTPUT,
        ),
    ] = None
    power: Annotated[
        Path | None,
        typer.Option(
            parser=_power_path,
            metavar="FILE",
            help="A Vivado power report of the design: its watts replace the modelled energy on chip.",
            rich_help_panel=MACHINE,
        ),
    ] = None


@dataclass(frozen=True, kw_only=True)
class ScheduleOptions:
    """What only ``schedule`` takes."""

    out: Annotated[
        Path | None,
        typer.Option(parser=out_path, metavar="DIR", help="Write schedule.json there.", rich_help_panel=OUTPUT),
    ] = None


@dataclass(frozen=True, kw_only=True)
class ExploreOptions:
    """What only ``explore`` takes."""

    board: Annotated[
        str, typer.Option(help="A board (vcu1525, alveo-u250) or a path to its .toml.", rich_help_panel=MACHINE)
    ] = "vcu1525"
    space: Annotated[
        str, typer.Option(help="A space (default, small) or a path to its .toml.", rich_help_panel=MACHINE)
    ] = "default"
    sparsity: Annotated[
        str | None,
        typer.Option(metavar="N:M,N:M", help="The sparsities to try; the space's by default.", rich_help_panel=MACHINE),
    ] = None
    objectives: Annotated[
        str | None,
        typer.Option(
            metavar="O,O",
            help="What is minimised: time, energy, lut, ff, dsp, bram36, uram; and accuracy, which is maximised, "
            "with --accuracy. By default time,energy,lut and, if given, accuracy.",
            rich_help_panel=MACHINE,
        ),
    ] = None
    accuracy: Annotated[
        Path | None,
        typer.Option(
            parser=_accuracy_path,
            metavar="FILE",
            help="Measured accuracy of each sparsity: a CSV with recipe, sparsity, accuracy_mean (per cent).",
            rich_help_panel=MACHINE,
        ),
    ] = None
    workers: Annotated[
        int | None,
        typer.Option(help="Threads; as many as CPUs by default.", rich_help_panel=OUTPUT),
    ] = None
    out: Annotated[
        Path | None,
        typer.Option(
            parser=out_path,
            metavar="DIR",
            help="Write results, plots and a page; continue what is there.",
            rich_help_panel=OUTPUT,
        ),
    ] = None

    def __post_init__(self) -> None:
        check_range("--workers", self.workers, 1, MOST_WORKERS)


@dataclass(frozen=True, kw_only=True)
class GenerateOptions:
    """What only ``generate`` takes."""

    out: Annotated[
        Path,
        typer.Option(parser=out_path, metavar="DIR", help="Write Verilog and manifest there.", rich_help_panel=OUTPUT),
    ]
    sparsity: Annotated[
        str | None,
        typer.Option(metavar="N:M", help="N:M of the hardware; the design's by default.", rich_help_panel=MACHINE),
    ] = None
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.", rich_help_panel=OUTPUT)] = False


@dataclass(frozen=True, kw_only=True)
class VerifyOptions:
    """What only ``verify`` takes."""

    gemm: Annotated[
        str | None,
        typer.Option(metavar="MxKxN", help="One product; a suite of them by default.", rich_help_panel=CASES),
    ] = None
    workload: Annotated[
        str | None,
        typer.Option(
            help="A network whose layers' products, cut to a few tiles, are the cases.", rich_help_panel=CASES
        ),
    ] = None
    weights: Annotated[
        Path | None,
        typer.Option(
            parser=_weights_path,
            metavar="FILE",
            help="Trained weights (.safetensors) whose layers' FF and BP, cut to a few tiles, are the cases.",
            rich_help_panel=CASES,
        ),
    ] = None
    layer: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only this layer of --weights.", rich_help_panel=CASES)
    ] = None
    recipe: Annotated[
        str, typer.Option(help="Which pass of --workload is sparse (simulate's recipes).", rich_help_panel=CASES)
    ] = "bdwp"
    sparsity: Annotated[
        str | None,
        typer.Option(
            metavar="N:M", help="N:M of products and hardware; the design's by default.", rich_help_panel=CASES
        ),
    ] = None
    dataflow: Annotated[
        str | None, typer.Option(metavar="os|ws", help="All that the design has by default.", rich_help_panel=CASES)
    ] = None
    seed: Annotated[int, typer.Option(help="Draws operands and stalls.", rich_help_panel=CASES)] = 0
    case: Annotated[
        str | None, typer.Option(metavar="NAME", help="Run only the case of this name.", rich_help_panel=CASES)
    ] = None
    simulator: Annotated[
        str,
        typer.Option(metavar="verilator|icarus", help="Which simulator runs the RTL.", rich_help_panel=OUTPUT),
    ] = "verilator"
    waves: Annotated[
        bool, typer.Option("--waves", help="Write waves as FST files into --out.", rich_help_panel=OUTPUT)
    ] = False
    out: Annotated[
        Path | None,
        typer.Option(
            parser=out_path, metavar="DIR", help="Write verdicts, logs and waves there.", rich_help_panel=OUTPUT
        ),
    ] = None
    json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.", rich_help_panel=OUTPUT)] = False

    def __post_init__(self) -> None:
        check_range("--seed", self.seed, 0, LARGEST_SEED)
