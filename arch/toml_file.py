"""TOML files checked against a model: reading, and every way it can go wrong told in one line, with its place.

Designs and boards share this. A word that ends in ``.toml`` or holds a path separator is a path; any other
word names a file that ships with the package.
"""

from __future__ import annotations

import logging
import os
import re
import tomllib
import typing
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from heddle.arch.errors import HeddleError, KeyValueError, nearest, unknown
from heddle.arch.toml_positions import Key, key_positions

Model = TypeVar("Model", bound=BaseModel)

_log = logging.getLogger(__name__)

_SHOWN_CHARACTERS = 60
_SHOWN_KEYS = 4
_MOST_LEVELS = 64  # no model has a tenth of them, and what walks over the values recurses
# A key of many parts, told before the parser, which takes a time that grows with their square.
_LONG_KEY = re.compile(rf"^[ \t]*\[{{0,2}}[ \t]*(?:[A-Za-z0-9_\"'-]+[ \t]*\.[ \t]*){{{_MOST_LEVELS}}}", re.MULTILINE)


def shipped_names(folder: Path) -> tuple[str, ...]:
    """Return the names of the TOML files in ``folder``, sorted."""
    return tuple(sorted(path.stem for path in folder.glob("*.toml")))


def is_path(word: str) -> bool:
    """True when ``word`` is meant as a file's path and not as the name of a shipped file."""
    separators = (os.sep, os.altsep, "/")
    return word.endswith(".toml") or any(mark and mark in word for mark in separators)


def locate(word: str, what: str, folder: Path) -> Path:
    """Return the file that ``word`` stands for; an unknown name raises with the nearest and all names.

    A path that is not there raises too where its stem is the name of a shipped file: that was meant.
    """
    names = shipped_names(folder)
    if word.lower().endswith(".cfg"):
        raise HeddleError(
            f"{word}: is a configuration of SCALE-Sim by its name, which is not read; give a .toml file "
            f"or the name of a {what} (valid: {', '.join(names)})"
        )
    if is_path(word):
        path = Path(word)
        if path.stem in names and not os.path.lexists(path):
            raise HeddleError(f"{path}: no such file; did you mean the {what} {path.stem!r}?")
        return path
    if word not in names:
        raise unknown(what, word, names)
    return folder / f"{word}.toml"


def load_model(model: type[Model], path: Path) -> Model:
    """Return what a TOML file holds as a ``model``.

    Raises HeddleError for a file that cannot be read or is not TOML, and as ``check_model`` does; with line and column
    of the syntax error or of the first problem's key.
    """
    text = _read_text(path)
    tables = _parsed(text, str(path))
    _log.debug("read %s", path)
    return _checked(model, tables, lambda key: f"{path}{_place(text, key)}")


def _place(text: str, key: Key) -> str:
    """Where ``key`` stands in ``text``, as ":line:column"; that of a missing key is its table."""
    try:
        positions = key_positions(text)
    except RecursionError:  # nested so deep that only the parser came through
        return ""
    known = [key[:length] for length in range(len(key), 0, -1) if key[:length] in positions]
    return f":{positions[known[0]]}" if known else ""


def _read_text(path: Path) -> str:
    try:
        if path.is_dir():
            raise HeddleError(f"{path}: is a directory; a TOML file is needed")
        if path.exists() and not path.is_file():
            raise HeddleError(f"{path}: is not a regular file; a TOML file is needed")
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise HeddleError(f"{path}: no such file{_neighbour(path)}") from None
    except UnicodeDecodeError as error:
        raise HeddleError(f"{path}: is not UTF-8 text (byte {error.start}); TOML files are UTF-8") from None
    except OSError as error:
        raise HeddleError(f"{path}: cannot be read: {error.strerror or error}") from None
    except ValueError as error:  # a NUL inside the path
        raise HeddleError(f"{str(path)!r}: is not a valid path: {error}") from None


def _neighbour(path: Path) -> str:
    """A guess at the TOML file beside ``path`` that was meant; empty where none is like it."""
    close = nearest(path.stem, sorted(entry.stem for entry in path.parent.glob("*.toml")))
    return f"; did you mean {str(path.parent / f'{close}.toml')!r}?" if close else ""


def _parsed(text: str, where: str) -> dict[str, Any]:
    too_deep = HeddleError(f"{where}: is nested too deep (valid: {_MOST_LEVELS} levels of tables and arrays)")
    if _LONG_KEY.search(text):
        raise too_deep
    try:
        tables = tomllib.loads(text)
    except RecursionError:
        raise too_deep from None
    except tomllib.TOMLDecodeError as error:
        place, reason = _syntax_problem(str(error), text)
        raise HeddleError(f"{where}{place}: is not valid TOML: {reason}") from None
    except ValueError:  # Python refuses to convert integers of thousands of digits
        raise HeddleError(f"{where}: is not valid TOML: it holds a number that is too long") from None
    if _deeper_than(tables, _MOST_LEVELS):
        raise too_deep
    return tables


def _deeper_than(tables: dict[str, Any], levels: int) -> bool:
    inside: list[Any] = [tables]
    for _ in range(levels):
        values = [value.values() if isinstance(value, dict) else value for value in inside]
        inside = [inner for group in values for inner in group if isinstance(inner, dict | list)]
    return bool(inside)


def _syntax_problem(message: str, text: str) -> tuple[str, str]:
    """The parser's message apart: the place as ":line:column", and the reason."""
    reason, _, place = message.removesuffix(")").partition(" (at ")
    if place == "end of document":
        lines = text.split("\n")
        return f":{len(lines)}:{len(lines[-1]) + 1}", f"{reason} at its end"
    return ":" + place.removeprefix("line ").replace(", column ", ":"), reason


def check_model(model: type[Model], data: Mapping[str, Any], where: str) -> Model:
    """Return ``data`` as a ``model``; the first problem raises, with its dotted key and how many more follow.

    ``where`` is what the message starts with: a file's path or the option that gave the values.
    """
    return _checked(model, data, lambda key: where)


def _checked(model: type[Model], data: Mapping[str, Any], where: Callable[[Key], str]) -> Model:
    """``data`` as a ``model``; ``where`` says what a message about a key starts with."""
    try:
        return model.model_validate(_with_tuples(dict(data)))
    except ValidationError as error:
        problems = sorted(error.errors(), key=_misspellings_first)
        shown = _missing_keys(problems) or [_describe(problems[0], model)]
        more = f" (and {len(problems) - len(shown)} more)" if len(problems) > len(shown) else ""
        raise HeddleError(f"{where(_full_key(problems[0]))}: {', '.join(shown)}{more}") from None


def _full_key(problem: ErrorDetails) -> Key:
    """The key of a problem; a model's own check may say which key below the model's it is about."""
    cause = problem.get("ctx", {}).get("error")
    return (*problem["loc"], *(cause.key if isinstance(cause, KeyValueError) else ()))


def _with_tuples(value: Any) -> Any:
    """TOML arrays as tuples, which is what frozen models hold and strict checking asks for."""
    if isinstance(value, Mapping):
        return {key: _with_tuples(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return tuple(_with_tuples(inner) for inner in value)
    return value


def _missing_keys(problems: list[ErrorDetails]) -> list[str]:
    """The first few missing keys as parts of one message; empty where another problem comes first."""
    missing = [_key(problem) for problem in problems if problem["type"] == "missing"]
    if problems[0]["type"] != "missing":
        return []
    first, *others = (repr(key) for key in missing[:_SHOWN_KEYS])
    return [f"missing {'keys' if others else 'key'} {first}", *others]


def _key(problem: ErrorDetails) -> str:
    return ".".join(str(part) for part in problem["loc"])


def _misspellings_first(problem: ErrorDetails) -> bool:
    """Order problems so that a misspelt key stands before the missing key that it causes."""
    return problem["type"] != "extra_forbidden"


def _describe(problem: ErrorDetails, model: type[BaseModel]) -> str:
    key = _key(problem)
    if problem["type"] == "extra_forbidden":
        return _unknown_key(problem["loc"], model)
    if problem["type"] == "value_error":
        message = str(problem["ctx"]["error"])
        return f"{key}: {message}" if key else message
    if problem["type"] == "model_type":
        return f"{key}: must be a table, got {_shown(problem['input'])}"
    message = problem["msg"].removeprefix("Input ").replace("should be", "must be", 1)
    return f"{key}: {message}{_guess(problem)}, got {_shown(problem['input'])}"


def _unknown_key(loc: tuple[int | str, ...], model: type[BaseModel]) -> str:
    parents = [str(part) for part in loc[:-1]]
    fields = _section(model, parents).model_fields.items()
    valid = [".".join([*parents, field.serialization_alias or name]) for name, field in fields]
    given = ".".join([*parents, str(loc[-1])])
    close = nearest(given, valid)
    guess = f"; did you mean {close!r}?" if close else ""
    return f"unknown key {given!r}{guess} (valid: {', '.join(valid)})"


def _section(model: type[BaseModel], path: Iterable[str]) -> type[BaseModel]:
    """Return the model that ``path`` leads to; a part of it that is no field is a place in a list or a table."""
    for part in path:
        if part not in model.model_fields:
            continue
        inner = model.model_fields[part].annotation
        candidates = (inner, *typing.get_args(inner))
        model = next((c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel)), model)
    return model


def _guess(problem: ErrorDetails) -> str:
    if problem["type"] != "literal_error" or not isinstance(problem["input"], str):
        return ""
    words = problem["ctx"]["expected"].replace(" or ", ", ").replace("'", "").split(", ")
    close = nearest(problem["input"], words) if len(words) > 1 else None
    return f" (did you mean {close!r}?)" if close else ""


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        return "a table"
    text = repr(list(value)) if isinstance(value, tuple) else repr(value)
    return text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 3] + "..."
