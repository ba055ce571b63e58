"""Which instructions the machine refuses as they stand, and why: the rules of the RTL's controller, in plain Python.

They see one instruction, nothing of those around it. What a tile must be to fit the halves that it meets, and which
commands the array refuses, stands elsewhere (``heddle.sim.program``, ``heddle.arch.command_rules``).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from heddle.arch.instructions import Axis, Compute, Instruction, Load, Places, Store, Sync


class Fault(IntEnum):
    """Why an instruction is refused; where several reasons hold, the one of the lowest number is given."""

    NONE = 0
    OPCODE = 1
    BITS = 2
    TOKENS = 3
    EMPTY = 4
    POSITIONS = 5
    GROUPS = 6
    TAPS = 7
    ALIGNMENT = 19  # 8 to 18 are what a running program shows (``heddle.hls.control.instruction.Stop``)


@dataclass(frozen=True)
class Refused:
    """A fault, and what is wrong in words."""

    fault: Fault
    reason: str


def refusal_of(instruction: Instruction, group_m: int) -> Refused | None:
    """Return why an array of groups of ``group_m`` refuses ``instruction``; None where it does not."""
    if _has_stray_tokens(instruction):
        return Refused(Fault.TOKENS, f"{instruction.opcode_of.name} has tokens with a neighbour that it does not have")
    if isinstance(instruction, Compute):
        return _refused_computation(instruction, group_m)
    if isinstance(instruction, Load):
        return (
            _refused_places(instruction.places)
            or _refused_groups(instruction, group_m)
            or _refused_alignment(instruction.places, instruction.index_address if instruction.packed else 0)
        )
    if isinstance(instruction, Store):
        return _refused_places(instruction.places) or _refused_alignment(instruction.places, 0)
    return None


def _has_stray_tokens(instruction: Instruction) -> bool:
    tokens = instruction.tokens
    previous, following = tokens.wait_previous | tokens.signal_previous, tokens.wait_next | tokens.signal_next
    if isinstance(instruction, Sync):
        return bool(previous | following)
    return bool(isinstance(instruction, Load) and previous) or bool(isinstance(instruction, Store) and following)


def _refused_places(places: Places) -> Refused | None:
    if not (places.pixels and places.elements):
        return Refused(Fault.EMPTY, f"{places.pixels} pixels of {places.elements} elements (valid: from 1 on)")
    first = (places.first_row, places.first_col)
    if not (first[0] < places.row_positions and first[1] < places.col_positions):
        return Refused(
            Fault.POSITIONS,
            f"first pixel at ({first[0]}, {first[1]}) of {places.row_positions} x {places.col_positions} positions",
        )
    return None


def _refused_alignment(places: Places, index_address: int) -> Refused | None:
    """Memory is read and written in elements of two bytes, and a tile's indices begin at such a one."""
    numbers = (places.address, places.col_stride, places.row_stride, places.image_stride, index_address)
    odd = next((number for number in numbers if number % 2), None)
    return None if odd is None else Refused(Fault.ALIGNMENT, f"address or stride {odd} (valid: even)")


def _refused_groups(load: Load, group_m: int) -> Refused | None:
    if 1 <= load.group_elements <= group_m:
        return None
    what = "slots" if load.weight else "elements"
    return Refused(Fault.GROUPS, f"{load.group_elements} {what} in a group (valid: 1 to {group_m})")


def _refused_computation(compute: Compute, group_m: int) -> Refused | None:
    walk = compute.walk
    if not (walk.pixels and walk.elements and walk.taps and compute.cols):
        counts = f"{walk.pixels} pixels of {walk.elements} elements, {walk.taps} taps, {compute.cols} columns"
        return Refused(Fault.EMPTY, f"{counts} (valid: from 1 on)")
    first = (walk.first_row, walk.first_col)
    if not (first[0] < walk.rows.positions and first[1] < walk.cols.positions):
        positions = f"{walk.rows.positions} x {walk.cols.positions} positions"
        return Refused(Fault.POSITIONS, f"first pixel at ({first[0]}, {first[1]}) of {positions}")
    if not (1 <= compute.group_slots <= group_m and 1 <= compute.group_elements <= group_m):
        counts = f"{compute.group_elements} elements and {compute.group_slots} slots of a group"
        return Refused(Fault.GROUPS, f"{counts} (valid: 1 to {group_m})")
    if not (_is_walked(walk.rows) and _is_walked(walk.cols)):
        return Refused(Fault.TAPS, "an axis without taps or without places (valid: from 1 on)")
    return None


def _is_walked(axis: Axis) -> bool:
    return bool(axis.taps and axis.size)
