"""Lines of energy: what the model says with its uncertainty, and what a power report puts in its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import hypot
from pathlib import Path
from typing import Any

import pytest

from heddle.arch.boards import load_board
from heddle.arch.design_io import load_design
from heddle.arch.energy import energy_coefficients, energy_table
from heddle.dataflow.recipes import recipe_named
from heddle.dataflow.training import StepOptions, training_step
from heddle.dataflow.zoo import zoo_network
from heddle.hls.names import CORE_MODULE as CORE
from heddle.reports.energy_source import on_chip_watts, power_source, with_power
from heddle.reports.review.content import EnergyLine
from heddle.reports.review.energy_lines import energy_lines, total_energy_j
from heddle.reports.summary import ENERGY_PARTS
from heddle.sim.estimate import estimate
from heddle.sim.result import StepResult
from heddle.synth.vivado.reports import Header, PowerReport

DESIGN = load_design("tiny")
BOARD = load_board(DESIGN.board)
UNCERTAINTY = {entry.name: entry.uncertainty for entry in energy_table()}
DRAM_BYTE_J = energy_coefficients().dram_byte_j
CLOCK_UNKNOWN = "the report's clock is not known and taken as the design's"


def report(**changes: Any) -> PowerReport:
    base = PowerReport(
        path=Path("some/folder/power.rpt"),
        header=Header("Vivado v.2021.2", "accelerator", "xcvu9p-fsgd2104-2L-e", "Routed"),
        total_w=12.5,
        dynamic_w=10.0,
        static_w=2.5,
        junction_c=40.0,
        confidence="Medium",
        components=(),
    )
    return replace(base, **changes)


@pytest.fixture(scope="module")
def spent() -> StepResult:
    step = training_step(
        zoo_network("resnet9"), recipe_named("bdwp"), DESIGN.sparsity, StepOptions(batch=1, pregenerate=False)
    )
    return estimate(step, DESIGN, BOARD)


def by_name(lines: tuple[EnergyLine, ...]) -> Mapping[str, EnergyLine]:
    return {line.name: line for line in lines}


def test_the_model_s_lines_are_the_step_s_energy_largest_first(spent: StepResult) -> None:
    lines = energy_lines(spent, None)
    assert total_energy_j(lines) == pytest.approx(spent.energy_j)
    assert [line.energy_j for line in lines] == sorted((line.energy_j for line in lines), reverse=True)
    assert all(line.energy_j > 0 for line in lines)


@pytest.mark.parametrize(
    ("name", "coefficient"),
    [
        ("multiply-adds", "mac_j"),
        ("on-chip buffers", "bram_byte_j"),
        ("links between PEs", "link_byte_hop_j"),
        ("DRAM", "dram_byte_j"),
        ("vector unit", "vector_element_j"),
        ("SORE (pruning)", "sore_compare_j"),
        ("WUVE (weight update)", "wuve_weight_j"),
    ],
)
def test_a_line_of_the_model_has_its_coefficient_s_uncertainty_and_source(
    name: str, coefficient: str, spent: StepResult
) -> None:
    line = by_name(energy_lines(spent, None))[name]
    assert line.uncertainty == UNCERTAINTY[coefficient]
    assert line.source.startswith("uncalibrated model: ")
    assert f" x {coefficient}; {coefficient} = " in line.source


def test_leakage_and_clock_tree_have_each_its_share_of_the_uncertainty(spent: StepResult) -> None:
    coefficients = energy_coefficients()
    leakage_j = coefficients.device_static_w * spent.time_s
    clock_j = spent.activity["ff_cycles"] * coefficients.ff_cycle_j
    (line,) = (line for line in energy_lines(spent, None) if "leakage" in line.name)
    assert line.energy_j == pytest.approx(leakage_j + clock_j)
    error_j = hypot(leakage_j * UNCERTAINTY["device_static_w"], clock_j * UNCERTAINTY["ff_cycle_j"])
    assert line.uncertainty == pytest.approx(error_j / line.energy_j)


def test_vivado_s_watts_over_the_step_s_time_replace_everything_on_chip(spent: StepResult) -> None:
    lines = by_name(energy_lines(spent, report(), BOARD))
    assert set(lines) == {"on chip, dynamic (Vivado)", "on chip, static (Vivado)", "DRAM"}
    assert lines["on chip, dynamic (Vivado)"].energy_j == pytest.approx(10.0 * spent.time_s)
    assert lines["on chip, static (Vivado)"].energy_j == pytest.approx(2.5 * spent.time_s)
    assert lines["DRAM"] == by_name(energy_lines(spent, None))["DRAM"]
    for name in ("on chip, dynamic (Vivado)", "on chip, static (Vivado)"):
        assert lines[name].uncertainty is None
        assert lines[name].source == (
            f"Vivado power report power.rpt, device xcvu9p-fsgd2104-2L-e, confidence medium; {CLOCK_UNKNOWN}"
        )


def test_a_report_with_a_total_alone_gives_one_line(spent: StepResult) -> None:
    lines = by_name(energy_lines(spent, report(dynamic_w=None), BOARD))
    assert set(lines) == {"on chip (Vivado)", "DRAM"}
    assert lines["on chip (Vivado)"].energy_j == pytest.approx(12.5 * spent.time_s)


@pytest.mark.parametrize("known", [{}, {"dynamic_w": 10.0}, {"static_w": 2.5}])
def test_a_report_that_leaves_the_total_open_changes_nothing(known: dict[str, float], spent: StepResult) -> None:
    power = report(**({"total_w": None, "dynamic_w": None, "static_w": None} | known))
    assert on_chip_watts(power) == {}
    assert with_power(spent, power) is spent
    assert energy_lines(spent, power, BOARD) == energy_lines(spent, None)


def test_passes_take_the_report_s_watts_too_and_sum_to_the_step(spent: StepResult) -> None:
    powered = with_power(spent, report())
    first = powered.passes[0]
    assert first.energy_j == pytest.approx(12.5 * first.cycles / DESIGN.clock_hz + first.dram_bytes * DRAM_BYTE_J)
    assert sum(item.energy_j for item in powered.passes) == pytest.approx(powered.energy_j)
    assert powered.cycles == spent.cycles


@pytest.mark.parametrize(
    ("header", "caveat"),
    [
        (Header("", "", "", ""), "device not stated, confidence medium; design state not stated; "),
        (Header("", "", "xcvu9p", "Synthesized"), "confidence medium; design not routed (synthesized); "),
        (
            Header("", "", "xcu250-figd2104-2L-e", "Routed"),
            "medium; another part than the board's xcvu9p-fsgd2104-2L-e",
        ),
        (Header("", "", "xcvu9p-fsgd2104-2-i", "Routed"), "medium; another part than the board's xcvu9p-fsgd2104-2L-e"),
    ],
)
def test_what_is_not_known_of_a_report_is_said(header: Header, caveat: str) -> None:
    assert caveat in power_source(report(header=header), BOARD)


@pytest.mark.parametrize(
    "device",
    ["xcvu9p-fsgd2104-2L-e", "xcvu9pfsgd2104-2L-e", "xcvu9p", "XCVU9P-FSGD2104", "xcvu9p-fsgd2104-2L-e (Vivado)"],
)
def test_a_part_is_known_in_the_spellings_of_vivado(device: str) -> None:
    source = power_source(report(header=Header("", "", device, "Fully Routed")), BOARD)
    assert source == f"Vivado power report power.rpt, device {device}, confidence medium; {CLOCK_UNKNOWN}"


def test_no_board_and_no_confidence_are_no_claims() -> None:
    header = Header("", "", "xcu250", "Routed")
    source = power_source(report(header=header, confidence=""), None)
    assert source == f"Vivado power report power.rpt, device xcu250, confidence not stated; {CLOCK_UNKNOWN}"


def core_report(design: str = "heddle_array") -> PowerReport:
    return report(header=Header("Vivado v.2021.2", design, "xcvu9p-fsgd2104-2L-e", "Routed"))


def test_a_report_of_the_core_alone_replaces_the_array_and_its_links_and_no_more(spent: StepResult) -> None:
    modelled, lines = by_name(energy_lines(spent, None, BOARD)), by_name(energy_lines(spent, core_report(), BOARD))
    gone = {"multiply-adds", "links between PEs"}
    assert modelled.keys() - lines.keys() == gone
    assert lines["array core, dynamic (Vivado)"].energy_j == pytest.approx(10.0 * spent.time_s)
    assert "of the array's core alone" in lines["array core, dynamic (Vivado)"].source
    for name in modelled.keys() - gone:
        assert lines[name] == modelled[name]


def test_a_report_of_the_whole_core_replaces_lanes_and_buffers_too(spent: StepResult) -> None:
    modelled, lines = by_name(energy_lines(spent, None, BOARD)), by_name(energy_lines(spent, core_report(CORE), BOARD))
    core = "array, lanes and buffers, dynamic (Vivado)"
    assert lines[core].energy_j == pytest.approx(10.0 * spent.time_s)
    assert "of array, lanes and buffers alone: the other parts" in lines[core].source
    left = {"array", "buffers", "links", "sore", "wuve"}
    assert lines.keys() - {core} == modelled.keys() - {ENERGY_PARTS[part] for part in left}


@pytest.mark.parametrize("design", ["heddle_array", CORE])
def test_with_a_report_of_the_core_the_passes_still_add_up_to_what_they_spend(spent: StepResult, design: str) -> None:
    powered = with_power(spent, core_report(design))
    assert powered.energy_j - spent.energy_j == pytest.approx(
        sum(item.energy_j for item in powered.passes) - sum(item.energy_j for item in spent.passes)
    )


def test_a_report_of_the_core_without_its_dynamic_power_changes_nothing(spent: StepResult) -> None:
    assert with_power(spent, replace(core_report(), dynamic_w=None)) == spent
