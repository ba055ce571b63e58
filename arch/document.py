"""A JSON document of a run folder: one model, which writes the file and reads it again."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict

from heddle.arch.json_file import json_text, read_json
from heddle.arch.run_dir import write_atomically
from heddle.arch.toml_file import check_model


class Document(BaseModel):
    """A JSON object with the keys of its fields, in their order; also one inside another."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False, populate_by_name=True)

    def text(self) -> str:
        """Return the document as JSON text."""
        return json_text(self.model_dump(mode="json", by_alias=True))

    def write(self, path: Path) -> Path:
        """Write the document to ``path`` whole or not at all, and return it; raises HeddleError on OSError."""
        return write_atomically(path, self.text().encode())

    @classmethod
    def read(cls, path: Path) -> Self:
        """Return the document that ``path`` holds.

        Raises HeddleError, in one line with path and key, for a file that is missing, cut off, or lacks a key, has
        an unknown one or a value of another kind.
        """
        return check_model(cls, read_json(path), str(path))
