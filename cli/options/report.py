"""The options of ``heddle report``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from heddle.cli.options.values import NETWORK, OUTPUT, TRAINING, JsonFlag, among, check_range, path_of
from heddle.dataflow.network_choice import LARGEST_BATCH
from heddle.dataflow.recipes import RECIPES
from heddle.dataflow.zoo import zoo_names


@dataclass(frozen=True, kw_only=True)
class ReportOptions:
    """What ``report`` takes: one folder, or two folders or designs to compare."""

    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="DIR | A B",
            help="A folder of results; or two to compare, each a folder, a preset or a design's .toml.",
            show_default=False,
        ),
    ]
    out: Annotated[
        Path | None,
        typer.Option(
            parser=path_of("--out", "file"),
            metavar="FILE",
            help="Where to write the page; by default report.html in the folder, comparison.html for two.",
            rich_help_panel=OUTPUT,
        ),
    ] = None
    pick: Annotated[
        int | None,
        typer.Option(metavar="ROW", help="Row of the exploration's front to describe; the first by default."),
    ] = None
    workload: Annotated[
        str | None,
        typer.Option(
            autocompletion=among(zoo_names()),
            help="Compare designs on a training step of this network too.",
            rich_help_panel=NETWORK,
        ),
    ] = None
    batch: Annotated[
        int | None, typer.Option(help="Samples a training step of --workload; 32.", rich_help_panel=NETWORK)
    ] = None
    recipe: Annotated[
        str | None,
        typer.Option(autocompletion=among(RECIPES), help="How --workload is trained; bdwp.", rich_help_panel=TRAINING),
    ] = None
    sparsity: Annotated[
        str | None,
        typer.Option(metavar="N:M", help="N:M of designs compared; their own by default.", rich_help_panel=TRAINING),
    ] = None
    json: JsonFlag = False

    def __post_init__(self) -> None:
        check_range("--batch", self.batch, 1, LARGEST_BATCH)
