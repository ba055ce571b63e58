"""What the blocks of a whole machine around its array take, as measured and kept beside this module.

``machine-fit.csv`` holds the machines that the coefficients are fitted to, ``machine-held-out.csv`` those that only
test them: a line for each kind of block of a machine, with what all blocks of that kind take. ``python -m
benchmarks.calibration.machine_measure`` renews both.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from heddle.arch.calibration import RESOURCES, data_path, weighted

MACHINE_COLUMNS = (
    "design",
    "rows",
    "cols",
    "n",
    "m",
    "interleave",
    "dataflows",
    "interleave_axes",
    "operand",
    "activation_bytes",
    "weight_bytes",
    "output_bytes",
    "group_ports",
    "port_bits",
    "kind",
    *RESOURCES,
)


def machine_path(which: str) -> Path:
    """Return the file of a set of machines."""
    return data_path(f"machine-{which}.csv")


def machine_fitted_path() -> Path:
    """Return the file of the fitted coefficients of these blocks."""
    return data_path("machine-fitted.json")


@cache
def machine_fitted_document() -> Mapping[str, Any]:
    """Return what ``machine-fitted.json`` holds, as ``fitted.json``'s ``coefficients``, ``designs`` and ``tool``."""
    document: dict[str, Any] = json.loads(machine_fitted_path().read_text())
    return document


def machine_fitted(kind: str, resource: str, features: Mapping[str, npt.ArrayLike]) -> npt.NDArray[np.float64]:
    """Return the fitted part of what a block of ``kind`` takes. Raises KeyError for a feature that the fit lacks."""
    return weighted(machine_fitted_document()["coefficients"][kind][resource], features)
