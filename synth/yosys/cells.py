"""From mapped UltraScale+ cells to what a device counts."""

from __future__ import annotations

from collections.abc import Mapping

from heddle.arch.errors import HeddleError
from heddle.synth.result import Usage

#: LUTs that a memory primitive takes (AMD UG574, UltraScale CLB).
_MEMORY_LUTS = {
    "SRL16E": 1,
    "SRLC16E": 1,
    "SRLC32E": 1,
    "RAM32X1S": 1,
    "RAM64X1S": 1,
    "RAM128X1S": 2,
    "RAM256X1S": 4,
    "RAM512X1S": 8,
    "RAM32X1D": 2,
    "RAM64X1D": 2,
    "RAM128X1D": 4,
    "RAM256X1D": 8,
    "RAM32M": 4,
    "RAM64M": 4,
    "RAM32M16": 8,
    "RAM64M8": 8,
}
#: An inverter takes a LUT where nothing absorbs it; a vendor's placer may, so this counts rather too many.
_LOGIC_LUTS = frozenset({"LUT1", "LUT2", "LUT3", "LUT4", "LUT5", "LUT6", "INV"})
_REGISTERS = frozenset({"FDRE", "FDSE", "FDCE", "FDPE", "LDCE", "LDPE"})
_HALF_BLOCKS = {"RAMB18E2": 1, "RAMB36E2": 2}
#: Cells beside the LUTs of their slice, and bookkeeping that is no hardware.
_UNCOUNTED = frozenset({"CARRY4", "CARRY8", "MUXF7", "MUXF8", "MUXF9", "BUFG", "$scopeinfo", "GND", "VCC"})


def usage_of(cells: Mapping[str, int], module: str) -> Usage:
    """Return what mapped ``cells`` (numbers by type) of ``module`` take.

    Raises HeddleError for a type that has no meaning here, rather than to count it as nothing.
    """
    known = {*_MEMORY_LUTS, *_LOGIC_LUTS, *_REGISTERS, *_HALF_BLOCKS, *_UNCOUNTED, "DSP48E2", "URAM288"}
    unknown = sorted(set(cells) - known)
    if unknown:
        raise HeddleError(f"module {module}: yosys left cells that are no UltraScale+ primitives: {', '.join(unknown)}")
    memory = sum(luts * cells.get(cell, 0) for cell, luts in _MEMORY_LUTS.items())
    return Usage(
        lut=memory + sum(cells.get(cell, 0) for cell in _LOGIC_LUTS),
        lut_as_memory=memory,
        ff=sum(cells.get(cell, 0) for cell in _REGISTERS),
        dsp=cells.get("DSP48E2", 0),
        bram36=sum(halves * cells.get(cell, 0) for cell, halves in _HALF_BLOCKS.items()) / 2,
        uram=cells.get("URAM288", 0),
    )
