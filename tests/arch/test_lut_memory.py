"""Delay lines and LUT memories: the counts that yosys 0.70 maps the RTL's own components to."""

import pytest

from heddle.arch.lut_memory import (
    line_ff,
    line_lut,
    queue_banks,
    queue_memory_lut,
    quick_line_ff,
    quick_line_lut,
    ring_memory_lut,
    ring_select_lut,
)

#: Clocks, shift registers and flip-flops of hls.delay.DelayLine(1, clocks) as synthesised.
LINES = [
    (0, 0, 0),
    (1, 0, 1),
    (2, 0, 2),
    (3, 1, 0),
    (16, 1, 0),
    (17, 1, 1),
    (18, 1, 0),
    (32, 1, 0),
    (33, 1, 1),
    (34, 2, 0),
    (48, 2, 0),
    (49, 2, 1),
    (50, 2, 0),
    (64, 2, 0),
    (65, 2, 1),
    (66, 3, 0),
]
#: Bits, steps, LUTs as memory of hls.delay.StepDelay(bits, steps) as synthesised.
WAITS = [
    (133, 2, 72),
    (133, 32, 72),
    (133, 33, 133),
    (133, 64, 133),
    (133, 65, 266),
    (133, 128, 266),
    (133, 129, 399),
    (133, 192, 399),
    (133, 256, 532),
    (133, 320, 665),
    (5, 20, 8),
    (37, 20, 24),
    (69, 50, 69),
    (261, 20, 136),
]


@pytest.mark.parametrize(("clocks", "shift_registers", "flip_flops"), LINES)
def test_a_line_is_shift_registers_and_the_clock_too_many(clocks: int, shift_registers: int, flip_flops: int) -> None:
    assert (int(line_lut(clocks)), int(line_ff(clocks))) == (shift_registers, flip_flops)


@pytest.mark.parametrize(
    ("clocks", "shift_registers", "flip_flops"), [(0, 0, 0), (8, 0, 8), (9, 1, 1), (18, 1, 2), (34, 1, 2)]
)
def test_a_quick_line_ends_in_a_flip_flop(clocks: int, shift_registers: int, flip_flops: int) -> None:
    assert (int(quick_line_lut(clocks)), int(quick_line_ff(clocks))) == (shift_registers, flip_flops)


@pytest.mark.parametrize(("bits", "steps", "luts"), WAITS)
def test_a_step_delay_is_a_memory_of_one_address(bits: int, steps: int, luts: int) -> None:
    assert int(ring_memory_lut(bits, steps)) == luts


def test_three_banks_and_five_need_a_choice_two_and_four_do_not() -> None:
    assert [int(ring_select_lut(133, steps)) for steps in (64, 128, 192, 256)] == [0, 0, 133, 0]
    # Synthesised: 410 for 5 banks, 3.1 a bit.
    assert int(ring_select_lut(133, 320)) == 399


def test_a_queue_has_banks_of_64_words_and_one_of_32() -> None:
    # The 32 x 32 array's: 66 words of 1,024 bits, 1,776 LUTs as synthesised, 8 of them for flags.
    assert int(queue_memory_lut(1024, 66)) == 147 * 8 + 74 * 8
    assert int(queue_banks(66)) == 2
    assert int(queue_memory_lut(128, 10)) == 10 * 8
