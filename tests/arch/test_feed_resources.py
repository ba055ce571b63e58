"""The left feeder's resources against its mapped blocks, and what they follow from."""

from __future__ import annotations

from dataclasses import replace

import pytest
from resource_designs import SAT

from heddle.arch.array_resources import recoder_lut
from heddle.arch.feed_resources import left_feeder

#: LUTs, those of them as memory, flip-flops and block RAMs of the feeder of ``sat-vcu1525`` by the groups of a read, as
#: ``python -m benchmarks.feeder_area`` maps them.
MAPPED = {1: (7126, 2949, 6786, 0), 2: (13509, 3079, 7116, 0), 4: (19819, 6073, 7841, 0), 16: (56708, 4205, 5957, 64)}


@pytest.mark.parametrize("ports", MAPPED)
def test_the_feeder_of_the_seed_s_machine_is_that_of_its_mapped_blocks(ports: int) -> None:
    lut, _, ff, bram36 = MAPPED[ports]
    table = left_feeder(replace(SAT, group_ports=ports))
    assert int(table.lut) == pytest.approx(lut, rel=0.02)
    assert int(table.ff) == pytest.approx(ff, rel=0.1)
    assert int(table.bram36) == bram36


def test_without_outputs_along_rows_a_row_holds_two_words_a_group() -> None:
    by_cols = left_feeder(replace(SAT, group_ports=16, interleave_cols_only=1))
    assert int(by_cols.bram36) == 0
    assert int(by_cols.lut_as_memory) == 32 * 80  # 32 words of 136 bits


def test_a_read_of_more_groups_than_rows_recodes_more_and_holds_no_more() -> None:
    more, fewer = (left_feeder(replace(SAT, rows=4, group_ports=ports)) for ports in (8, 4))
    assert float(more.lut - fewer.lut) == 4 * 8 * float(recoder_lut(SAT))


def test_the_textbook_array_has_none() -> None:
    table = left_feeder(replace(SAT, chain_drain=0))
    assert (int(table.lut), int(table.ff), int(table.dsp), int(table.bram36)) == (0, 0, 0, 0)
