"""Cases on a compiled model: what passes, what fails and how it is told, in Verilator and, where it is, in Icarus."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from fickle import fickle_case, fickle_rtl
from stand_in_cases import stand_in_case, with_output, with_wrong_bit
from stand_in_core import stand_in_rtl

import heddle.verify.verilator as verilator
from heddle.arch.errors import HeddleError
from heddle.verify.cases import Case
from heddle.verify.icarus import build_icarus_model
from heddle.verify.model import Model
from heddle.verify.results import Verdict
from heddle.verify.simulation import run_cases
from heddle.verify.verilator import build_verilator_model


@pytest.fixture(scope="module")
def model() -> Model:
    return build_verilator_model(stand_in_rtl())


def verdict_on(model: Model, case: Case, folder: Path) -> Verdict:
    (verdict,) = run_cases(model, [case], folder, lambda done, total: None)
    return verdict


def test_equal_bits_and_cycles_pass_and_progress_is_told(model: Model, tmp_path: Path) -> None:
    reports: list[tuple[int, int]] = []
    cases = [stand_in_case("long", 20_000), stand_in_case("short", 1)]
    verdicts = run_cases(model, cases, tmp_path, lambda done, total: reports.append((done, total)))
    assert [(verdict.name, verdict.rtl_cycles, verdict.problems) for verdict in verdicts] == [
        ("long", 20_002, ()),
        ("short", 3, ()),
    ]
    assert all(total == 2 for _, total in reports)


def test_a_relative_folder_is_the_caller_s(model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("out").mkdir()
    assert verdict_on(model, stand_in_case("short", 1), Path("out")).passed
    assert {path.name for path in Path("out").iterdir()} >= {"cases.npz", "outcomes.jsonl", "simulation-0.log"}


@pytest.mark.parametrize("idle", [0.0, 0.2, 0.9])
@pytest.mark.parametrize("backpressure", [0.0, 0.2, 0.9])
def test_bits_are_equal_however_the_streams_stall(
    model: Model, idle: float, backpressure: float, tmp_path: Path
) -> None:
    case = stand_in_case("stalled", 20, seed=3, passes=3, idle=idle, backpressure=backpressure)
    case = replace(case, limit_cycles=100_000)
    first, second = (verdict_on(model, case, tmp_path) for _ in range(2))
    assert first.passed, first.problems
    assert first == second


def test_a_wrong_element_is_found_with_its_place_values_and_cycle(model: Model, tmp_path: Path) -> None:
    verdict = verdict_on(model, with_wrong_bit(stand_in_case("wrong", 9), word=4, byte=5), tmp_path)
    assert not verdict.bit_exact
    assert verdict.problems == ("result row 4, col 1: got 0x3e9ec338, expected 0x3e9ec238 (word 4, lane 1, cycle 6)",)


def test_a_lane_that_nobody_looks_at_may_hold_anything(model: Model, tmp_path: Path) -> None:
    case = with_wrong_bit(stand_in_case("padding", 9), word=4, byte=5)
    place = case.outputs[0].place.copy()
    place[4, 1] = -1
    assert verdict_on(model, with_output(case, place=place), tmp_path).passed


def test_partial_sums_go_on_from_what_the_rtl_gave(model: Model, tmp_path: Path) -> None:
    case = stand_in_case("twice", 6, passes=2)
    broken = replace(
        case, inputs=(*case.inputs[:3], replace(case.inputs[3], source=case.inputs[3].source[::-1].copy()))
    )
    assert verdict_on(model, case, tmp_path).passed
    assert not verdict_on(model, broken, tmp_path).bit_exact


def test_a_result_too_many_fails(model: Model, tmp_path: Path) -> None:
    case = stand_in_case("long", 9)
    output = case.outputs[0]
    verdict = verdict_on(model, with_output(case, expected=output.expected[:8], place=output.place[:8]), tmp_path)
    assert "result gave a word more than the 8 expected" in verdict.problems


def test_a_case_that_hangs_fails_with_how_far_every_stream_came(model: Model, tmp_path: Path) -> None:
    case = stand_in_case("hangs", 9)
    starved = replace(case.inputs[2], words=case.inputs[2].words[:4])
    case = replace(case, inputs=(*case.inputs[:2], starved, case.inputs[3]), limit_cycles=50)
    verdict = verdict_on(model, case, tmp_path)
    assert verdict.rtl_cycles is None
    assert verdict.problems == (
        "hung: not done after 50 cycles (result gave 4 of 9 words, command took 1 of 1, left took 4 of 9, "
        "right took 4 of 4, partial took 0 of 0)",
    )


def test_an_assertion_of_the_rtl_fails_its_case_and_the_next_ones_still_run(tmp_path: Path) -> None:
    model = build_verilator_model(fickle_rtl())
    cases = [fickle_case("before"), fickle_case("waiting", backpressure=0.5), fickle_case("after")]
    verdicts = run_cases(model, cases, tmp_path, lambda done, total: None)
    assert [verdict.passed for verdict in verdicts] == [True, False, True]
    assert verdicts[1].problems == ("an assertion of the RTL failed: output: payload changed before ready",)


def test_the_same_rtl_is_compiled_once(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verilator, "_compile", None)
    assert build_verilator_model(stand_in_rtl()) == model


def test_each_block_is_verilated_once_and_before_anything_is_compiled(model: Model) -> None:
    """Verilator's own ``--build -j`` verilates a block twice at once, and a build that reads in between fails."""
    log = (model.folder / "build.log").read_text()
    blocks = re.findall(r"-f \S+/V(\w+)__hierMkArgs\.f$", log, re.MULTILINE)
    assert sorted(blocks) == ["stand_in_lane", "top"]
    assert log.rindex("__hierMkArgs.f") < log.index(" c++ ")


def test_verilog_that_does_not_compile_is_one_line_with_the_log() -> None:
    rtl = stand_in_rtl()
    broken = replace(rtl, verilog={**rtl.verilog, "stand_in_lane.v": "module"})
    with pytest.raises(HeddleError, match=r"^verilator cannot build stand_in: .*; its log is (\S+)$") as caught:
        build_verilator_model(broken)
    log = Path(str(caught.value).rpartition(" ")[2])
    assert "syntax error" in log.read_text()
    log.unlink()


def test_icarus_that_is_missing_is_one_line_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(HeddleError, match=r"^iverilog is not on PATH \(apt install iverilog, or take --simulator"):
        build_icarus_model(stand_in_rtl(), tmp_path)


@pytest.mark.skipif(shutil.which("iverilog") is None, reason="needs Icarus Verilog")
def test_icarus_comes_to_the_same_verdicts(model: Model, tmp_path: Path) -> None:
    cases = [
        stand_in_case("plain", 50),
        stand_in_case("stalled", 20, passes=3, idle=0.3, backpressure=0.3),
        with_wrong_bit(stand_in_case("wrong", 9), word=4, byte=5),
    ]
    other = build_icarus_model(stand_in_rtl(), tmp_path / "icarus")
    verdicts = [run_cases(each, cases, tmp_path, lambda done, total: None) for each in (model, other)]
    assert verdicts[0] == verdicts[1]
