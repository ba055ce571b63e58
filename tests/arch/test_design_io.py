"""Designs as files: presets, TOML out and back in, overrides, and every refusal in one line."""

import math
import random
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heddle.arch.design import (
    GROUP_PORTS,
    GROUP_SIZES,
    ArrayConfig,
    BufferConfig,
    Design,
    LaneConfig,
    MemoryConfig,
    NumberConfig,
    SparsityConfig,
)
from heddle.arch.design_io import load_design, number_range, override, preset_names, to_toml
from heddle.arch.errors import HeddleError

CUTS = "must be at most 3 rows from 1 to 3, in rising order"
counts = st.integers(1, 1 << 40)
lanes = st.integers(1, 4096)
sparsities = st.sampled_from(GROUP_SIZES).flatmap(lambda m: st.integers(1, m).map(lambda n: SparsityConfig(n=n, m=m)))


def with_cuts(array, cuts):
    """The array with those of ``cuts`` that it can have."""
    fitting = () if array.drain == "direct" else tuple(sorted(cut for cut in cuts if cut < array.rows))
    return ArrayConfig(**{**dict(array), "slr_cuts": fitting})


arrays = st.builds(
    ArrayConfig,
    rows=st.integers(1, 512),
    cols=st.integers(1, 512),
    dataflows=st.sampled_from([("os",), ("ws",), ("os", "ws"), ("ws", "os")]),
    interleave=st.integers(1, 64),
    interleave_axes=st.sampled_from(["cols", "rows", "both"]),
    adder_stages=st.integers(1, 6),
    multiplier_stages=st.integers(0, 3),
    overlap_tiles=st.booleans(),
    drain=st.sampled_from(["chain", "direct"]),
)
designs = st.builds(
    Design,
    name=st.text(min_size=1, max_size=20),
    board=st.text(min_size=1, max_size=20),
    clock_hz=st.floats(1e6, 2e9),
    array=st.builds(with_cuts, arrays, st.sets(st.integers(1, 511), max_size=3)),
    sparsity=sparsities,
    numbers=st.builds(NumberConfig, operand=st.sampled_from(["fp16", "bf16"])),
    lanes=st.builds(LaneConfig, sore=lanes, wuve=lanes, vector=lanes),
    buffers=st.builds(
        BufferConfig,
        activation_bytes=counts,
        weight_bytes=counts,
        output_bytes=counts,
        group_ports=st.sampled_from(GROUP_PORTS),
    ),
    memory=st.builds(
        MemoryConfig,
        channels=st.integers(1, 32),
        axi_bits=st.sampled_from([64, 128, 256, 512, 1024]),
        unlimited=st.booleans(),
    ),
)


@pytest.fixture
def tiny():
    return load_design("tiny")


def message_of_override(design, key, value):
    with pytest.raises(HeddleError) as caught:
        override(design, {key: value})
    return str(caught.value)


def test_the_presets_are_these():
    assert preset_names() == ("ideal-32x32", "sat-vcu1525", "small", "tiny")


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_carries_the_name_of_its_file(name):
    assert load_design(name).name == name


def test_the_seed_systems_preset_is_the_32_by_32_machine():
    design = load_design("sat-vcu1525")
    assert (design.array.rows, design.array.cols, design.clock_hz) == (32, 32, 200e6)
    assert (design.sparsity.n, design.sparsity.m, design.lanes.sore) == (2, 8, 32)
    assert design.array.dataflows == ("os", "ws")
    assert design.peak_macs_per_second == 204.8e9


def test_the_ideal_preset_has_no_memory_limits_and_drains_directly():
    design = load_design("ideal-32x32")
    assert design.memory.unlimited
    assert design.array.drain == "direct"


@settings(max_examples=100, deadline=None, derandomize=True)
@given(design=designs)
def test_a_design_written_as_toml_loads_back_equal(tmp_path_factory, design):
    path = tmp_path_factory.getbasetemp() / "round_trip.toml"
    path.write_bytes(to_toml(design).encode())
    assert load_design(str(path)) == design


def test_the_same_design_writes_the_same_text(tiny):
    assert to_toml(tiny) == to_toml(load_design("tiny"))


def test_the_written_text_is_readable(tiny):
    assert to_toml(tiny).startswith('name = "tiny"\nboard = "vcu1525"\nclock_hz = 175000000.0\n\n[array]\nrows = 4\n')
    assert 'dataflows = ["os", "ws"]\n' in to_toml(tiny)


@pytest.mark.parametrize(
    ("key", "bounds"),
    [("clock_hz", (1e6, 2e9)), ("array.rows", (1, 512)), ("buffers.weight_bytes", (1, 1 << 40)), ("board", None)],
)
def test_a_numeric_key_tells_its_range(key, bounds):
    assert number_range(key) == bounds


def test_an_unknown_preset_names_the_nearest_and_all():
    with pytest.raises(HeddleError) as caught:
        load_design("tinny")
    assert str(caught.value) == (
        "unknown preset 'tinny'; did you mean 'tiny'? (valid: ideal-32x32, sat-vcu1525, small, tiny)"
    )


def test_groups_read_a_clock_are_a_power_of_two(tiny):
    assert message_of_override(tiny, "buffers.group_ports", 3) == (
        "override: buffers: group_ports = 3: must be one of 1, 2, 4, 8, 16, 32"
    )


def test_an_unknown_key_in_a_file_names_the_file_the_key_and_the_nearest(tmp_path, tiny):
    path = tmp_path / "mine.toml"
    path.write_text(to_toml(tiny).replace("channels", "chanels"))
    with pytest.raises(HeddleError) as caught:
        load_design(str(path))
    assert str(caught.value) == (
        f"{path}:37:1: unknown key 'memory.chanels'; did you mean 'memory.channels'? "
        "(valid: memory.channels, memory.axi_bits, memory.unlimited) (and 1 more)"
    )


def test_a_missing_key_is_named_with_its_file(tmp_path, tiny):
    path = tmp_path / "mine.toml"
    path.write_text(to_toml(tiny).replace("rows = 4\n", ""))
    with pytest.raises(HeddleError) as caught:
        load_design(str(path))
    assert str(caught.value) == f"{path}:5:2: missing key 'array.rows'"


def test_sections_with_defaults_may_be_left_out(tmp_path, tiny):
    path = tmp_path / "mine.toml"
    path.write_text(to_toml(tiny).replace('[numbers]\noperand = "fp16"\naccumulator = "fp32"\n', ""))
    assert load_design(str(path)) == tiny


def test_override_replaces_values_and_leaves_the_rest(tiny):
    changed = override(tiny, {"array.rows": 16, "clock_hz": 150_000_000, "array.dataflows": ["ws"]})
    assert (changed.array.rows, changed.clock_hz, changed.array.dataflows) == (16, 150e6, ("ws",))
    assert override(changed, {"array.rows": 4, "clock_hz": 175e6, "array.dataflows": ["os", "ws"]}) == tiny


def test_override_without_values_changes_nothing(tiny):
    assert override(tiny, {}) == tiny


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("array.rows", 0, "override: array.rows: must be greater than or equal to 1, got 0"),
        ("array.rows", 513, "override: array.rows: must be less than or equal to 512, got 513"),
        ("array.rows", "8", "override: array.rows: must be a valid integer, got '8'"),
        ("array.rows", 8.0, "override: array.rows: must be a valid integer, got 8.0"),
        ("array.rows", True, "override: array.rows: must be a valid integer, got True"),
        ("clock_hz", math.nan, "override: clock_hz: must be a finite number, got nan"),
        ("memory.unlimited", 1, "override: memory.unlimited: must be a valid boolean, got 1"),
        ("array", 5, "override: array: must be a table, got 5"),
        ("name", {"a": 1}, "override: name: must be a valid string, got a table"),
        (
            "array.drain",
            "chian",
            "override: array.drain: must be 'chain' or 'direct' (did you mean 'chain'?), got 'chian'",
        ),
        (
            "array.dataflows",
            ["os", "xs"],
            "override: array.dataflows.1: must be 'os' or 'ws', got 'xs'",
        ),
        ("array.dataflows", ["os", "os"], "override: array: dataflows must name os, ws or both, each once"),
        (
            "array.slr_cuts",
            [2, 4],
            f"override: array: slr_cuts = [2, 4]: {CUTS}",
        ),
        ("array.slr_cuts", [0], f"override: array: slr_cuts = [0]: {CUTS}"),
        (
            "array.slr_cuts",
            [2, 2],
            f"override: array: slr_cuts = [2, 2]: {CUTS}",
        ),
        ("array.slr_cuts", 2, "override: array.slr_cuts: must be a valid tuple, got 2"),
        ("array.slr_cuts", [1.5], "override: array.slr_cuts.0: must be a valid integer, got 1.5"),
        ("sparsity.m", 6, "override: sparsity: M = 6 is not supported; M is one of 2, 4, 8, 16, 32"),
        ("sparsity.n", 9, "override: sparsity: N = 9 exceeds M = 4; N:M needs 1 <= N <= M"),
        (
            "lanes.sor",
            1,
            "override: unknown key 'lanes.sor'; did you mean 'lanes.sore'? (valid: lanes.sore, lanes.wuve, "
            "lanes.vector)",
        ),
        (
            "lane.sore",
            1,
            "override: unknown key 'lane.sore'; did you mean 'lanes'? (valid: name, board, clock_hz, array, "
            "sparsity, numbers, lanes, buffers, memory)",
        ),
    ],
)
def test_override_says_in_one_line_what_is_wrong(tiny, key, value, message):
    assert message_of_override(tiny, key, value) == message


def test_cuts_between_dies_need_a_second_row_and_rtl(tiny):
    with pytest.raises(HeddleError, match=r"slr_cuts lie between two rows, and the array has 1 \(valid: none\)$"):
        override(tiny, {"array.rows": 1, "array.slr_cuts": [1]})
    with pytest.raises(HeddleError, match=r"slr_cuts are for an array with RTL, and drain = direct has none$"):
        override(tiny, {"array.drain": "direct", "array.slr_cuts": [1]})


def test_an_array_crosses_at_most_three_times_into_another_die(tiny):
    assert override(tiny, {"array.rows": 8, "array.slr_cuts": [1, 2, 7]}).array.slr_cuts == (1, 2, 7)
    with pytest.raises(HeddleError, match=r"must be at most 3 rows from 1 to 7, in rising order$"):
        override(tiny, {"array.rows": 8, "array.slr_cuts": [1, 2, 3, 4]})


def test_a_row_lies_below_the_cuts_up_to_it(tiny):
    array = override(tiny, {"array.slr_cuts": [1, 3]}).array
    assert [array.cuts_above(row) for row in range(array.rows)] == [0, 1, 1, 2]


def test_a_cut_in_a_file_is_refused_with_its_place(tmp_path, tiny):
    path = tmp_path / "mine.toml"
    path.write_text(to_toml(tiny).replace("slr_cuts = []", "slr_cuts = [4]"))
    with pytest.raises(HeddleError) as caught:
        load_design(str(path))
    assert str(caught.value) == f"{path}:15:1: array: slr_cuts = [4]: {CUTS}"


def test_a_long_wrong_value_is_cut(tiny):
    assert len(message_of_override(tiny, "array.rows", "x" * 1000)) < 120


def refusal_of(path):
    try:
        load_design(str(path))
    except HeddleError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("seed", range(20))
def test_mutated_presets_load_or_are_refused_in_one_line(tmp_path, tiny, seed):
    generator = random.Random(seed)
    path = tmp_path / "mutated.toml"
    for _ in range(50):
        text = list(to_toml(tiny))
        for _ in range(generator.randint(1, 4)):
            text[generator.randrange(len(text))] = generator.choice(string.printable)
        path.write_text("".join(text), newline="")
        refusal = refusal_of(path)
        assert "\n" not in refusal
        assert not refusal or str(path) in refusal
