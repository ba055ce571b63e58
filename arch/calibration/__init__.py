"""What the resource model is calibrated on: synthesised designs, kept as data beside this module.

``fit.csv`` holds the designs that the coefficients are fitted to, ``held-out.csv`` those that only test them: a line
for each kind of block of a design, with what all blocks of that kind take together. ``python -m
benchmarks.calibration.measure`` renews both.
"""

from __future__ import annotations

from pathlib import Path

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


def measured_path(which: str) -> Path:
    """Return the file of a set of synthesised designs."""
    return _FOLDER / f"{which}.csv"
