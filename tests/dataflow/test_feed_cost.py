"""What WS waits for sums on their way to the buffer and back: the closed form against the array's steps one by one."""

from __future__ import annotations

import pytest

from heddle.arch.boards import load_board
from heddle.arch.design_io import load_design, override
from heddle.dataflow.cost import ArrayTiles, array_tiles
from heddle.dataflow.feed_cost import waits_for_sums
from heddle.dataflow.kernel_rows import MachineRow, machine_row

#: Clocks from a result at the array's corner to the same as a partial sum: two queues and the buffer.
BACK = 1 + 1 + 3


def machine(rows: int, cols: int, adder_stages: int, multiplier_stages: int = 1) -> MachineRow:
    design = override(
        load_design("tiny"),
        {
            "array.rows": rows,
            "array.cols": cols,
            "array.adder_stages": adder_stages,
            "array.multiplier_stages": multiplier_stages,
        },
    )
    return machine_row(design, load_board(design.board))[0]


def stepped(row: MachineRow, shape: ArrayTiles, m: int) -> int:
    """The waits of all steps: each row of a tile that goes on waits until its sum of the tile before is back."""
    stages, hop = row["adder_stages"], row["rows"] + row["cols"] + row["cuts"]
    made = (row["rows"] - 1) * stages + 1 + row["multiplier_stages"] + stages
    clocks: list[int] = []
    for step in range(shape.tiles * shape.interval):
        clock = clocks[-1] + 1 if clocks else 0
        tile, place = divmod(step, shape.interval)
        if tile >= shape.fresh and place < m:
            clock = max(clock, clocks[step - shape.fresh * shape.interval + made] + hop + BACK)
        clocks.append(clock)
    return clocks[-1] - (len(clocks) - 1)


@pytest.mark.parametrize("across", [1, 2, 3])
@pytest.mark.parametrize(("rows", "cols", "stages"), [(4, 4, 3), (3, 5, 1), (8, 8, 4), (32, 32, 4)])
@pytest.mark.parametrize("length", [1, 20, 24, 60, 190, 200])
def test_sums_are_waited_for_as_step_by_step(rows: int, cols: int, stages: int, length: int, across: int) -> None:
    row, folds = machine(rows, cols, stages), 6
    shape = array_tiles(row, 1, 1, 1, length, across * cols, folds * rows, 0)
    counted, waited = waits_for_sums(row, 1, shape, 0), stepped(row, shape, length)
    # A wait that falls on a step without a row, which there are up to the interval, comes later or not at all.
    assert counted == pytest.approx(waited, abs=3 * folds)


def test_whoever_waits_longer_for_left_words_waits_less_for_sums() -> None:
    row = machine(4, 4, 3)
    shape = array_tiles(row, 1, 1, 1, 1, 4, 6 * 4, 0)
    assert waits_for_sums(row, 1, shape, 0) > waits_for_sums(row, 1, shape, 6 * 4) > 0
    assert waits_for_sums(row, 1, shape, 6 * shape.interval) == 0


def test_a_single_fold_waits_for_none_and_neither_does_os() -> None:
    row = machine(4, 4, 3)
    assert waits_for_sums(row, 1, array_tiles(row, 1, 1, 1, 1, 4, 4, 0), 0) == 0
    assert waits_for_sums(row, 0, array_tiles(row, 0, 1, 4, 4, 16, 64, 0), 0) == 0
