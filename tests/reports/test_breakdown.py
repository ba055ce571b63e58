"""Where a step's cycles go: by layer, stage, pass and cause, nothing lost."""

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from heddle.reports.breakdown import cycles_by_engine, layer_rows, slowest, stages, stall_cycles


def test_a_layer_row_sums_its_passes(step):
    rows = {row.layer: row for row in layer_rows(step)}
    assert list(rows) == ["conv1", "relu1", "fc"]
    assert rows["fc"].cycles_by_pass == {"ff": 2000, "bp": 2000, "wu": 3000, "update": 0}
    assert rows["fc"].cycles == 7000
    assert rows["fc"].utilisation == 112_000 / (7000 * 16)
    assert rows["conv1"].dram_bytes == 3 * 8192


def test_vector_work_counts_to_the_array_layer_ahead_of_it(step):
    first, second = stages(step)
    assert first.layer == "conv1"
    assert first.cycles_by_part == {"ff": 1000, "bp": 0, "wu": 1500, "vector": 200, "update": 300}
    assert second.cycles_by_part == {"ff": 2000, "bp": 2000, "wu": 3000, "vector": 0, "update": 0}
    assert first.utilisation_by_pass == {"ff": 0.5, "wu": 0.5}


def test_work_ahead_of_the_first_array_layer_counts_to_that_one(new_step, new_pass):
    step = new_step([new_pass("embed", "ff", "vector", 50), new_pass("fc", "ff", "os", 100, 800)])
    (stage,) = stages(step)
    assert (stage.layer, stage.cycles) == ("fc", 150)


def test_a_step_without_array_work_has_a_stage_a_layer(new_step, new_pass):
    step = new_step([new_pass("a", "update", "update", 50), new_pass("b", "update", "update", 70)])
    assert [stage.layer for stage in stages(step)] == ["b", "a"]


def test_a_step_that_only_runs_backwards_is_turned_to_the_network_s_order(new_step, new_pass):
    step = new_step(
        [
            new_pass("fc", "bp", "os", 100, 800),
            new_pass("relu1", "bp", "vector", 10),
            new_pass("conv1", "wu", "os", 100, 800),
        ]
    )
    assert [row.layer for row in layer_rows(step)] == ["conv1", "relu1", "fc"]
    assert [(stage.layer, stage.cycles) for stage in stages(step)] == [("conv1", 110), ("fc", 100)]


def test_cycles_by_engine_name_the_passes_and_leave_out_the_empty(step):
    assert cycles_by_engine(step) == {
        "FF on the array": 3000,
        "BP on the array": 2000,
        "WU on the array": 4500,
        "vector unit and SORE": 200,
        "exposed weight update": 300,
    }


def test_stalls_are_summed_by_cause_the_largest_first(new_step, new_pass):
    step = new_step(
        [
            new_pass("a", "ff", "os", 100, 800, stall_cycles={"drain": 5.0, "memory": 1.0, "none": 0.0}),
            new_pass("b", "ff", "os", 100, 800, stall_cycles={"memory": 10.0}),
        ]
    )
    assert list(stall_cycles(step).items()) == [("memory", 11.0), ("drain", 5.0)]


def test_while_the_vector_unit_or_an_update_works_the_array_idles_too(new_step, new_pass):
    passes = [
        new_pass("a", "ff", "os", 100, 800, stall_cycles={"fill": 5.0}),
        new_pass("a", "ff", "vector", 30, 0),
        new_pass("a", "wu", "update", 7, 0),
    ]
    assert stall_cycles(new_step(passes)) == {"vector": 30.0, "update": 7.0, "fill": 5.0}
    assert stall_cycles(new_step(passes[1:])) == {}


def test_the_slowest_passes_keep_program_order_where_they_tie(step):
    shown = [(item.layer, item.pass_name) for item in slowest(step, 3)]
    assert shown == [("fc", "wu"), ("fc", "ff"), ("fc", "bp")]


passes = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c", "d"]),
        st.sampled_from([("ff", "os"), ("bp", "ws"), ("wu", "os"), ("ff", "vector"), ("update", "update")]),
        st.integers(0, 1000),
    ),
    max_size=12,
)


def test_layers_stages_and_engines_all_sum_to_the_step(new_step, new_pass):
    @given(passes)
    @settings(max_examples=60)
    def check(drawn):
        step = new_step(new_pass(layer, *kind, cycles) for layer, kind, cycles in drawn)
        for parts in (
            [row.cycles for row in layer_rows(step)],
            [stage.cycles for stage in stages(step)],
            cycles_by_engine(step).values(),
        ):
            assert math.isclose(sum(parts), step.cycles)

    check()
