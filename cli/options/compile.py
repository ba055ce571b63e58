"""The options of ``heddle compile``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from heddle.arch.errors import HeddleError
from heddle.cli.options.values import LARGEST_SEED, OUTPUT, JsonFlag, check_range, out_path, path_of


@dataclass(frozen=True, kw_only=True)
class CompileOptions:
    """What only ``compile`` takes."""

    out: Annotated[
        Path,
        typer.Option(
            parser=out_path,
            metavar="DIR",
            help="Write program, listing, memory map and image there.",
            rich_help_panel=OUTPUT,
        ),
    ]
    image: Annotated[
        bool | None,
        typer.Option(
            "--image/--no-image",
            help="Write the memory's image, with drawn operands; by default where it has 1 GiB or less.",
            rich_help_panel=OUTPUT,
            show_default=False,
        ),
    ] = None
    seed: Annotated[int, typer.Option(help="Draws the image's operands.", rich_help_panel=OUTPUT)] = 0
    weights: Annotated[
        Path | None,
        typer.Option(
            parser=path_of("--weights", "file"),
            metavar="FILE",
            help="Trained weights (.safetensors) for the image, instead of drawn ones.",
            rich_help_panel=OUTPUT,
        ),
    ] = None
    json: JsonFlag = False

    def __post_init__(self) -> None:
        check_range("--seed", self.seed, 0, LARGEST_SEED)
        if self.weights is not None and self.image is False:
            raise HeddleError("--weights is for the memory's image, and --no-image leaves it out; give one of them")
