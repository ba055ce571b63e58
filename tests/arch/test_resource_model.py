"""The resource formulas as a whole: arrays give what single designs give, and larger machines take no less."""

from dataclasses import fields, replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from resource_designs import RESOURCES, SAT, counts, inputs

from heddle.arch.resource_inputs import ResourceInputs, index_bits_of
from heddle.arch.resource_model import array_tables, module_tables, resource_table


@settings(max_examples=30, deadline=None, derandomize=True)
@given(designs=st.lists(inputs(), min_size=1, max_size=8))
def test_arrays_give_what_each_design_gives_alone(designs: list[ResourceInputs]) -> None:
    names = [field.name for field in fields(ResourceInputs) if field.name != "slr_cuts"]  # all designs have the same
    stacked = ResourceInputs(**{name: np.array([getattr(design, name) for design in designs]) for name in names})
    table = resource_table(stacked)
    rows = zip(*(getattr(table, name).tolist() for name in RESOURCES), strict=True)
    assert list(rows) == [counts(d) for d in designs]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(design=inputs())
def test_counts_are_positive_and_memory_luts_are_luts(design: ResourceInputs) -> None:
    lut, lut_as_memory, ff, dsp, bram36, uram = counts(design)
    assert min(lut, ff, dsp, bram36) > 0
    assert 0 <= lut_as_memory < lut
    assert uram >= 0


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    design=inputs(),
    name=st.sampled_from(["rows", "cols", "sore_lanes", "wuve_lanes", "vector_lanes", "channels"]),
    more=st.integers(1, 16),
)
def test_a_larger_machine_takes_no_fewer_luts_flip_flops_and_dsps(design: ResourceInputs, name: str, more: int) -> None:
    small, large = (resource_table(one) for one in (design, replace(design, **{name: getattr(design, name) + more})))
    for resource in ("lut", "ff", "dsp"):
        assert getattr(large, resource) >= getattr(small, resource)


def test_scalar_and_array_fields_broadcast() -> None:
    table = resource_table(replace(SAT, rows=np.array([16, 32])))
    assert table.dsp.tolist() == [counts(replace(SAT, rows=16))[3], counts(SAT)[3]]


def test_a_channel_brings_a_wider_port_to_load_store_and_fetch_by_and_its_controller() -> None:
    one, two = (module_tables(replace(SAT, channels=channels)) for channels in (1, 2))
    changed = [name for name in one if int(one[name].lut) != int(two[name].lut)]
    assert changed == ["dma", "controller", "dram_controllers"]


def test_beside_the_array_stand_double_buffers_in_place_of_the_machine_s() -> None:
    machine, beside = module_tables(SAT), array_tables(SAT)
    assert list(beside) == ["array", "sore", "wuve", "buffers"]
    same = [name for name in beside if int(beside[name].lut) == int(machine[name].lut)]
    assert same == ["array", "sore", "wuve"]


def test_index_bits_follow_m() -> None:
    assert [int(index_bits_of(m)) for m in (2, 4, 8, 16, 32)] == [1, 2, 3, 4, 5]
