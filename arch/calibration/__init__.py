"""What the resource model is calibrated on: synthesised designs, kept as data beside this module.

``fit.csv`` holds the designs that the coefficients are fitted to, ``held-out.csv`` those that only test them: a line
for each kind of block of a design; of the first set with what one block takes, of the second with what all blocks of
the kind take together. ``fitted.json`` holds the coefficients, what they were fitted with, and the ranges that the
designs span. ``python -m benchmarks.calibration.measure`` renews the designs, ``python -m benchmarks.calibration.fit``
the coefficients.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

_FOLDER = Path(__file__).resolve().parent

#: Blocks by kind: PEs, recoders, delay lines and waiting operands at the array's edges, the rest of the array's core,
#: SORE, WUVE and the on-chip buffers.
KINDS = ("pe", "recoders", "lines", "waits", "core", "sore", "wuve", "buffers")
RESOURCES = ("lut", "lut_as_memory", "ff", "dsp", "bram36", "uram")
COLUMNS = (
    "design",
    "rows",
    "cols",
    "n",
    "m",
    "dataflows",
    "interleave",
    "adder_stages",
    "multiplier_stages",
    "operand",
    "sore_lanes",
    "wuve_lanes",
    "activation_bytes",
    "weight_bytes",
    "output_bytes",
    "kind",
    *RESOURCES,
)


def data_path(name: str) -> Path:
    """Return a file of this folder by name."""
    return _FOLDER / name


def measured_path(which: str) -> Path:
    """Return the file of a set of synthesised designs."""
    return data_path(f"{which}.csv")


def fitted_path() -> Path:
    """Return the file of the fitted coefficients."""
    return data_path("fitted.json")


@cache
def fitted_document() -> Mapping[str, Any]:
    """Return what ``fitted.json`` holds: ``coefficients`` by kind, resource and feature; ``ranges``; ``tool``."""
    document: dict[str, Any] = json.loads(fitted_path().read_text())
    return document


def fitted(kind: str, resource: str, features: Mapping[str, npt.ArrayLike]) -> npt.NDArray[np.float64]:
    """Return the fitted part of what a block of ``kind`` takes: the sum of ``features`` times their coefficients.

    Raises KeyError for a feature that the fit did not know.
    """
    return weighted(fitted_document()["coefficients"][kind][resource], features)


def weighted(coefficients: Mapping[str, float], features: Mapping[str, npt.ArrayLike]) -> npt.NDArray[np.float64]:
    """Return the sum of ``features`` times their coefficients. Raises KeyError for a feature that has none."""
    terms = [coefficients[name] * np.asarray(value, np.float64) for name, value in features.items()]
    return np.asarray(sum(terms), np.float64)
