"""What a kind of worker does: finishes all blocks, in any order, and gives what came of each in the blocks' order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

Found = TypeVar("Found")

#: Called with a block that is finished.
OnBlock = Callable[[int], None]


class BlocksInterruptedError(Exception):
    """Ctrl-C came while blocks were worked on; ``finished`` of them are done."""

    def __init__(self, finished: int) -> None:
        super().__init__(f"interrupted after {finished} blocks")
        self.finished = finished


class Workers(Protocol):
    """A kind of worker."""

    def finish_all(self, finish: Callable[[int], Found], blocks: int, on_block: OnBlock) -> list[Found]:
        """Return ``finish(block)`` for each block from 0 on, in that order, whoever finished it when.

        ``on_block`` is told each block as it is finished, in this process. The first error of a block is raised when
        the blocks that were begun have ended; BlocksInterruptedError after Ctrl-C, in the same way.
        """
