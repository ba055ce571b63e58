"""Resources of one design: by module and in all."""

from dataclasses import asdict

import pytest

from heddle.arch.boards import load_board
from heddle.arch.design_io import load_design, preset_names
from heddle.arch.resources import RESOURCE_NAMES, resources, resources_by_module

BOARD = load_board("vcu1525")


@pytest.mark.parametrize("name", preset_names())
def test_modules_sum_to_the_whole(name):
    design = load_design(name)
    parts = resources_by_module(design, BOARD).values()
    total = asdict(resources(design, BOARD))
    assert {r: sum(asdict(part)[r] for part in parts) for r in RESOURCE_NAMES} == total


def test_the_modules_are_these():
    assert list(resources_by_module(load_design("tiny"), BOARD)) == [
        "array",
        "sore",
        "wuve",
        "vector",
        "buffers",
        "left_feeder",
        "dma",
        "controller",
        "dram_controllers",
        "host_link",
    ]


def test_the_arrays_arithmetic_is_near_the_measured_share_of_the_card():
    # The multiply-adds alone were measured as about 31 % of the card's LUTs; selection, rings and chains add to it.
    array = resources_by_module(load_design("sat-vcu1525"), BOARD)["array"]
    assert 0.31 < array.lut / BOARD.resources.lut < 0.6
    assert array.dsp / BOARD.resources.dsp == pytest.approx(0.30, abs=0.005)


def test_counts_are_plain_integers():
    assert all(type(value) is int for value in asdict(resources(load_design("tiny"), BOARD)).values())


def test_a_design_is_counted_once_however_often_it_is_asked_for():
    assert resources(load_design("small"), BOARD) is resources(load_design("small"), BOARD)
