"""The options of ``heddle generate``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from heddle.cli.options.values import MACHINE, OUTPUT, JsonFlag, out_path


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
    buffer_latency: Annotated[
        int,
        typer.Option(
            metavar="CLOCKS",
            min=2,
            help="Clocks from a buffer's address to its word; more where its RAMs stand far apart.",
            rich_help_panel=MACHINE,
        ),
    ] = 2
    json: JsonFlag = False
