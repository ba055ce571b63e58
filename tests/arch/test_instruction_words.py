"""Instructions in bulk against the same instructions one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heddle.arch.errors import HeddleError
from heddle.arch.instruction_words import Columns, encode_columns, field_column, instruction_of, words_of
from heddle.arch.instructions import INSTRUCTIONS, Instruction, Load, Sync
from heddle.arch.isa import Encoded
from tests.support.instructions import instructions


def numbers(part: Encoded, before: str = "") -> dict[str, int]:
    """Every number of ``part`` by the path to it."""
    found: dict[str, int] = {}
    for field in part.fields():
        value = getattr(part, field.name)
        path = before + field.name
        found |= numbers(value, f"{path}.") if isinstance(value, Encoded) else {path: int(value)}
    return found


@given(st.lists(instructions(), min_size=1, max_size=6))
def test_columns_give_what_each_instruction_encodes_to(drawn: list[Instruction]) -> None:
    for kind in INSTRUCTIONS.values():
        some = [instruction for instruction in drawn if isinstance(instruction, kind)]
        if some:
            each = [numbers(instruction) for instruction in some]
            columns: Columns = {path: np.array([entry[path] for entry in each]) for path in each[0]}
            words = encode_columns(kind, columns, len(some))
            assert np.array_equal(words, words_of(some))
            for path, column in columns.items():
                assert np.array_equal(field_column(kind, words, path), column)


@given(instructions())
def test_a_row_is_read_back(instruction: Instruction) -> None:
    assert instruction_of(words_of([instruction])[0], "instruction 0") == instruction


def test_one_number_may_stand_for_all_and_a_field_without_a_column_is_zero() -> None:
    words = encode_columns(Load, {"half": np.array([0, 1]), "places.pixels": 7}, 2)
    assert field_column(Load, words, "half").tolist() == [0, 1]
    assert field_column(Load, words, "places.pixels").tolist() == [7, 7]
    assert field_column(Load, words, "index_address").tolist() == [0, 0]


def test_a_number_that_its_field_does_not_hold_is_refused() -> None:
    with pytest.raises(HeddleError, match=r"^Load: places\.pixels = 16777216 \(valid: 0 to 16777215\)$"):
        encode_columns(Load, {"places.pixels": np.array([1, 1 << 24])}, 2)
    with pytest.raises(KeyError, match="pixels"):
        encode_columns(Sync, {"pixels": 1}, 1)
