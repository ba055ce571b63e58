"""The options of ``heddle explore``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from heddle.arch.boards import board_names
from heddle.cli.options.values import MACHINE, MOST_WORKERS, OUTPUT, among, check_range, out_path, path_of
from heddle.dse.objectives import ACCURACY, DEFAULT_OBJECTIVES, OBJECTIVES
from heddle.dse.space import DEFAULT_SPACE, space_names


@dataclass(frozen=True, kw_only=True)
class ExploreOptions:
    """What only ``explore`` takes."""

    board: Annotated[
        str,
        typer.Option(
            autocompletion=among(board_names()),
            help=f"A board ({', '.join(board_names())}) or a path to its .toml.",
            rich_help_panel=MACHINE,
        ),
    ] = "vcu1525"
    space: Annotated[
        str,
        typer.Option(
            autocompletion=among(space_names()),
            help=f"A space ({', '.join(space_names())}) or a path to its .toml.",
            rich_help_panel=MACHINE,
        ),
    ] = DEFAULT_SPACE
    sparsity: Annotated[
        str | None,
        typer.Option(metavar="N:M,N:M", help="The sparsities to try; the space's by default.", rich_help_panel=MACHINE),
    ] = None
    objectives: Annotated[
        str | None,
        typer.Option(
            metavar="O,O",
            help=f"What is minimised: {', '.join(OBJECTIVES)}; and {ACCURACY}, which is maximised, with --accuracy. "
            f"By default {','.join(DEFAULT_OBJECTIVES)} and, if given, {ACCURACY}.",
            rich_help_panel=MACHINE,
        ),
    ] = None
    accuracy: Annotated[
        Path | None,
        typer.Option(
            parser=path_of("--accuracy", "file"),
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
