"""``heddle train`` on little, as its tests call it, and what it leaves behind."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from heddle.cli.main import main

Capture = pytest.CaptureFixture[str]

KEYS = {"accuracy_mean", "accuracy_std", "dense_accuracy_mean", "mac_fraction"}
QUICK = ["--model", "mlp", "--seeds", "2", "--epochs", "2", "--train-samples", "100", "--workers", "1", "--quiet"]


def train(capsys: Capture, *options: str, code: int = 0) -> Any:
    assert main(["train", "--json", *QUICK, *options]) == code
    return json.loads(capsys.readouterr().out)


def numbers(value: Any) -> Iterator[float]:
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from numbers(inner)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield value


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def contents(folder: Path) -> dict[str, bytes]:
    """All files below ``folder`` but the record of the command itself, and what a kill left half written."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "provenance.json" and not path.name.startswith(".")
    }
