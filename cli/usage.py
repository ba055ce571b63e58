"""What typer says about a wrong command line, as one line: what, where and what is valid."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import typer
from pydantic import ValidationError
from typer.core import TyperGroup

from heddle.arch.errors import HeddleError, nearest, unknown


class VerbGroup(TyperGroup):
    """The group of verbs; an unknown verb is named with the nearest one."""

    def resolve_command(self, ctx, args):  # type: ignore[no-untyped-def]  # typer exports none of its types
        """Return name, command and remaining arguments of the verb that ``args`` starts with."""
        verb = args[0]
        if not verb.startswith("-") and verb not in self.commands:
            raise unknown("verb", verb, self.commands)
        return super().resolve_command(ctx, args)


def usage_error(error: typer.TyperException, arguments: Sequence[str]) -> HeddleError:
    """Return typer's ``error`` as ours: the verb, what is wrong, and where its options are listed.

    Where typer does not tell the verb, it is the first of the command line's ``arguments`` if that is no option.
    """
    context = getattr(error, "ctx", None)
    told = context.command_path if context else "heddle"
    path = told if " " in told or arguments[0].startswith("-") else f"heddle {arguments[0]}"
    verb = path.partition(" ")[2]
    place = f"{verb}: " if verb else ""
    problem = _problem(error)
    guess = _option_guess(error, arguments) if verb and context and "did you mean" not in problem else ""
    return HeddleError(f"{place}{problem}{guess} ({path} --help lists the options)")


def _option_guess(error: typer.TyperException, arguments: Sequence[str]) -> str:
    """The option that a word on the command line was meant for, which stands there by itself."""
    context: Any = getattr(error, "ctx", None)  # typer exports none of its types
    options: list[Any] = [each for each in context.command.params if each.opts[0].startswith("--") and not each.is_flag]
    missing: list[Any] = [each for each in options if each is getattr(error, "param", None)]
    for option in missing or options:
        for word in _words_alone(arguments, options):
            meant = _meant(word, option, context)
            if meant:
                return f"; did you mean '{option.opts[0]} {meant}'?"
    return ""


def _words_alone(arguments: Sequence[str], options: Sequence[Any]) -> list[str]:
    """The words behind the verb that are neither an option nor the value of one."""
    takes_value = {name for option in options for name in option.opts}
    pairs = pairwise(arguments)
    return [word for before, word in pairs if not word.startswith("-") and before not in takes_value]


def _meant(word: str, option: Any, context: Any) -> str | None:
    """The value of ``option`` that ``word`` was meant to be; a path of a network, for one, is meant as it stands."""
    if option.opts[0] == "--workload" and word.endswith((".onnx", ".csv")):
        return word
    valid = [item.value for item in option.shell_complete(context, "")]
    return nearest(word, valid)


def _problem(error: typer.TyperException) -> str:
    """What is wrong. Typer keeps the kinds of its errors private, so their attributes tell them apart."""
    option = getattr(error, "option_name", None)
    if option is not None and hasattr(error, "possibilities"):
        return _unknown_option(option, error)
    if isinstance(error.__cause__, ValidationError):
        return _invalid_value(error, error.__cause__)
    message = _lowered(error.format_message()).rstrip(".")
    parameter = getattr(error, "param", None)
    if message.startswith("missing option") and parameter is not None:
        return f"{message}: {_lowered(parameter.help).rstrip('.')}"
    return message


def _unknown_option(option: str, error: typer.TyperException) -> str:
    context = getattr(error, "ctx", None)
    known = (
        [name for p in context.command.get_params(context) for name in (*p.opts, *p.secondary_opts)] if context else []
    )
    close = nearest(option, known)
    guess = f"; did you mean {close!r}?" if close else ""
    return f"unknown option {option!r}{guess}"


def _invalid_value(error: typer.TyperException, cause: ValidationError) -> str:
    first = cause.errors()[0]
    parameter = getattr(error, "param", None)
    place = f"{parameter.opts[0]}: " if parameter is not None else ""
    wanted = first["msg"].removeprefix("Input should be ").partition(",")[0]
    return f"{place}must be {wanted}, got {first['input']!r}"


def _lowered(message: str) -> str:
    return message[:1].lower() + message[1:]
