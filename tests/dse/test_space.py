"""Spaces: axes from TOML, the designs that they span, and what is refused."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest

from heddle.arch.design import SparsityConfig
from heddle.arch.errors import HeddleError
from heddle.dse.space import (
    AXES,
    MAX_POINTS,
    Space,
    default_space,
    load_space,
    make_design,
    space_names,
    with_sparsities,
)


def changed(path: Path, old: str, new: str) -> str:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return str(path)


def test_the_shipped_spaces_load():
    assert space_names() == ("default", "small")
    for name in space_names():
        assert load_space(name).name == name


def test_the_default_space_spans_millions_of_points_and_both_usual_sparsities():
    space = default_space()
    assert space.points > 2_000_000
    assert space.sparsities == (SparsityConfig(n=2, m=8), SparsityConfig(n=2, m=4))
    assert space.dataflows == ("os", "ws", "os+ws")


def test_points_are_all_combinations_of_the_axes(space: Space):
    assert space.points == math.prod(len(space.axis(name)) for name in AXES) == 768


def test_the_sparsities_of_a_space_can_be_replaced(space: Space):
    replaced = with_sparsities(space, [SparsityConfig(n=4, m=16)])
    assert replaced.sparsities == (SparsityConfig(n=4, m=16),)
    assert replaced.rows == space.rows


def test_no_sparsity_and_a_sparsity_given_twice_are_refused(space: Space):
    with pytest.raises(HeddleError, match=r"^sparsity: sparsities: .* at least 1 item"):
        with_sparsities(space, [])
    with pytest.raises(HeddleError, match=r"^sparsity: sparsities: 2:4 stands there twice$"):
        with_sparsities(space, [SparsityConfig(n=2, m=4)] * 2)


def test_a_design_has_the_values_of_its_point(space: Space):
    values = {name: space.axis(name)[-1] for name in AXES}
    design = make_design(values, "last", "vcu1525")
    assert (design.array.rows, design.array.cols, design.array.dataflows) == (512, 4, ("os", "ws"))
    assert (design.sparsity.n, design.sparsity.m, design.clock_hz) == (2, 4, 200e6)
    assert (design.buffers.activation_bytes, design.buffers.weight_bytes, design.buffers.output_bytes) == (
        16,
        16,
        32,
    )
    assert (design.lanes.sore, design.lanes.wuve, design.lanes.vector) == (2, 8, 4)


def test_an_unknown_space_is_named_with_the_nearest():
    with pytest.raises(HeddleError, match=r"^unknown space 'smal'; did you mean 'small'\? \(valid: default, small\)$"):
        load_space("smal")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("rows =", "rws =", "unknown key 'rws'; did you mean 'rows'?"),
        ("rows = [2, 512]", "rows = []", "rows: "),
        ("rows = [2, 512]", "rows = 2", "rows: must be a valid tuple, got 2"),
        ("rows = [2, 512]", "rows = [2, 2]", "rows: 2 stands there twice"),
        ("rows = [2, 512]", "rows = [2, 999]", "array.rows: must be less than or equal to 512, got 999"),
        ("200e6", "1e99", "clock_hz: must be less than or equal to"),
        ("200e6", "inf", "clock_hz.1: must be a finite number, got inf"),
        ('"1:4"', '"1-4"', "sparsities.0: sparsity '1-4' is not of the form N:M, as in 2:8"),
        ('"1:4"', "{ n = 1, q = 4 }", "sparsities.0: a sparsity is a text of the form N:M"),
        ('"os", "ws"', '"so", "ws"', "dataflows.0: must be 'os', 'ws' or 'os+ws'"),
        ("2048, 4096]", "2048]", "missing key 'buffers.0.2'"),
        ("2048, 4096]", "2048, 0]", "buffers.output_bytes: must be greater than 0, got 0"),
    ],
)
def test_a_wrong_space_file_is_refused_in_one_line(space_file: Path, old: str, new: str, message: str):
    path = changed(space_file, old, new)
    with pytest.raises(HeddleError, match=re.escape(message)) as caught:
        load_space(path)
    assert re.match(rf"{re.escape(path)}:[1-9]\d*:[1-9]\d*: ", str(caught.value))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("rows = [2, 512]", "rows = [2, 2]", "4:12"),
        ("rows = [2, 512]", "rows = [0, 512]", "4:9"),
        ("200e6", "1e99", "13:19"),
    ],
)
def test_the_value_that_no_design_has_is_placed(space_file: Path, old: str, new: str, place: str):
    path = changed(space_file, old, new)
    with pytest.raises(HeddleError, match=rf"^{re.escape(path)}:{place}: "):
        load_space(path)


def test_a_space_without_end_is_refused(space_file: Path):
    lanes = ", ".join(map(str, range(1, 4097)))
    text = re.sub(r"(vector|sore|wuve)_lanes = \[.*\]", rf"\1_lanes = [{lanes}]", space_file.read_text())
    space_file.write_text(text)
    with pytest.raises(HeddleError, match=rf"the axes span [0-9,]+ points; at most {MAX_POINTS:,} are explored"):
        load_space(str(space_file))
