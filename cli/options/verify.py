"""The options of ``heddle verify``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from heddle.arch.design import DATAFLOWS
from heddle.cli.options.values import (
    CASES,
    LARGEST_SEED,
    OUTPUT,
    BatchAxisWords,
    InputWords,
    JsonFlag,
    NoBatchFlag,
    among,
    check_range,
    one_of_words,
    out_path,
    path_of,
)
from heddle.dataflow.recipes import RECIPES
from heddle.dataflow.zoo import zoo_names
from heddle.hls.names import TOPS
from heddle.verify.model import SIMULATORS

_MOST_CASES = 100_000
_MOST_LATENCY_CLOCKS = 1_000_000


@dataclass(frozen=True, kw_only=True)
class VerifyOptions:
    """What only ``verify`` takes."""

    top: Annotated[
        str,
        typer.Option(
            metavar=one_of_words(TOPS),
            autocompletion=among(TOPS),
            help="The array with lanes and buffers, or the whole machine running programs from memory to memory.",
            rich_help_panel=CASES,
        ),
    ] = TOPS[0]
    gemm: Annotated[
        str | None,
        typer.Option(metavar="MxKxN", help="One product; a suite of them by default.", rich_help_panel=CASES),
    ] = None
    workload: Annotated[
        str | None,
        typer.Option(
            autocompletion=among(zoo_names()),
            help="A network whose layers' products, cut to a few tiles, are the cases.",
            rich_help_panel=CASES,
        ),
    ] = None
    input: InputWords = None
    batch_axis: BatchAxisWords = None
    no_batch: NoBatchFlag = False
    weights: Annotated[
        Path | None,
        typer.Option(
            parser=path_of("--weights", "file"),
            metavar="FILE",
            help="Trained weights (.safetensors) whose layers' FF and BP, cut to a few tiles, are the cases.",
            rich_help_panel=CASES,
        ),
    ] = None
    layer: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only this layer of --weights.", rich_help_panel=CASES)
    ] = None
    recipe: Annotated[
        str,
        typer.Option(
            autocompletion=among(RECIPES),
            help="Which passes of --workload are sparse (recipes of simulate).",
            rich_help_panel=CASES,
        ),
    ] = "bdwp"
    sparsity: Annotated[
        str | None,
        typer.Option(
            metavar="N:M", help="N:M of products and hardware; the design's by default.", rich_help_panel=CASES
        ),
    ] = None
    dataflow: Annotated[
        str | None,
        typer.Option(
            metavar=one_of_words(DATAFLOWS),
            autocompletion=among(DATAFLOWS),
            help="By default every dataflow that the design has.",
            rich_help_panel=CASES,
        ),
    ] = None
    passes: Annotated[
        str | None,
        typer.Option(
            metavar="P,P",
            help="Accelerator: the passes of --gemm or --workload, ff,bp,wu by default.",
            rich_help_panel=CASES,
        ),
    ] = None
    program: Annotated[
        Path | None,
        typer.Option(
            parser=path_of("--program", "folder"),
            metavar="DIR",
            help="Accelerator: what heddle compile wrote, on the design that it was compiled for.",
            rich_help_panel=CASES,
        ),
    ] = None
    cases: Annotated[
        int | None,
        typer.Option(help="Accelerator: how many passes of layers are drawn, 20 by default.", rich_help_panel=CASES),
    ] = None
    latency: Annotated[
        int | None,
        typer.Option(
            metavar="CLOCKS",
            help="Accelerator: memory's, to the first beat; 40 by default, or drawn with the layers.",
            rich_help_panel=CASES,
        ),
    ] = None
    bandwidth: Annotated[
        float | None,
        typer.Option(
            metavar="BYTES",
            help="Accelerator: memory's a clock, up to the ports' width, which is the default.",
            rich_help_panel=CASES,
        ),
    ] = None
    seed: Annotated[int, typer.Option(help="Draws operands and stalls.", rich_help_panel=CASES)] = 0
    case: Annotated[
        str | None, typer.Option(metavar="NAME", help="Run only the case of this name.", rich_help_panel=CASES)
    ] = None
    simulator: Annotated[
        str,
        typer.Option(
            metavar=one_of_words(SIMULATORS),
            autocompletion=among(SIMULATORS),
            help="Which simulator runs the RTL.",
            rich_help_panel=OUTPUT,
        ),
    ] = SIMULATORS[0]
    waves: Annotated[
        bool, typer.Option("--waves", help="Write waves as FST files into --out.", rich_help_panel=OUTPUT)
    ] = False
    out: Annotated[
        Path | None,
        typer.Option(
            parser=out_path, metavar="DIR", help="Write verdicts, logs and waves there.", rich_help_panel=OUTPUT
        ),
    ] = None
    json: JsonFlag = False

    def __post_init__(self) -> None:
        check_range("--seed", self.seed, 0, LARGEST_SEED)
        check_range("--cases", self.cases, 1, _MOST_CASES)
        check_range("--latency", self.latency, 1, _MOST_LATENCY_CLOCKS)
