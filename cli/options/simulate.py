"""The options of ``heddle simulate``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from heddle.cli.options.values import MACHINE, OUTPUT, TRAINING, among, one_of_words, out_path, path_of
from heddle.sim.levels import LEVELS


@dataclass(frozen=True, kw_only=True)
class SimulateOptions:
    """What only ``simulate`` takes."""

    level: Annotated[
        str,
        typer.Option(
            metavar=one_of_words(LEVELS),
            autocompletion=among(LEVELS),
            help="Closed form, or decoupled engines with DRAM.",
            rich_help_panel=TRAINING,
        ),
    ] = LEVELS[0]
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
        bool, typer.Option("--plots", help="Also draw layers and roofline into --out.", rich_help_panel=OUTPUT)
    ] = False
    trace: Annotated[
        Path | None,
        typer.Option(
            parser=path_of("--trace", "file"),
            metavar="FILE",
            help="Write the engines' timeline, to open in Perfetto.",
            rich_help_panel=OUTPUT,
        ),
    ] = None
    power: Annotated[
        Path | None,
        typer.Option(
            parser=path_of("--power", "file"),
            metavar="FILE",
            help="A Vivado power report of the design: its watts replace the modelled energy on chip.",
            rich_help_panel=MACHINE,
        ),
    ] = None
