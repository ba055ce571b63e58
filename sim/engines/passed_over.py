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
from heddle.sim.engines.dram import READ, Access, Dram, channel_work, first_row_of, share_of, spread_of

_ROOM = 256


class PassedRow(TypedDict):
    """An access that was passed over."""

    address: int
    nbytes: int
    runs: int
    stride: int


class CountRow(TypedDict):
    """How many accesses are noted."""

    noted: int


PASSED = record_dtype(PassedRow)
COUNT = record_dtype(CountRow)


class PassedOver(NamedTuple):
    """``accesses`` (PASSED) of which the first ``log["noted"]`` are noted; ``is_found``: room for one flag a bank."""

    accesses: Rows
    log: CountRow
    is_found: npt.NDArray[np.bool_]


def passed_over(dram: Dram) -> PassedOver:
    """Return an empty note for accesses of ``dram``."""
    return PassedOver(np.zeros(_ROOM, PASSED), np.zeros(1, COUNT)[0], np.zeros(dram.open_row.shape, np.bool_))


@kernel
def pass_over(dram: Dram, passed: PassedOver, access: Access) -> None:
    """Take note of ``access``; what it leaves open is seen to by ``open_passed`` at the latest."""
    if passed.log["noted"] == _ROOM:
        open_passed(dram, passed)
    row: PassedRow = passed.accesses[passed.log["noted"]]
    row["address"], row["nbytes"] = access.address, access.nbytes
    row["runs"], row["stride"] = access.runs, access.stride
    passed.log["noted"] += 1


@kernel
def open_passed(dram: Dram, passed: PassedOver) -> None:
    """Leave the rows open that the noted accesses leave open, and forget them."""
    is_found, at = passed.is_found, passed.log["noted"]
    passed.log["noted"] = 0
    if dram.timing["free"]:
        return
    is_found[:, :] = False
    left = is_found.size
    while at > 0 and left > 0:
        at -= 1
        noted: PassedRow = passed.accesses[at]
        if noted["nbytes"] > 0:
            access = Access(noted["address"], noted["nbytes"], noted["runs"], noted["stride"], READ)
            left -= _find_rows(dram, is_found, access)


@kernel
def _find_rows(dram: Dram, is_found: npt.NDArray[np.bool_], access: Access) -> int:
    """Open the rows of ``access`` in banks that have none yet from a later one; return how many those are."""
    timing, open_row = dram.timing, dram.open_row
    channels, banks = timing["channels"], timing["banks"]
    first_row, spread, found = first_row_of(timing, access), spread_of(access, channels), 0
    for channel in range(channels):
        share = share_of(spread, channel, channels)
        if share <= 0:
            continue
        end_row = first_row + channel_work(timing, access, share).rows
        for row in range(max(first_row, end_row - banks), end_row):
            bank = row % banks
            if not is_found[channel, bank]:
                is_found[channel, bank] = True
                open_row[channel, bank] = row
                found += 1
    return found
