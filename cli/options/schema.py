"""The options of ``heddle schema``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import typer

from heddle.cli.options.values import OUTPUT, among, one_of_words

#: The kinds of files whose schema can be printed.
KINDS = ("design", "space", "recipe")


@dataclass(frozen=True, kw_only=True)
class SchemaOptions:
    """What ``schema`` takes."""

    kind: Annotated[
        str,
        typer.Argument(
            metavar=one_of_words(KINDS),
            autocompletion=among(KINDS),
            help="Of a design's file, a space's, or a training recipe's.",
            show_default=False,
        ),
    ]
    json: Annotated[
        bool, typer.Option("--json", help="The same document: it is JSON either way.", rich_help_panel=OUTPUT)
    ] = False
