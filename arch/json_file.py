"""JSON text, and JSON files read again: an object, or one line that says what is wrong with the file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NoReturn

from heddle.arch.errors import HeddleError


def json_text(document: Any) -> str:
    """Return ``document`` as JSON text; a number that is not finite is a bug and raises."""
    return json.dumps(document, indent=2, allow_nan=False) + "\n"


def read_json(path: Path) -> dict[str, Any]:
    """Return the object that a JSON file holds.

    Raises HeddleError, with the file's path, for a file that cannot be read, is no JSON (cut off, say), or holds
    something else than an object.
    """
    try:
        document = json.loads(path.read_bytes().decode("utf-8"), parse_constant=_refuse)
    except FileNotFoundError:
        raise HeddleError(f"{path}: no such file") from None
    except OSError as error:
        raise HeddleError(f"{path}: cannot be read: {(error.strerror or str(error)).lower()}") from None
    except UnicodeDecodeError as error:
        raise HeddleError(f"{path}: is not UTF-8 text (byte {error.start})") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise HeddleError(f"{path}: is not valid JSON: {error.msg} ({where}); it may have been cut off") from None
    except (ValueError, RecursionError) as error:
        raise HeddleError(f"{path}: is not valid JSON: {error}") from None
    if not isinstance(document, dict):
        raise HeddleError(f"{path}: holds no JSON object")
    return document


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number of JSON")
