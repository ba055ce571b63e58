"""Load and store unit: what they take follows from the bits of the memory port."""

from __future__ import annotations

from dataclasses import replace

import pytest
from resource_designs import SAT

from heddle.arch.block_models import ram_queue_halves
from heddle.arch.dma_resources import dma
from heddle.arch.machine_widths import MachineWidths
from heddle.arch.resource_inputs import ResourceInputs, ResourceTable


def dma_of(inputs: ResourceInputs) -> ResourceTable:
    return dma(inputs, MachineWidths.of(inputs))


def test_it_matters_how_wide_the_port_is_and_not_of_how_many_channels() -> None:
    one, two = (dma_of(replace(SAT, channels=n, axi_bits=512 // n)) for n in (1, 2))
    # The page of two channels is longer, by a bit of some counters.
    for name in ("lut", "ff", "dsp"):
        assert int(getattr(one, name)) == pytest.approx(int(getattr(two, name)), rel=1e-3)


@pytest.mark.parametrize("bits", [64, 128, 256, 512, 1024])
def test_twice_as_wide_a_port_takes_more_and_less_than_two_and_a_half_times_as_much(bits: int) -> None:
    narrow, wide = (dma_of(replace(SAT, channels=1, axi_bits=each, m=4)) for each in (bits, 2 * bits))
    assert int(narrow.lut) < int(wide.lut) < 2.5 * int(narrow.lut)
    assert int(narrow.ff) < int(wide.ff) < 2.5 * int(narrow.ff)


@pytest.mark.parametrize(
    ("bits", "words", "halves"), [(66, 2048, 8), (130, 2048, 15), (258, 1024, 15), (514, 512, 15), (36, 512, 1)]
)
def test_a_queue_of_bursts_takes_blocks_as_narrow_as_it_is_deep(bits: int, words: int, halves: int) -> None:
    assert int(ram_queue_halves(bits, words)) == halves
