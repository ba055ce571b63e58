"""Options in dataclasses: every field becomes an option, and the verb gets the dataclasses back."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Annotated

import pytest
import typer

from heddle.cli.command import takes_options


@dataclass(frozen=True, kw_only=True)
class Size:
    width: Annotated[int, typer.Option(help="Width.")]
    height: Annotated[int, typer.Option(help="Height.")] = 2


@dataclass(frozen=True, kw_only=True)
class Colour:
    shade: Annotated[str, typer.Option(help="Shade.")] = "grey"


def paint(size: Size, colour: Colour) -> int:
    """Paint a wall."""
    return size.width * size.height if colour.shade == "grey" else 0


def test_the_options_are_the_fields_in_order_with_their_defaults() -> None:
    signature = inspect.signature(takes_options(paint))
    assert list(signature.parameters) == ["width", "height", "shade", "verbose", "quiet"]
    assert signature.parameters["width"].default is inspect.Parameter.empty
    assert signature.parameters["height"].default == 2


def test_the_verb_gets_its_dataclasses_back() -> None:
    assert takes_options(paint)(width=3, height=5, shade="grey", verbose=False, quiet=False) == 15


def test_the_help_is_that_of_the_verb() -> None:
    assert takes_options(paint).__doc__ == "Paint a wall."


def test_an_interruption_is_told_and_counted_as_shells_do(capsys: pytest.CaptureFixture[str]) -> None:
    def stop(colour: Colour) -> int:
        raise KeyboardInterrupt(colour)

    assert takes_options(stop)(shade="red", verbose=False, quiet=False) == 130
    assert capsys.readouterr().err == "heddle: error: interrupted\n"
