"""Tables for a terminal: what is shown, what is cut and said to be."""

import subprocess
import sys

import numpy as np
import pytest
from rich.console import Console

from heddle.dataflow.kernel_rows import TILE_MAPPING
from heddle.dataflow.scheduler import ProductSchedule, Schedule, TileMapping
from heddle.dataflow.step_items import Operand, Product, ProductPass, TrainingStep
from heddle.reports.terminal_tables import pareto_table, pass_table, schedule_table, summary_table


def printed(table, width=120):
    console = Console(width=width, no_color=True)
    with console.capture() as capture:
        console.print(table)
    return [" ".join(line.split()) for line in capture.get().splitlines()]


def mapping(dataflow, cycles):
    return TileMapping(
        dataflow=dataflow,
        interleave_rows=2,
        interleave_cols=4,
        loop_order="mnk",
        tile_m=8,
        tile_n=16,
        tile_k=32,
        tiles_m=8,
        tiles_n=1,
        tiles_k=1,
        cycles=cycles,
        compute_cycles=cycles,
        feed_cycles=0.0,
        load_bytes=64,
        store_bytes=64,
    )


@pytest.fixture
def schedule():
    """Two passes; the first could have run in WS as well, at 1.5 times the cycles."""
    products = [Product(64, 32, 16, Operand(), Operand()), Product(64, 32, 8, Operand(), Operand(), count=12)]
    chosen = mapping("os", 2000.0)
    best = [{"os": chosen, "ws": mapping("ws", 3000.0)}, {"os": chosen}]
    by_product = {
        product: ProductSchedule(product, chosen, np.zeros(1, TILE_MAPPING)[0], others)
        for product, others in zip(products, best, strict=True)
    }
    items = tuple(ProductPass(name, "ff", (product,)) for name, product in zip(["qkv", "qk"], products, strict=True))
    return Schedule(TrainingStep("net", 8, "bdwp", "2:8", items), by_product, ())


def test_a_summary_compares_with_the_dense_step(step, dense_step):
    lines = printed(summary_table(step, dense_step))
    assert lines[0] == "net, batch 8, bdwp 2:8 on tiny (estimate)"
    assert "this step dense dense ÷ this" in lines
    assert "time of a step 100 µs 200 µs 2.00×" in lines
    assert lines[-1] == "4 × 4 PEs at 100 MHz, 1 DRAM channel"


def test_a_summary_without_a_dense_step_has_one_column(step):
    assert "time of a step 100 µs" in printed(summary_table(step))


def test_a_pass_table_shows_the_slowest_and_counts_the_rest(step):
    lines = printed(pass_table(step, 2))
    assert lines[1] == "layer pass M×K×N time share util. DRAM energy"
    assert lines[3] == "fc WU OS 64×32×16 30.0 µs 30.0 % 100.0 % 8.19 kB 3.00 µJ"
    assert lines[-1] == "7 more passes take 50.0 % of the time"


def test_a_whole_pass_table_has_no_caption(step):
    lines = printed(pass_table(step, 100))
    assert len(lines) == 3 + len(step.passes)
    assert "relu1 FF vector 4.10 k elem. 1.00 µs 1.0 % 8.19 kB 100 nJ" in lines


def test_markup_in_a_layer_s_name_is_shown_as_it_stands(new_step, new_pass):
    step = new_step([new_pass("[bold]x[/bold]", "ff", "os", 100, 800)])
    assert any(line.startswith("[bold]x[/bold] FF OS") for line in printed(pass_table(step, 5)))


def test_a_schedule_shows_tiles_order_and_what_was_not_chosen(schedule):
    lines = printed(schedule_table(schedule))
    assert lines[0] == "Schedule of net, batch 8, bdwp"
    assert lines[1] == "layer pass M×K×N I r×c order tile m×k×n cycles instead"
    assert lines[3] == "qkv FF OS 64×32×16 2×4 mnk 8×32×16 2.00 k WS 1.50×"
    assert lines[4] == "qk FF OS 12 × 64×32×8 2×4 mnk 8×32×16 2.00 k"


def test_a_long_schedule_is_cut_and_says_so(schedule):
    assert printed(schedule_table(schedule, 1))[-1] == "1 more products"


def test_a_pareto_table_shows_what_differs_and_shares_the_rest(front):
    lines = printed(pareto_table(front, ("time", "lut"), 10))
    assert lines == [
        "Pareto front over time, LUT: 3 designs",
        "# array dataflows buffers A/W/O KiB time LUT DSP BRAM36",
        lines[2],
        "0 32×64 os+ws 1024/512/1024 4.00 ms 1.18 M 2.20 k 492",
        "1 16×16 ws 512/256/512 20.0 ms 280 k 370 280",
        "2 8×8 ws 256/128/256 100 ms 134 k 180 238",
        "the same in all: N:M 2:8, clock 225 MHz",
    ]


def test_a_pareto_table_shows_accuracies_where_there_are_any(front):
    measured = front.assign(accuracy=[95.0, 95.85, 94.25])
    lines = printed(pareto_table(measured, ("accuracy", "lut"), 10))
    assert lines[0] == "Pareto front over accuracy, LUT: 3 designs"
    assert lines[1] == "# array dataflows buffers A/W/O KiB accuracy LUT DSP BRAM36"
    assert lines[4] == "1 16×16 ws 512/256/512 95.85 % 280 k 370 280"
    assert printed(pareto_table(measured, ("time", "lut"), 10))[1].endswith("time LUT DSP BRAM36 accuracy")


@pytest.mark.parametrize("width", [60, 80, 100, 120, 200])
def test_a_pareto_table_shows_whole_figures_at_any_width(front, width):
    wide = front.assign(sore_lanes=[8, 16, 32], wuve_lanes=8, vector_lanes=[8, 16, 32], channels=[4, 2, 1])
    text = "\n".join(printed(pareto_table(wide, ("time", "energy", "lut"), 10), width))
    assert "…" not in text
    for figure in ("32×64", "4.00 ms", "200 mJ", "1.18 M"):
        assert figure in text


def test_a_narrow_pareto_table_says_what_it_leaves_out(front):
    lines = printed(pareto_table(front, ("time", "bram36"), 10), 50)
    assert lines[1] == "# array dataflows time BRAM36 DSP"
    assert lines[-1] == "too wide to show here: buffers A/W/O KiB"


def test_a_narrow_schedule_gives_up_columns_before_it_folds_a_layer_s_name(schedule):
    lines = printed(schedule_table(schedule), 62)
    assert lines[1] == "layer pass M×K×N I r×c order tile m×k×n cycles"
    assert lines[-1] == "too wide to show here: instead"


def test_a_cut_pareto_table_keeps_both_ends(front):
    lines = printed(pareto_table(front, ("time", "lut"), 2))
    assert [line.split()[0] for line in lines[3:5]] == ["0", "2"]
    assert lines[5] == "2 designs, spread evenly over the front"


def test_an_empty_front_is_a_table_without_rows(front):
    lines = printed(pareto_table(front.iloc[:0], ("time",), 5))
    assert " ".join(lines).startswith("Pareto front over time: 0 designs")


def test_tables_load_neither_pandas_nor_matplotlib():
    heavy = {"pandas", "matplotlib", "pyarrow", "jinja2"}
    code = f"import sys, heddle.reports.terminal_tables; print(*{heavy} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert run.stdout.split() == []
