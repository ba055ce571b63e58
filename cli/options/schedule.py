"""The options of ``heddle schedule``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from heddle.cli.options.values import OUTPUT, out_path


@dataclass(frozen=True, kw_only=True)
class ScheduleOptions:
    """What only ``schedule`` takes."""

    out: Annotated[
        Path | None,
        typer.Option(parser=out_path, metavar="DIR", help="Write schedule.json there.", rich_help_panel=OUTPUT),
    ] = None
