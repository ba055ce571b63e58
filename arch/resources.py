"""FPGA resources of one design, as counts: in all and by module.

The formulas stand in ``heddle.arch.resource_model``, which also takes arrays of designs. Modules with RTL are
calibrated against synthesis (``heddle.arch.calibration``); the others are estimates whose sources
``heddle.arch.coefficients`` gives.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.resource_inputs import ResourceInputs, ResourceTable
from heddle.arch.resource_model import array_tables, module_tables, resource_table


@dataclass(frozen=True)
class Resources:
    """Counts of one module or one design. ``lut_as_memory`` is a part of ``lut``."""

    lut: int
    lut_as_memory: int
    ff: int
    dsp: int
    bram36: int
    uram: int


RESOURCE_NAMES = tuple(field.name for field in fields(Resources))


def resources(design: Design, board: Board) -> Resources:
    """Return what ``design`` takes on ``board``, DRAM controllers and host link included.

    >>> heddle.resources(design, board).dsp > 16
    True
    """
    return _resources(design, board)


# A simulated step asks twice, and a script that simulates many steps of one design as often as there are steps.
@lru_cache(maxsize=64)
def _resources(design: Design, board: Board) -> Resources:
    return _counts(resource_table(ResourceInputs.of(design, board)))


def resources_by_module(design: Design, board: Board) -> dict[str, Resources]:
    """Return what each module of ``design`` takes; the parts sum to ``resources``."""
    tables = module_tables(ResourceInputs.of(design, board))
    return {name: _counts(table) for name, table in tables.items()}


def resources_beside_the_array(design: Design, board: Board) -> dict[str, Resources]:
    """Return what the array takes where it is emitted by itself, with its lanes and double buffers."""
    tables = array_tables(ResourceInputs.of(design, board))
    return {name: _counts(table) for name, table in tables.items()}


def _counts(table: ResourceTable) -> Resources:
    return Resources(*(int(getattr(table, name)) for name in RESOURCE_NAMES))
