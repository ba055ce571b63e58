"""Threads that finish the blocks of an exploration."""

from __future__ import annotations

import pytest

from heddle.dse.workers.threads import Threads
from heddle.dse.workers.work import BlocksInterruptedError


@pytest.mark.parametrize("count", [1, 2, 5])
def test_results_stand_in_the_order_of_the_blocks_and_each_block_is_told_once(count: int) -> None:
    told: list[int] = []
    assert Threads(count).finish_all(lambda block: block * block, 7, told.append) == [n * n for n in range(7)]
    assert sorted(told) == list(range(7))


def test_no_blocks_give_no_results() -> None:
    assert Threads(2).finish_all(lambda block: block, 0, lambda block: None) == []


def test_an_error_of_a_block_is_raised() -> None:
    def finish(block: int) -> int:
        if block == 3:
            raise ValueError("block 3 is wrong")
        return block

    with pytest.raises(ValueError, match="block 3 is wrong"):
        Threads(2).finish_all(finish, 8, lambda block: None)


def test_an_interruption_says_how_many_blocks_are_finished() -> None:
    def interrupt(block: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(BlocksInterruptedError) as caught:
        Threads(1).finish_all(lambda block: block, 1, interrupt)
    assert caught.value.finished == 1
