"""What the instruction-set simulator refuses: one number of a compiled program is wrong, and the line that says so."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import pytest

from heddle.arch.design import Design
from heddle.arch.design_io import load_design, override
from heddle.arch.errors import HeddleError
from heddle.arch.instructions import Compute, Instruction, Load, Store
from heddle.dataflow.network import ConvLayer, MatmulLayer
from heddle.dataflow.program.memory_image import Image
from heddle.sim.program.execute import execute
from tests.support.layer_programs import LayerRun
from tests.support.matmul_programs import MatmulRun

TINY = load_design("tiny")
RUN = LayerRun(ConvLayer("conv", 4, 4, 8, 4, 4, 8, 3, 3), "ff", TINY, batch=1, keep_n=2)
PROGRAM = RUN.compiled()
IMAGE: Image = RUN.image(PROGRAM)
IN_WS = MatmulRun(MatmulLayer("qk", 5, 12, 6), "ff", TINY, batch=1, dataflow="ws")
_Kind = TypeVar("_Kind", Load, Compute, Store)


def first(kind: type[_Kind], weight: int | None = None) -> tuple[int, _Kind]:
    """The program's first instruction of ``kind``, and its number; of loads, the first into that buffer."""
    return next(
        (number, instruction)
        for number, instruction in enumerate(PROGRAM.instructions)
        if isinstance(instruction, kind) and weight in (None, getattr(instruction, "weight", None))
    )


def refusal(number: int, change: Callable[..., Instruction], design: Design = TINY) -> str:
    program = list(PROGRAM.instructions)
    program[number] = change(program[number])
    with pytest.raises(HeddleError) as refused:
        execute(program, IMAGE.copy(), design)
    return str(refused.value).removeprefix(f"instruction {number}, ")


(LEFT, _), (RIGHT, _) = first(Load, weight=0), first(Load, weight=1)
(COMPUTE, COMPUTED), (STORE, STORED) = first(Compute), first(Store)


def test_a_computation_whose_command_counts_another_tile() -> None:
    tiles = COMPUTED.command.tiles
    found = refusal(COMPUTE, lambda one: replace(one, command=replace(one.command, tiles=tiles + 1)))
    assert found.startswith("COMPUTE: a command of length ")
    found = refusal(COMPUTE, lambda one: replace(one, command=replace(one.command, tiles=0)))
    assert found == "COMPUTE: the array refuses its command: tiles"


def test_a_computation_that_says_other_operands_than_were_loaded() -> None:
    assert refusal(COMPUTE, lambda one: replace(one, cols=one.cols + 1)) == (
        "COMPUTE: 9 columns, but the right operand has 8"
    )
    assert refusal(COMPUTE, lambda one: replace(one, group_slots=1)).endswith(
        "18 slots, but the left operand has 9 groups"
    )
    assert refusal(COMPUTE, lambda one: replace(one, group_slots=5)) == (
        "COMPUTE: 4 elements and 5 slots of a group (valid: 1 to 4)"
    )
    assert refusal(COMPUTE, lambda one: replace(one, group_elements=3)) == (
        "COMPUTE: the computation says other groups of channels than the load"
    )


def test_a_group_that_has_fewer_slots_than_others_in_ws() -> None:
    program = list(IN_WS.compiled().instructions)
    number = next(n for n, each in enumerate(program) if isinstance(each, Load) and each.weight)
    load = program[number]
    assert isinstance(load, Load)
    program[number] = replace(load, places=replace(load.places, pixels=load.places.pixels - 1))
    with pytest.raises(HeddleError, match=r"COMPUTE: 11 slots, but WS takes all 12 of the left operand's groups$"):
        execute(program, IN_WS.image(IN_WS.compiled()), TINY)


def test_a_window_that_reads_what_was_not_loaded() -> None:
    found = refusal(COMPUTE, lambda one: replace(one, walk=replace(one.walk, origin=one.walk.origin - 1)))
    assert found.startswith("COMPUTE: a window reads pixel -1 of the activation buffer, which holds ")


def test_sums_that_are_not_there() -> None:
    found = refusal(COMPUTE, lambda one: replace(one, command=replace(one.command, reload=1, settle=1000)))
    assert found == "COMPUTE: a computation goes on from sums that the output half does not hold"


def test_a_store_of_another_tile() -> None:
    found = refusal(STORE, lambda one: replace(one, places=replace(one.places, pixels=one.places.pixels - 1)))
    assert found.startswith("STORE: a store of ")
    other = 0 if STORED.ws else 1
    assert refusal(STORE, lambda one: replace(one, ws=other)) == (
        "STORE: the store says another order of results than the computation"
    )


def test_groups_that_no_half_has() -> None:
    assert refusal(LEFT, lambda one: replace(one, group_elements=5)) == "LOAD: 5 elements in a group (valid: 1 to 4)"
    assert refusal(RIGHT, lambda one: replace(one, group_elements=0)) == "LOAD: 0 slots in a group (valid: 1 to 4)"


@pytest.mark.parametrize(("buffer", "number"), [("activation", LEFT), ("weight", RIGHT), ("output", COMPUTE)])
def test_a_tile_that_no_half_holds(buffer: str, number: int) -> None:
    tight = override(TINY, {f"buffers.{buffer}_bytes": 16})
    found = refusal(number, lambda one: one, tight)
    assert f"bytes in half the {buffer} buffer, which has 8" in found


def test_pixels_without_positions() -> None:
    found = refusal(LEFT, lambda one: replace(one, places=replace(one.places, row_positions=0)))
    assert found == "LOAD: first pixel at (0, 0) of 0 x 4 positions"
