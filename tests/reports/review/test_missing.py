"""What a page lacks: how long the command takes that makes it."""

from pathlib import Path

import pytest

from heddle.arch.design_io import load_design
from heddle.reports.review.missing import AGREEMENT, SECTIONS, Commands, missing_sections


@pytest.mark.parametrize(
    ("design", "time"),
    [("tiny", "a minute or two"), ("small", "a minute or two"), ("sat-vcu1525", "ten minutes or more")],
)
def test_the_rtl_of_a_large_array_takes_longer_to_run(design: str, time: str) -> None:
    commands = Commands(Path("runs/one"), design, load_design(design), None)
    missing = missing_sections(frozenset(SECTIONS) - {AGREEMENT}, {}, commands)
    assert [each.takes for each in missing] == [f"{time}, with Verilator and g++"]
