"""The left feeder's resources by what they follow from; ``test_machine_calibration`` holds them to mapped feeders."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from resource_designs import SAT

from heddle.arch.array_resources import recoder_lut
from heddle.arch.feed_resources import LEFT_FEEDER, left_feeder
from heddle.arch.machine_widths import MachineWidths
from heddle.arch.resource_inputs import ResourceInputs

BY_KIND = {model.kind: model for model in LEFT_FEEDER}


def counted(kind: str, name: str, inputs: ResourceInputs) -> int:
    return int(getattr(BY_KIND[kind].counted(inputs, MachineWidths.of(inputs)), name))


def test_rows_of_more_than_64_words_are_block_ram() -> None:
    # 2 holds x 8 outputs along rows x groups of a read; 136 bits are two blocks.
    assert int(left_feeder(replace(SAT, group_ports=4)).bram36) == 0
    assert int(left_feeder(replace(SAT, group_ports=8)).bram36) == 32 * 2


def test_without_outputs_along_rows_a_row_holds_four_words_a_group() -> None:
    # The place of an output has a bit at least, where there is but one.
    by_cols = replace(SAT, group_ports=16, interleave_cols_only=1)
    assert int(left_feeder(by_cols).bram36) == 0
    assert counted("left_row", "lut_as_memory", by_cols) == 32 * 160  # 64 words of 136 bits


def test_ws_holds_a_group_of_a_read_at_a_time() -> None:
    ws = replace(SAT, group_ports=16, has_os=0)
    assert counted("left_row", "lut_as_memory", ws) == 32 * 80
    assert counted("left_words", "lut_as_memory", ws) < counted("left_words", "lut_as_memory", replace(ws, has_os=1))


def test_groups_behind_the_second_wait_in_shift_registers() -> None:
    two, three, four = (counted("left_words", "ff", replace(SAT, group_ports=ports)) for ports in (2, 3, 4))
    counters = 10  # of a transposer
    assert (three - two, four - three) == (136 + 2 * 136 + counters, 136 + counters)


def test_a_read_of_more_groups_than_rows_recodes_more_and_has_no_more_transposers() -> None:
    more, fewer = (replace(SAT, rows=4, group_ports=ports) for ports in (8, 4))
    assert counted("left_recoders", "lut", more) - counted("left_recoders", "lut", fewer) == 4 * 8 * float(
        recoder_lut(SAT)
    )
    turning = [BY_KIND["left_words"].lut_features(each, MachineWidths.of(each))["turned"] for each in (more, fewer)]
    assert turning[0] == turning[1]


@pytest.mark.parametrize(("activation_bytes", "dsp"), [(4096, 6), (1 << 16, 9), (1 << 23, 13)])
def test_products_of_an_address_are_slices_by_its_bits(activation_bytes: int, dsp: int) -> None:
    assert int(left_feeder(replace(SAT, activation_bytes=activation_bytes)).dsp) == dsp


def test_many_feeders_at_once_are_those_of_each() -> None:
    ports = np.array([1, 2, 8, 16])
    together = left_feeder(replace(SAT, group_ports=ports))
    each = [left_feeder(replace(SAT, group_ports=int(number))) for number in ports]
    assert together.lut.tolist() == [int(one.lut) for one in each]
    assert together.ff.tolist() == [int(one.ff) for one in each]


def test_the_textbook_array_has_none() -> None:
    table = left_feeder(replace(SAT, chain_drain=0))
    assert (int(table.lut), int(table.ff), int(table.dsp), int(table.bram36)) == (0, 0, 0, 0)
