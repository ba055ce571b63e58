"""Which programs may run: tokens that come, and order wherever two instructions meet."""

from __future__ import annotations

from dataclasses import replace

import pytest

from heddle.arch.assembly import assemble
from heddle.arch.design_io import load_design, override
from heddle.arch.errors import HeddleError
from heddle.arch.instructions import Instruction
from heddle.dataflow.network import ConvLayer
from heddle.dataflow.step_items import Pass
from heddle.sim.program.order import check_order
from tests.support.layer_programs import LayerRun

SMALL = override(load_design("tiny"), {"buffers.activation_bytes": 1024, "buffers.weight_bytes": 1024})
LAYER = ConvLayer("conv", 7, 7, 8, 4, 4, 16, 3, 3, 2, 2)
PIXEL = "places.row_positions=1 places.col_positions=1 places.pixels=1 places.elements=1"


def refusal(*lines: str) -> str:
    with pytest.raises(HeddleError) as refused:
        check_order(assemble(lines), memory_bytes=100, element_bytes=2)
    return str(refused.value)


@pytest.mark.parametrize("pass_name", ["ff", "bp", "wu"])
def test_what_is_compiled_may_run(pass_name: Pass) -> None:
    program = LayerRun(LAYER, pass_name, SMALL).compiled()
    check_order(program.instructions, program.memory.nbytes, 2)


def _without(program: tuple[Instruction, ...], number: int, token: str) -> list[Instruction]:
    instruction = program[number]
    changed = replace(instruction, tokens=replace(instruction.tokens, **{token: 0}))
    return [*program[:number], changed, *program[number + 1 :]]


def test_no_token_that_is_waited_for_can_be_left_out() -> None:
    program = LayerRun(LAYER, "ff", SMALL).compiled()
    waits = [
        (number, token)
        for number, instruction in enumerate(program.instructions)
        for token in ("wait_previous", "wait_next")
        if getattr(instruction.tokens, token)
    ]
    assert len(waits) > 20
    for number, token in waits:
        with pytest.raises(HeddleError, match="no token orders instructions"):
            check_order(_without(program.instructions, number, token), program.memory.nbytes, 2)


def test_a_token_that_is_never_given_is_named_with_those_who_wait() -> None:
    assert refusal("compute wait_previous", "store wait_previous", "sync last") == (
        "tokens never come for instructions COMPUTE 0, STORE 1"
    )
    assert (
        refusal(
            f"load wait_next {PIXEL}", f"load signal_next {PIXEL}", "compute wait_previous signal_previous", "sync last"
        )
        == "tokens never come for instructions LOAD 0, COMPUTE 2"
    )


def test_a_half_that_two_queues_use_needs_an_order() -> None:
    load = f"load signal_next {PIXEL}"
    assert refusal(load, "compute", "sync last") == (
        "no token orders instructions 0 and 1, which both use half 0 of the activation buffer"
    )
    check_order(assemble([load, "compute wait_previous right_half=1", "sync last"]), 100, 2)
    assert refusal(load, "compute wait_previous", load, "sync last") == (
        "no token orders instructions 1 and 2, which both use half 0 of the activation buffer"
    )
    assert refusal("compute signal_next", f"store {PIXEL}", "sync last") == (
        "no token orders instructions 0 and 1, which both use half 0 of the output buffer"
    )


def test_sync_orders_everything() -> None:
    load = f"load {PIXEL}"
    check_order(assemble([load, "sync", "compute", "sync", load, "sync last"]), 100, 2)


def test_memory_that_is_loaded_and_stored_needs_a_sync() -> None:
    store = f"store {PIXEL}"
    assert refusal(store, f"load {PIXEL}", "sync last") == (
        "no SYNC stands between instructions 0 and 1, of which one loads what the other stores"
    )
    check_order(assemble([store, "sync", f"load {PIXEL}", "sync last"]), 100, 2)
    check_order(assemble([store, f"load places.address=0x2 {PIXEL}", "sync last"]), 100, 2)


def test_bytes_outside_the_memory_are_refused() -> None:
    assert refusal(f"load places.address=99 {PIXEL}", "sync last") == (
        "instruction 0, LOAD: bytes up to 101, but the memory ends at 100"
    )


def test_a_program_ends_with_its_last_sync() -> None:
    assert refusal("sync") == "the program does not end with SYNC last"
    with pytest.raises(HeddleError, match="does not end with SYNC last"):
        check_order((), 100, 2)
