"""The table of registers: places that do not overlap, names that are one field's, counters of two words."""

from __future__ import annotations

from itertools import combinations

from heddle.arch.register_map import COUNTERS, OFFSET_BITS, REGISTER_BITS, REGISTERS, Access, fields


def test_registers_are_words_at_places_of_their_own_in_the_page() -> None:
    offsets = [register.offset for register in REGISTERS]
    assert offsets == sorted(set(offsets))
    assert all(offset % 4 == 0 and offset < 1 << OFFSET_BITS for offset in offsets)


def test_no_bit_belongs_to_two_fields() -> None:
    for register in REGISTERS:
        assert all(one.mask & other.mask == 0 for one, other in combinations(register.fields, 2)), register.name
        assert all(0 < field.mask < 1 << REGISTER_BITS for field in register.fields), register.name


def test_a_name_is_that_of_one_field() -> None:
    names = [field.name for _, field in fields()]
    assert len(names) == len(set(names))
    assert len({register.name for register in REGISTERS}) == len(REGISTERS)


def test_a_mask_is_the_fields_bits() -> None:
    masks = {field.name: field.mask for _, field in fields()}
    assert (masks["busy"], masks["stop"], masks["program_address_low"]) == (1, 0x1F00, 0xFFFFFFC0)


def test_a_counters_words_follow_each_other_and_nobody_writes_them() -> None:
    for counter in COUNTERS:
        assert counter.high.offset == counter.low.offset + 4
        assert counter.low.offset % 8 == 0
        assert not any(word.is_writable for word in (counter.low, counter.high))


def test_what_a_host_may_change_is_writable() -> None:
    writable = {register.name for register in REGISTERS if register.is_writable}
    assert writable == {
        "control",
        "status",
        "program_address_low",
        "program_address_high",
        "time_limit",
        "interrupt_enable",
        "interrupt_pending",
    }
    assert {field.name for _, field in fields() if field.access is Access.ACT} == {"start", "abort"}
