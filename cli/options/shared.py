"""Groups of options that several verbs take: network, training, passes, machine, output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from heddle.arch.boards import board_names
from heddle.arch.design_io import preset_names
from heddle.cli.options.values import (
    MACHINE,
    NETWORK,
    OUTPUT,
    TRAINING,
    BatchAxisWords,
    InputWords,
    JsonFlag,
    NoBatchFlag,
    OptimizerWord,
    among,
    check_range,
    listed,
    one_of_words,
)
from heddle.dataflow.choices import DATAFLOW_CHOICES, MINIMISE_CHOICES, OPTIMIZERS
from heddle.dataflow.network_choice import LARGEST_BATCH, LARGEST_SIZE
from heddle.dataflow.recipes import RECIPES
from heddle.dataflow.step_items import PASSES
from heddle.dataflow.zoo import zoo_names


@dataclass(frozen=True, kw_only=True)
class NetworkOptions:
    """Which network, and how large."""

    workload: Annotated[
        str,
        typer.Option(
            autocompletion=among(zoo_names()),
            help=f"A network of the zoo ({', '.join(zoo_names())}) or a path to an .onnx file or a SCALE-Sim "
            "topology .csv.",
            rich_help_panel=NETWORK,
        ),
    ]
    batch: Annotated[
        int, typer.Option(help=f"Samples a training step, 1 to {LARGEST_BATCH:,}.", rich_help_panel=NETWORK)
    ] = 32
    image_size: Annotated[
        int | None,
        typer.Option(help="Image side in pixels (zoo, and ONNX with open ones).", rich_help_panel=NETWORK),
    ] = None
    classes: Annotated[
        int | None,
        typer.Option(help="Classes of the classifier (zoo).", rich_help_panel=NETWORK),
    ] = None
    sequence_length: Annotated[
        int | None,
        typer.Option(help="Tokens a sample (bert-base, and ONNX with open ones).", rich_help_panel=NETWORK),
    ] = None
    input: InputWords = None
    batch_axis: BatchAxisWords = None
    no_batch: NoBatchFlag = False

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
            autocompletion=among(RECIPES), help=f"Which passes are sparse: {listed(RECIPES)}.", rich_help_panel=TRAINING
        ),
    ] = "bdwp"
    optimizer: OptimizerWord = OPTIMIZERS[0]
    pregenerate: Annotated[
        bool,
        typer.Option(
            help="Write packed weights once, in the update; or prune dense weights at every load.",
            rich_help_panel=TRAINING,
        ),
    ] = True
    layer_sparsity: Annotated[
        bool,
        typer.Option(
            "--layer-sparsity",
            help="Give each layer the N:M of its row in a SCALE-Sim topology's column Sparsity.",
            rich_help_panel=TRAINING,
        ),
    ] = False


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
        ",".join(PASSES)
    )
    dataflow: Annotated[
        str,
        typer.Option(
            metavar=one_of_words(DATAFLOW_CHOICES),
            autocompletion=among(DATAFLOW_CHOICES),
            help="auto takes the better one for each product.",
            rich_help_panel=TRAINING,
        ),
    ] = DATAFLOW_CHOICES[0]
    minimise: Annotated[
        str,
        typer.Option(
            metavar=one_of_words(MINIMISE_CHOICES),
            autocompletion=among(MINIMISE_CHOICES),
            help="What each product's mapping is chosen by; time allows 0.1 % for fewer DRAM bytes.",
            rich_help_panel=TRAINING,
        ),
    ] = MINIMISE_CHOICES[0]


@dataclass(frozen=True, kw_only=True)
class MachineOptions:
    """The design, and single values of it set for this run."""

    design: Annotated[
        str,
        typer.Option(
            autocompletion=among(preset_names()),
            help=f"A preset ({', '.join(preset_names())}) or a path to a design's .toml.",
            rich_help_panel=MACHINE,
        ),
    ] = "sat-vcu1525"
    board: Annotated[
        str | None,
        typer.Option(
            autocompletion=among(board_names()),
            help=f"A board ({', '.join(board_names())}) or a path to its .toml; the design's by default.",
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
    group_ports: Annotated[
        int | None, typer.Option(help="Activation groups that a read gives.", rich_help_panel=MACHINE)
    ] = None


@dataclass(frozen=True, kw_only=True)
class OutputOptions:
    """What is printed."""

    json: JsonFlag = False
    limit: Annotated[int, typer.Option(help="Rows of the table shown; 0 shows all.", rich_help_panel=OUTPUT)] = 20

    def __post_init__(self) -> None:
        check_range("--limit", self.limit, 0)
