"""Whether a design fits a board: device resources, memory channels and clock.

A resource fits when its estimate is within what the device has. Of LUTs and FFs only a share can be used, since
routing needs room.
Textbook idealisations (``drain = "direct"`` or ``memory.unlimited``) are no machines to build: the check of a
single design lets them pass.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from heddle.arch.block_paths import block_paths_ns
from heddle.arch.boards import Board
from heddle.arch.clock import clock_is_plausible, max_clock_hz
from heddle.arch.coefficients import ROUTABLE_SHARE, ROUTED_DELAY
from heddle.arch.design import Design
from heddle.arch.errors import HeddleError
from heddle.arch.resource_inputs import ResourceInputs, ResourceTable
from heddle.arch.resources import RESOURCE_NAMES, resources, resources_by_module

#: Resources of the fabric, of which only ``ROUTABLE_SHARE`` can be used.
_FABRIC = ("lut", "lut_as_memory", "ff")


def usable(board: Board, resource: str) -> int:
    """Return how much of ``resource`` a design may take on ``board``."""
    have = int(getattr(board.resources, resource))
    return int(have * ROUTABLE_SHARE.value) if resource in _FABRIC else have


def is_idealised(design: Design) -> bool:
    """True for a design that stands for a textbook model and is not meant to be built."""
    return design.memory.unlimited or design.array.drain == "direct"


def check_fit(design: Design, board: Board) -> None:
    """Raise HeddleError unless ``design`` can stand on ``board``: channels, dies, then resources, then clock.

    The clock is held to relative timing without routing (``heddle.arch.clock``). The message names what is short, need
    and have, and for a resource the module that takes most of it.
    Idealised designs pass.

    >>> heddle.check_fit(design, board)
    """
    if is_idealised(design):
        return
    _check_channels(design, board)
    _check_dies(design, board)
    _check_resources(design, board)
    _check_clock(design, board)


def fits(table: ResourceTable, channels: npt.ArrayLike, board: Board) -> npt.NDArray[np.bool_]:
    """Return which designs fit ``board`` by resources and memory channels; the fields of ``table`` are arrays.

    The clock is ``heddle.arch.clock.clock_is_plausible``.
    """
    within = np.asarray(channels) <= board.memory.channels
    for name in RESOURCE_NAMES:
        within = within & (getattr(table, name) <= usable(board, name))
    return np.asarray(within, dtype=np.bool_)


def _check_channels(design: Design, board: Board) -> None:
    if design.memory.channels > board.memory.channels:
        raise HeddleError(
            f"design {design.name!r} uses {design.memory.channels} memory channels, "
            f"but board {board.name!r} has {board.memory.channels}"
        )


def _check_dies(design: Design, board: Board) -> None:
    cuts, dies = len(design.array.slr_cuts), board.resources.slrs
    if cuts >= dies:
        raise HeddleError(
            f"design {design.name!r} has {cuts} array.slr_cuts, but board {board.name!r} has slrs = {dies} "
            f"(valid: at most {dies - 1} cuts)"
        )


def _check_resources(design: Design, board: Board) -> None:
    need = resources(design, board)
    for name in RESOURCE_NAMES:
        needed, have = getattr(need, name), usable(board, name)
        if needed > have:
            module, taken = _largest(design, board, name)
            raise HeddleError(
                f"design {design.name!r} does not fit board {board.name!r}: it needs {needed:,} {name}, of which "
                f"{have:,} are usable; the largest part is {module} with {taken:,} (estimate)"
            )


def _largest(design: Design, board: Board, resource: str) -> tuple[str, int]:
    parts = {module: getattr(r, resource) for module, r in resources_by_module(design, board).items()}
    module = max(parts, key=lambda name: parts[name])
    return module, parts[module]


def _check_clock(design: Design, board: Board) -> None:
    inputs = ResourceInputs.of(design, board)
    if clock_is_plausible(design.clock_hz, inputs):
        return
    paths_ns = {block: float(path) for block, path in block_paths_ns(inputs).items()}
    untimed = [block for block, path in paths_ns.items() if np.isnan(path)]
    if untimed:
        raise HeddleError(
            f"design {design.name!r}: no clock is known to hold, as {_NAMES[untimed[0]]} that it needs has not been "
            "timed (python -m benchmarks.block_timing)"
        )
    slowest = max(paths_ns, key=lambda block: paths_ns[block])
    most_mhz = float(max_clock_hz(inputs)) / 1e6
    raise HeddleError(
        f"design {design.name!r}: clock {design.clock_hz / 1e6:g} MHz exceeds the {most_mhz:.0f} MHz that its slowest "
        f"block, {_NAMES[slowest]}, allows ({ROUTED_DELAY.value:g} x {paths_ns[slowest]:.2f} ns, relative timing "
        f"without routing, ±{ROUTED_DELAY.uncertainty:.0%}); lower clock_hz{_REMEDIES.get(slowest, '')}"
    )


_NAMES = {
    "pe": "the PE",
    "recoder": "the recoder of operands",
    "sore": "the SORE lane",
    "wuve": "the WUVE lane",
    "left_feeder": "the left feeder",
    "core": "the array's sequencer and edges",
    "machine": "the whole machine around the array",
    "buffer": "an on-chip buffer",
}
_REMEDIES = {"pe": " or give array.adder_stages or array.multiplier_stages more stages"}
