"""A product's parts: they cover it once, in the mapping's order, and their commands say what the cost counts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from heddle.arch.boards import load_board
from heddle.arch.design_io import load_design
from heddle.arch.errors import HeddleError
from heddle.arch.timing import DISPATCH_CYCLES, os_lead_cycles
from heddle.dataflow.cost import lead_cycles
from heddle.dataflow.kernel_rows import machine_row
from heddle.dataflow.program.parts import Part, product_parts
from heddle.dataflow.scheduler import ProductSchedule, schedule_products, with_dataflow
from heddle.dataflow.step_items import Operand, Product

TINY = load_design("tiny")
BOARD = load_board(TINY.board)
#: More than the buffers hold of any operand, so that all three axes are cut.
LARGE = Product(300, 2000, 500, left=Operand(), right=Operand(tiled=True), keep_n=2, group_m=4)


def scheduled(product: Product, dataflow: str) -> ProductSchedule:
    (schedule,) = schedule_products((product,), with_dataflow(TINY, dataflow), BOARD)  # type: ignore[arg-type]
    assert schedule is not None
    return schedule


@pytest.mark.parametrize("dataflow", ["os", "ws"])
@pytest.mark.parametrize("order", ["mnk", "nmk"])
def test_parts_cover_the_product_once_in_the_mappings_order(dataflow: str, order: str) -> None:
    schedule = scheduled(LARGE, dataflow)
    schedule = replace(schedule, mapping=replace(schedule.mapping, loop_order=order))
    covered = np.zeros((LARGE.m, LARGE.n), int)
    parts = list(product_parts(schedule, TINY, BOARD))
    for part in parts:
        covered[part.rows, part.cols] += part.k.stop - part.k.start
    assert np.all(covered == LARGE.k)
    assert parts == sorted(parts, key=lambda part: _place(part, order))
    mapping = schedule.mapping
    assert len(parts) == mapping.tiles_m * mapping.tiles_n * mapping.tiles_k
    assert min(mapping.tiles_m, mapping.tiles_n) > 1


def _place(part: Part, order: str) -> tuple[int, int, int]:
    outer, inner = (part.rows, part.cols) if order == "mnk" else (part.cols, part.rows)
    return outer.start, inner.start, part.k.start


@pytest.mark.parametrize("dataflow", ["os", "ws"])
def test_a_reduction_begins_anew_for_each_tile_and_ends_with_its_last_part(dataflow: str) -> None:
    for part in product_parts(scheduled(LARGE, dataflow), TINY, BOARD):
        assert part.command.reload == int(part.k.start > 0)
        assert part.is_last == (part.k.stop == LARGE.k)
        assert part.slots.stop - part.slots.start == (part.k.stop - part.k.start) // 2


@pytest.mark.parametrize("dataflow", ["os", "ws"])
def test_the_commands_take_the_cycles_that_the_mapping_predicts(dataflow: str) -> None:
    schedule = scheduled(LARGE, dataflow)
    machine, array = machine_row(TINY, BOARD)[0], TINY.array
    cycles = lead_cycles(machine, dataflow == "ws")
    for part in product_parts(schedule, TINY, BOARD):
        command = part.command
        lead = os_lead_cycles(array.rows, array.interleave) if command.reload and not command.ws else 0
        cycles += DISPATCH_CYCLES + command.settle + lead + command.tiles * command.interval
    tail = schedule.mapping.compute_cycles - cycles
    assert 0 < tail < 100


def test_a_tile_that_no_command_can_say_is_refused() -> None:
    unlimited = TINY.model_copy(update={"memory": TINY.memory.model_copy(update={"unlimited": True})})
    product = Product(1, 1 << 24, 1, left=Operand(), right=Operand(tiled=True))
    (schedule,) = schedule_products((product,), with_dataflow(unlimited, "os"), BOARD)
    assert schedule is not None
    (part,) = product_parts(schedule, unlimited, BOARD)
    with pytest.raises(HeddleError, match=r"ArrayCommand: length = 16777216 \(valid: 0 to 16777215\)"):
        part.command.encode()
