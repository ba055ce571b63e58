"""A field of a model that names a row of one of the tool's tables: number formats, kinds of memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema


@dataclass(frozen=True)
class KeyOf:
    """What a ``str`` field is annotated with to take the keys of ``table`` alone.

    Another word is refused as a Literal refuses it. The table is read when a value is checked, so that a row is all
    that a new word needs.
    """

    table: Mapping[str, object]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Check with ``_checked`` alone."""
        return core_schema.no_info_plain_validator_function(self._checked)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Return the keys as an enumeration."""
        return {"type": "string", "enum": list(self.table)}

    def _checked(self, value: object) -> str:
        if isinstance(value, str) and value in self.table:
            return value
        *others, last = (repr(key) for key in self.table)
        expected = f"{', '.join(others)} or {last}" if others else last
        raise PydanticCustomError("literal_error", "Input should be {expected}", {"expected": expected})
