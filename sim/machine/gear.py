"""A gearbox of a load: a transfer's words in, cuts of them out, one a clock."""

from __future__ import annotations

from typing import TypedDict

from heddle.arch.jit import kernel
from heddle.arch.machine_timing import CUT_CYCLES
from heddle.sim.machine.walk import NEVER


class GearRow(TypedDict):
    """A gearbox at work on a transfer's rows of elements. Bits count from the transfer's first.

    =====================  =========================================================================================
    ``is_open``            there are rows, and not all cuts are made
    ``rows_left``          rows with the one that is cut; ``row_elements``: elements of each
    ``left``               elements of the row that are in no cut yet; ``most``: elements of a cut
    ``element_bits``       bits of an element; ``row_bits``: a row begins at a multiple of them
    ``cuts_at``            clock from which the first cut is offered
    ``cut_at``             clock of the last cut that was taken
    ``settings_at``        clock from which other rows are taken, where the gearbox is not open or its last cut follows
    ``bit``                where the next cut begins; ``words``: words that came
    ``came_at``            clock in which the last word came; ``moved_at``: in which it moved on, to be cut
    ``used_at``            clock in which the word before the one that is cut was used up
    =====================  =========================================================================================
    """

    is_open: int
    rows_left: int
    row_elements: int
    left: int
    most: int
    element_bits: int
    row_bits: int
    cuts_at: int
    cut_at: int
    settings_at: int
    bit: int
    words: int
    came_at: int
    moved_at: int
    used_at: int


@kernel
def reset_gear(gear: GearRow, element_bits: int, row_bits: int) -> None:
    """Let ``gear`` stand as after a reset."""
    gear["element_bits"], gear["row_bits"], gear["is_open"] = element_bits, row_bits, 0
    gear["cut_at"] = gear["settings_at"] = gear["came_at"] = gear["moved_at"] = gear["used_at"] = NEVER


@kernel
def open_gear(gear: GearRow, taken: int, rows: int, elements: int, most: int) -> None:
    """Let the gearbox take ``rows`` rows in clock ``taken``: their first cut follows, or waits for the last one's."""
    gear["is_open"], gear["rows_left"], gear["row_elements"], gear["left"] = 1, rows, elements, elements
    gear["most"], gear["bit"], gear["words"] = most, 0, 0
    gear["cuts_at"] = taken + CUT_CYCLES
    if rows == 1 and elements <= most:
        gear["settings_at"] = max(taken + 1, gear["cut_at"])


@kernel
def word_comes(gear: GearRow, offered: int, word_bits: int) -> int:
    """Let a word that is offered from ``offered`` on come, and make all cuts that end in it; return when it is taken.

    Two words are held, the older of which is cut; a word moves on as the one before it is used up.
    """
    came = max(offered, gear["came_at"] + 1, gear["moved_at"])
    gear["came_at"] = came
    word = gear["words"]
    gear["words"] += 1
    if gear["bit"] // word_bits == word:
        gear["moved_at"] = max(came + 1, gear["used_at"])
    while gear["is_open"]:
        count = min(gear["left"], gear["most"])
        end, ends_row = gear["bit"] + count * gear["element_bits"], count == gear["left"]
        if ends_row:
            end = (end + gear["row_bits"] - 1) // gear["row_bits"] * gear["row_bits"]
        first = gear["bit"] // word_bits
        reaches_next = end > (first + 1) * word_bits
        if first > word or (reaches_next and first == word):
            break
        at = max(gear["cuts_at"], gear["cut_at"] + 1, gear["moved_at"] + 1)
        if reaches_next:
            at = max(at, came + 1)
        _cut(gear, at, count, ends_row)
        gear["bit"] = end
        if not gear["is_open"] or end >= (first + 1) * word_bits:
            gear["used_at"] = at
            if first < word:
                gear["moved_at"] = max(came + 1, at)
    return came


@kernel
def _cut(gear: GearRow, at: int, count: int, ends_row: bool) -> None:
    """Take a cut in clock ``at``; as the one before the last is taken, other rows may come."""
    gear["cut_at"] = at
    gear["left"] -= count
    if ends_row:
        gear["rows_left"] -= 1
        gear["left"] = gear["row_elements"]
    if gear["rows_left"] == 0:
        gear["is_open"] = 0
    elif gear["rows_left"] == 1 and gear["left"] <= gear["most"]:
        gear["settings_at"] = at
