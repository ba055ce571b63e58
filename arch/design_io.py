"""Designs as files: presets, TOML in and out, and single values overridden.

A preset is a TOML file that ships in ``arch/presets``; a user's own design is the same kind of file anywhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from pydantic import BaseModel

from heddle.arch.design import Design
from heddle.arch.errors import HeddleError, unknown
from heddle.arch.toml_file import check_model, load_model, locate, shipped_names

PRESETS = Path(__file__).resolve().parent / "presets"


def preset_names() -> tuple[str, ...]:
    """Return the names of the designs that ship with the tool, sorted."""
    return shipped_names(PRESETS)


def load_design(name_or_path: str) -> Design:
    """Return a preset by name, or a design from a TOML file.

    Raises HeddleError, in one line, for an unknown preset, a file that cannot be read or is not TOML, and a
    key that is unknown, missing or out of range.

    >>> heddle.load_design("tiny").array.rows
    4
    """
    path = locate(name_or_path, "preset", PRESETS)
    return load_model(Design, path)


def override(design: Design, values: Mapping[str, Any], where: str = "override") -> Design:
    """Return ``design`` with dotted keys (``array.rows``) set to new values, checked as a whole again.

    ``where`` starts the message of a HeddleError, as a file's path does in ``load_design``.

    >>> heddle.override(design, {"array.rows": 8, "clock_hz": 150e6}).array.rows
    8
    """
    data = design.model_dump()
    for key, value in values.items():
        _set(data, key, value, where)
    return check_model(Design, data, where)


def number_range(dotted: str) -> tuple[float, float] | None:
    """Return the least and the largest valid value of a design's numeric key (``array.rows``), in its own unit.

    None for a key without such a range: a set of values, a word.
    """
    model: type[BaseModel] = Design
    *sections, last = dotted.split(".")
    for section in sections:
        model = cast(type[BaseModel], model.model_fields[section].annotation)
    bounds = {
        name: float(getattr(bound, name))
        for bound in model.model_fields[last].metadata
        for name in ("ge", "gt", "le")
        if hasattr(bound, name)
    }
    if "gt" in bounds:  # only counts have it, so the next whole number is the least
        bounds["ge"] = bounds["gt"] + 1
    return (bounds["ge"], bounds["le"]) if {"ge", "le"} <= bounds.keys() else None


def _set(data: dict[str, Any], dotted: str, value: Any, where: str) -> None:
    *sections, last = dotted.split(".")
    table = data
    for depth, section in enumerate(sections):
        inner = table.get(section)
        if not isinstance(inner, dict):
            raise unknown("key", dotted, _dotted_keys(table, sections[:depth]), where)
        table = inner
    if last not in table:
        raise unknown("key", dotted, _dotted_keys(table, sections), where)
    table[last] = value


def _dotted_keys(table: Mapping[str, Any], sections: list[str]) -> list[str]:
    return [".".join([*sections, key]) for key in table]


def to_toml(design: Design) -> str:
    """Return ``design`` as TOML text that loads back to an equal design; every value is written out.

    >>> heddle.to_toml(design).splitlines()[0]
    'name = "tiny"'
    """
    data = design.model_dump()
    values = {key: value for key, value in data.items() if not isinstance(value, dict)}
    lines = _assignments(values)
    for section, table in data.items():
        if isinstance(table, dict):
            lines += ["", f"[{section}]", *_assignments(table)]
    return "\n".join(lines) + "\n"


def _assignments(table: Mapping[str, Any]) -> list[str]:
    return [f"{key} = {_toml_value(value)}" for key, value in table.items()]


def _toml_value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        # JSON's escapes are all valid in a TOML basic string; DEL is the one control it leaves bare.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, tuple):
        return f"[{', '.join(_toml_value(item) for item in value)}]"
    raise HeddleError(f"a design value of type {type(value).__name__} has no TOML form")
