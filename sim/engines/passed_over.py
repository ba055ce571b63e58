"""Accesses that were passed over, as if made but in no time, and the rows that they leave open.

Only the last few of many show in the open rows: each opens its rows over those of before. So they are noted, and
looked through from the last one back when the rows are wanted, until every bank has its row.
"""

from __future__ import annotations

from typing import NamedTuple, TypedDict

import numpy as np
import numpy.typing as npt

from heddle.arch.jit import kernel
from heddle.arch.records import Rows, record_dtype
from heddle.dataflow.cost import ceil_div
from heddle.sim.engines.dram import channel_work, first_row_of
from heddle.sim.engines.dram_rows import READ, Access, Dram

_ROOM = 4096


class PassedRow(TypedDict):
    """An access that was passed over."""

    address: int
    nbytes: int
    runs: int
    stride: int


class CountRow(TypedDict):
    """How many accesses were noted, and of how many of them the rows are open that they leave so."""

    noted: int
    opened: int


PASSED = record_dtype(PassedRow)
COUNT = record_dtype(CountRow)


class PassedOver(NamedTuple):
    """The last ``accesses`` (PASSED), each at its number modulo their room; ``is_found``: room for a flag a bank."""

    accesses: Rows
    log: CountRow
    is_found: npt.NDArray[np.bool_]


def passed_over(dram: Dram) -> PassedOver:
    """Return an empty note for accesses of ``dram``."""
    return PassedOver(np.zeros(_ROOM, PASSED), np.zeros(1, COUNT)[0], np.zeros(dram.open_row.shape, np.bool_))


@kernel
def pass_over(dram: Dram, passed: PassedOver, access: Access) -> None:
    """Take note of ``access``; what it leaves open is seen to by ``open_passed`` at the latest."""
    log = passed.log
    if log["noted"] - log["opened"] == _ROOM:
        open_passed(dram, passed)
    _note(passed, access)


@kernel
def pass_over_again(dram: Dram, passed: PassedOver, accesses: int, times: int, address_step: int) -> bool:
    """Pass over the last ``accesses`` so many ``times`` again, each time ``address_step`` further on.

    False, and nothing is done, where not all of them are noted any more.
    """
    if accesses > _ROOM:
        return False
    open_passed(dram, passed)
    log, left = passed.log, _none_found(passed)
    first, at = log["noted"] - accesses, times * accesses
    while at > 0 and left > 0:
        at -= 1
        time = at // accesses
        again = _moved(_noted(passed, first + at - time * accesses), (time + 1) * address_step)
        left -= _find_rows(dram, passed.is_found, again)
    _note_again(passed, accesses, times, address_step)
    return True


@kernel
def _note_again(passed: PassedOver, accesses: int, times: int, address_step: int) -> None:
    """Note the last ``accesses`` so many ``times`` again: of those times the last ones for which there is room."""
    log = passed.log
    noted_times = min(times, ceil_div(_ROOM, max(accesses, 1)))
    first_step = (times - noted_times + 1) * address_step
    for number in range(noted_times * accesses):
        step = first_step if number < accesses else address_step
        _note(passed, _moved(_noted(passed, log["noted"] - accesses), step))
    log["opened"] = log["noted"]


@kernel
def _moved(access: Access, nbytes: int) -> Access:
    return Access(access.address + nbytes, access.nbytes, access.runs, access.stride, access.direction)


@kernel
def _noted(passed: PassedOver, number: int) -> Access:
    """The access of this number, one of the last for which there is room."""
    row: PassedRow = passed.accesses[number % _ROOM]
    return Access(row["address"], row["nbytes"], row["runs"], row["stride"], READ)


@kernel
def _note(passed: PassedOver, access: Access) -> None:
    log = passed.log
    row: PassedRow = passed.accesses[log["noted"] % _ROOM]
    row["address"], row["nbytes"] = access.address, access.nbytes
    row["runs"], row["stride"] = access.runs, access.stride
    log["noted"] += 1


@kernel
def _none_found(passed: PassedOver) -> int:
    """Take back which banks have their row, and return how many banks there are."""
    passed.is_found[:] = False
    return passed.is_found.size


@kernel
def open_passed(dram: Dram, passed: PassedOver) -> None:
    """Leave the rows open that the noted accesses leave open which it has not seen to yet."""
    log = passed.log
    at, left = log["noted"], _none_found(passed)
    while at > log["opened"] and left > 0:
        at -= 1
        left -= _find_rows(dram, passed.is_found, _noted(passed, at))
    log["opened"] = log["noted"]


@kernel
def _find_rows(dram: Dram, is_found: npt.NDArray[np.bool_], access: Access) -> int:
    """Open the rows of ``access`` in banks that have none yet from a later one; return how many those are."""
    timing, open_row = dram.timing, dram.open_row
    if timing["free"] or access.nbytes == 0:
        return 0
    banks, first_row, found = timing["banks"], first_row_of(timing, access), 0
    end_row = first_row + channel_work(timing, access).rows
    for row in range(max(first_row, end_row - banks), end_row):
        bank = row % banks
        if not is_found[bank]:
            is_found[bank] = True
            open_row[bank] = row
            found += 1
    return found
