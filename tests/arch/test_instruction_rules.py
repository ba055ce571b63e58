"""What the machine refuses of a single instruction: one number is wrong, and the reason names it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from heddle.arch.assembly import assemble
from heddle.arch.instruction_rules import Fault, Refused, refusal_of
from heddle.arch.instructions import Instruction

PLACES = "places.row_positions=2 places.col_positions=3 places.pixels=6 places.elements=4"
WALKED = (
    "walk.rows.positions=2 walk.rows.size=2 walk.rows.taps=1 walk.cols.positions=3 walk.cols.size=3 walk.cols.taps=1 "
    "walk.taps=1 walk.pixels=6 walk.elements=4"
)
LOAD = f"load {PLACES} group_elements=4"
COMPUTE = f"compute cols=2 group_elements=4 group_slots=2 {WALKED}"
STORE = f"store {PLACES}"


def instruction(text: str) -> Instruction:
    """The instruction of ``text``; of a field that it gives twice, the second number counts."""
    kind, *given = text.split()
    fields = dict(word.partition("=")[::2] for word in given)
    return assemble([" ".join([kind, *(f"{name}={number}" if number else name for name, number in fields.items())])])[0]


@pytest.mark.parametrize("text", [LOAD, COMPUTE, STORE, "sync", "sync last"])
def test_what_is_whole_is_not_refused(text: str) -> None:
    assert refusal_of(instruction(text), 4) is None


REFUSED = [
    (f"{LOAD} wait_previous", Fault.TOKENS, "LOAD has tokens with a neighbour that it does not have"),
    (f"{LOAD} signal_previous", Fault.TOKENS, "LOAD has tokens with a neighbour that it does not have"),
    (f"{STORE} wait_next", Fault.TOKENS, "STORE has tokens with a neighbour that it does not have"),
    (f"{STORE} signal_next", Fault.TOKENS, "STORE has tokens with a neighbour that it does not have"),
    ("sync wait_previous", Fault.TOKENS, "SYNC has tokens with a neighbour that it does not have"),
    (f"{LOAD} places.pixels=0", Fault.EMPTY, "0 pixels of 4 elements (valid: from 1 on)"),
    (f"{STORE} places.elements=0", Fault.EMPTY, "6 pixels of 0 elements (valid: from 1 on)"),
    (f"{COMPUTE} cols=0", Fault.EMPTY, "6 pixels of 4 elements, 1 taps, 0 columns (valid: from 1 on)"),
    (f"{COMPUTE} walk.taps=0", Fault.EMPTY, "6 pixels of 4 elements, 0 taps, 2 columns (valid: from 1 on)"),
    (f"{LOAD} places.first_row=2", Fault.POSITIONS, "first pixel at (2, 0) of 2 x 3 positions"),
    (f"{STORE} places.col_positions=0", Fault.POSITIONS, "first pixel at (0, 0) of 2 x 0 positions"),
    (f"{COMPUTE} walk.first_row=2", Fault.POSITIONS, "first pixel at (2, 0) of 2 x 3 positions"),
    (f"{STORE} places.first_row=2", Fault.POSITIONS, "first pixel at (2, 0) of 2 x 3 positions"),
    (f"{LOAD} places.first_col=3", Fault.POSITIONS, "first pixel at (0, 3) of 2 x 3 positions"),
    (f"{COMPUTE} walk.first_col=3", Fault.POSITIONS, "first pixel at (0, 3) of 2 x 3 positions"),
    (f"{LOAD} group_elements=5", Fault.GROUPS, "5 elements in a group (valid: 1 to 4)"),
    (f"{LOAD} weight group_elements=0", Fault.GROUPS, "0 slots in a group (valid: 1 to 4)"),
    (f"{COMPUTE} group_slots=5", Fault.GROUPS, "4 elements and 5 slots of a group (valid: 1 to 4)"),
    (f"{COMPUTE} walk.rows.taps=0", Fault.TAPS, "an axis without taps or without places (valid: from 1 on)"),
    (f"{LOAD} places.address=3", Fault.ALIGNMENT, "address or stride 3 (valid: even)"),
    (f"{STORE} places.row_stride=7", Fault.ALIGNMENT, "address or stride 7 (valid: even)"),
    (f"{LOAD} weight packed index_address=5", Fault.ALIGNMENT, "address or stride 5 (valid: even)"),
    (f"{COMPUTE} walk.cols.size=0", Fault.TAPS, "an axis without taps or without places (valid: from 1 on)"),
]


@pytest.mark.parametrize(("text", "fault", "reason"), REFUSED)
def test_the_first_fault_is_named(text: str, fault: Fault, reason: str) -> None:
    assert refusal_of(instruction(text), 4) == Refused(fault, reason)


def test_of_several_faults_the_one_of_the_lowest_number_is_given() -> None:
    wrong = instruction(f"{LOAD} places.pixels=0 places.first_row=9 group_elements=7")
    stray = replace(wrong, tokens=replace(wrong.tokens, wait_previous=1))
    found = [refusal_of(each, 4) for each in (stray, wrong)]
    assert [each.fault for each in found if each is not None] == [Fault.TOKENS, Fault.EMPTY]
