"""The packer: from beats to words of a transfer's bytes without gaps."""

from __future__ import annotations

from typing import TypedDict

from heddle.arch.jit import kernel
from heddle.sim.machine.pipeline import PipelineRow, enters_at, leaves_at, waits


class PackerRow(TypedDict):
    """A packer at work, and its pipeline.

    ``fill``: bytes of the begun word; ``entered_at``: clock of the last beat; ``has_tail``: a word follows alone.
    """

    fill: int
    entered_at: int
    has_tail: int
    line: PipelineRow


@kernel
def beat_enters(packer: PackerRow, ready: int) -> int:
    """Let a beat that is there from ``ready`` on enter; return the clock."""
    at = enters_at(packer["line"], max(ready, packer["entered_at"] + 1))
    packer["entered_at"] = at
    return at


@kernel
def word_of_beat(packer: PackerRow, nbytes: int, is_last: bool, word_bytes: int, stages: int) -> int:
    """Return the clock from which the word stands that the beat that entered last fills or ends; -1 where it does none.

    Where it begins one more, ``has_tail`` says so.
    """
    total = packer["fill"] + nbytes
    packer["has_tail"] = is_last and total > word_bytes
    packer["fill"] = 0 if is_last else total % word_bytes
    if total < word_bytes and not is_last:
        return -1
    return leaves_at(packer["line"], packer["entered_at"], stages)


@kernel
def word_taken(packer: PackerRow, offered: int, taken: int) -> int:
    """Let the word that stands from ``offered`` on be taken; return the clock from which its tail stands, or -1.

    While a tail is put together, no stage moves.
    """
    if not packer["has_tail"]:
        waits(packer["line"], offered, taken)
        return -1
    packer["has_tail"] = 0
    waits(packer["line"], offered, taken + 1)
    return taken + 1
