"""Whether a design lies within what the resource model was fitted to."""

from __future__ import annotations

from collections.abc import Iterator

from heddle.arch.calibration import fitted_document
from heddle.arch.calibration.machine import machine_fitted_document
from heddle.arch.design import Design

#: The parameters that the fitted coefficients depend on.
RANGED = ("rows", "cols", "n", "m", "interleave", "adder_stages", "multiplier_stages")


def extrapolations(design: Design) -> tuple[str, ...]:
    """Return a line for each parameter of ``design`` that lies outside of the designs that the model was fitted to."""
    return tuple(_outside(design))


def calibration_line() -> str:
    """Return what the resource model of the array and the lanes was fitted to, in one line."""
    document = fitted_document()
    return f"calibrated on {document['designs']} designs synthesised by {document['tool']}"


def machine_calibration_line() -> str:
    """Return what the resource model of the machine around the array was fitted to, in one line."""
    return f"calibrated on the blocks of {machine_fitted_document()['designs']} machines, by the same tool"


def _outside(design: Design) -> Iterator[str]:
    ranges = fitted_document()["ranges"]
    array = design.array
    given = {
        "rows": array.rows,
        "cols": array.cols,
        "n": design.sparsity.n,
        "m": design.sparsity.m,
        "interleave": array.interleave,
        "adder_stages": array.adder_stages,
        "multiplier_stages": array.multiplier_stages,
    }
    for name, value in given.items():
        low, high = ranges[name]
        if not low <= value <= high:
            yield f"{name} = {value} is outside of the {low} to {high} that the resource model was fitted to"
    for name, word in (("operand", design.numbers.operand), ("dataflows", "+".join(sorted(array.dataflows)))):
        if word not in ranges[name]:
            yield f"{name} = {word} is none of those that the resource model was fitted to ({', '.join(ranges[name])})"
