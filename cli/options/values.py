"""What options are made of: the panels of the help, ranges, paths, and lists of words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated

import typer

from heddle.arch.errors import HeddleError
from heddle.dataflow.choices import OPTIMIZERS

MOST_WORKERS = 1024
LARGEST_SEED = (1 << 32) - 1

NETWORK, TRAINING, MACHINE, CASES, OUTPUT = "Network", "Training", "Machine", "Cases", "Output"

#: Every verb's ``--json``.
JsonFlag = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.", rich_help_panel=OUTPUT)]

#: What the verbs that read a network say of an ONNX file's inputs.
InputWords = Annotated[
    list[str] | None,
    typer.Option(
        "--input",
        metavar="NAME=SIZES",
        help="Sizes of an ONNX file's input, as in x=1x3x48x320; may be given several times.",
        rich_help_panel=NETWORK,
    ),
]
BatchAxisWords = Annotated[
    list[str] | None,
    typer.Option(
        metavar="[NAME=]AXIS",
        help="Which dimension of an ONNX file's inputs is the batch, counted from 0; may be given several times.",
        rich_help_panel=NETWORK,
    ),
]
NoBatchFlag = Annotated[
    bool,
    typer.Option("--no-batch", help="The ONNX file is one sample as it stands.", rich_help_panel=NETWORK),
]


def check_range(option: str, value: float | None, low: float, high: float | None = None) -> None:
    """Raise HeddleError when ``value`` is given and not within ``low`` and ``high``, all in the option's unit."""
    if value is not None and (value < low or (high is not None and value > high)):
        valid = f"{low:,} to {high:,}" if high is not None else f"{low:,} or more"
        shown = f"{value:g}" if isinstance(value, float) else str(value)
        raise HeddleError(f"{option}: {shown} is out of range (valid: {valid})")


def path_of(option: str, what: str) -> Callable[[str], Path]:
    """Return the parser of ``option``'s value, the path of a ``what``."""

    def parse(text: str) -> Path:
        return checked_path(option, text, what)

    return parse


out_path = path_of("--out", "folder")


def checked_path(option: str, text: str, what: str) -> Path:
    """``text`` as a path; an empty one, which Path would take as the current folder, is a slip."""
    if not text:
        raise HeddleError(f"{option}: is empty; give the path of a {what}")
    return Path(text)


def listed(words: Iterable[str]) -> str:
    """Return words as a sentence lists them: "a, b or c"."""
    *before, last = words
    return f"{', '.join(before)} or {last}" if before else last


def one_of_words(words: Iterable[str]) -> str:
    """Return words as the place of an option's value shows them: "a|b|c"."""
    return "|".join(words)


def among(words: Iterable[str]) -> Callable[[str], list[str]]:
    """Return what a shell completes an option's value with: the words that begin as what is typed."""
    known = tuple(words)

    def complete(incomplete: str) -> list[str]:
        return [word for word in known if word.startswith(incomplete)]

    return complete


#: What the verbs that train, or that simulate training, say of the weight update.
OptimizerWord = Annotated[
    str,
    typer.Option(
        metavar=one_of_words(OPTIMIZERS),
        autocompletion=among(OPTIMIZERS),
        help="Weight update.",
        rich_help_panel=TRAINING,
    ),
]
