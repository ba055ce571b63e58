"""The options of ``heddle compile``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from heddle.cli.options.values import OUTPUT, JsonFlag, out_path


@dataclass(frozen=True, kw_only=True)
class CompileOptions:
    """What only ``compile`` takes."""

    out: Annotated[
        Path,
        typer.Option(
            parser=out_path,
            metavar="DIR",
            help="Write program, listing and memory map there.",
            rich_help_panel=OUTPUT,
        ),
    ]
    json: JsonFlag = False
