"""The options of ``heddle synth``."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from heddle.cli.options.values import CASES, MOST_WORKERS, OUTPUT, JsonFlag, among, check_range, one_of_words, out_path
from heddle.dataflow.choices import OPTIMIZERS
from heddle.hls.names import TOPS
from heddle.synth.result import TOOLS


@dataclass(frozen=True, kw_only=True)
class SynthOptions:
    """What only ``synth`` takes."""

    tool: Annotated[
        str,
        typer.Option(
            metavar=one_of_words(TOOLS),
            autocompletion=among(TOOLS),
            help="yosys maps each distinct block once; Vivado places and routes the array's core.",
            rich_help_panel=CASES,
        ),
    ] = TOOLS[0]
    top: Annotated[
        str,
        typer.Option(
            metavar=one_of_words(TOPS),
            autocompletion=among(TOPS),
            help="The array with lanes and buffers, each by itself, or the whole machine and the lanes.",
            rich_help_panel=CASES,
        ),
    ] = TOPS[0]
    sparsity: Annotated[
        str | None,
        typer.Option(metavar="N:M", help="N:M of the hardware; the design's by default.", rich_help_panel=CASES),
    ] = None
    optimizer: Annotated[
        str,
        typer.Option(
            metavar=one_of_words(OPTIMIZERS),
            autocompletion=among(OPTIMIZERS),
            help="What the WUVE lanes compute.",
            rich_help_panel=CASES,
        ),
    ] = OPTIMIZERS[0]
    flat: Annotated[
        bool,
        typer.Option(
            "--flat", help="Also map the array flat, to check the sum; for small arrays.", rich_help_panel=CASES
        ),
    ] = False
    place: Annotated[
        bool,
        typer.Option(
            "--place",
            help="Place and route one PE on an ECP5 with nextpnr.",
            rich_help_panel=CASES,
        ),
    ] = False
    workers: Annotated[
        int | None, typer.Option(help="Runs of yosys at a time; one a core by default.", rich_help_panel=OUTPUT)
    ] = None
    out: Annotated[
        Path | None,
        typer.Option(
            parser=out_path,
            metavar="DIR",
            help="Write the result, and a Vivado project of the core, there.",
            rich_help_panel=OUTPUT,
        ),
    ] = None
    json: JsonFlag = False

    def __post_init__(self) -> None:
        check_range("--workers", self.workers, 1, MOST_WORKERS)

    @property
    def runs(self) -> int:
        """Runs of yosys at a time."""
        return self.workers or os.cpu_count() or 1
