"""The array's own cycles for a product: its instructions one after another, whatever the memory does."""

from __future__ import annotations

import naive_mapping as naive
from hypothesis import given, settings
from naive_engines import steps_of, tiling_of
from naive_instruction import lead
from samples import BOARD, SMALL, machines, single_product, steps

from heddle.arch.design import Design
from heddle.arch.design_io import override
from heddle.dataflow.scheduler import ProductSchedule, schedule_step
from heddle.dataflow.step_items import ProductPass, TrainingStep
from heddle.sim.engines.array_cycles import array_cycles


def counted(entry: ProductSchedule, design: Design) -> int:
    """Instruction by instruction, from dispatch to the last result."""
    mapping, product, tiling = entry.mapping, entry.product, tiling_of(entry.mapping)
    cycles = lead(design, mapping.dataflow)
    for m, n, k, _, _, first_part, _ in steps_of(product, mapping):
        instruction = naive.instruction(product, design, tiling, (m, n, k))
        cycles += instruction.cycles(reloads=not first_part)
    return cycles + instruction.finish


@settings(max_examples=40, deadline=None)
@given(step=steps(), design=machines())
def test_array_cycles_are_those_of_the_instructions_and_the_last_ones_results(
    step: TrainingStep, design: Design
) -> None:
    for entry in schedule_step(step, design, BOARD).by_product.values():
        cycles = array_cycles(entry, design, BOARD)
        assert cycles == counted(entry, design)
        assert cycles == entry.mapping.compute_cycles


def test_slower_memory_does_not_change_the_arrays_own_cycles() -> None:
    schedule = schedule_step(single_product(64, 200, 64), SMALL, BOARD)
    (item,) = schedule.step.items
    assert isinstance(item, ProductPass)
    (entry,) = schedule.of(item)
    starved = override(SMALL, {"memory.axi_bits": 64})
    assert array_cycles(entry, starved, BOARD) == array_cycles(entry, SMALL, BOARD)
