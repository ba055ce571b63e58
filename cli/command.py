"""Commands whose options stand in dataclasses, so that verbs share groups of options by type."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields
from typing import Any, get_type_hints

from heddle.cli.exit_codes import INTERRUPTED
from heddle.cli.output import print_error
from heddle.cli.verbosity import VerbosityOptions, speaking, timed


def takes_options(verb: Callable[..., int]) -> Callable[..., int]:
    """Return ``verb``, all of whose parameters are dataclasses of options, as a command with those options flat.

    Every field of the dataclasses becomes one option, in order; the command gathers their values back into the
    dataclasses. A field's annotation and default are those of the option. Field names are distinct over the
    groups of one verb. Every command takes ``VerbosityOptions`` besides.
    """
    groups = {name: kind for name, kind in get_type_hints(verb).items() if name != "return"}
    parameters = [parameter for kind in (*groups.values(), VerbosityOptions) for parameter in _parameters(kind)]

    def command(**values: Any) -> int:
        verbosity = _made(VerbosityOptions, values)
        made = {name: _made(kind, values) for name, kind in groups.items()}
        try:
            with speaking(verbosity.level), timed(verb.__name__):
                return verb(**made)
        except KeyboardInterrupt:  # caught here, for typer would turn it into an exit without a word
            print_error("interrupted")
            return INTERRUPTED

    command.__name__ = verb.__name__
    command.__doc__ = verb.__doc__
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # inspect's own protocol
    return command


def _made(kind: type[Any], values: Mapping[str, Any]) -> Any:
    return kind(**{field.name: values[field.name] for field in fields(kind)})


def _parameters(kind: type[Any]) -> list[inspect.Parameter]:
    hints = get_type_hints(kind, include_extras=True)
    return [
        inspect.Parameter(
            field.name, inspect.Parameter.KEYWORD_ONLY, default=_default(field), annotation=hints[field.name]
        )
        for field in fields(kind)
    ]


def _default(field: Field[Any]) -> Any:
    return inspect.Parameter.empty if field.default is MISSING else field.default
