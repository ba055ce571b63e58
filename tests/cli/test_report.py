"""``heddle report DIR``: everything that a folder holds on one page, and how the rest is made."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from run_folders import SIMULATE, heddle, synth_document, train_document, verify_document, write_json
from vivado_samples import power, timing, utilisation

from heddle.arch.design import Design
from heddle.arch.design_io import load_design, override, to_toml
from heddle.arch.errors import HeddleError
from heddle.cli.main import main
from heddle.reports.review.build import Built, build_review
from heddle.reports.review.content import Review
from heddle.reports.runs.gather import read_holdings, subject_of

Capture = pytest.CaptureFixture[str]
TINY = load_design("tiny")


def copy_of(folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder, tmp_path / "run"))


def built(folder: Path, pick: int | None = None) -> Built:
    held = read_holdings(folder)
    return build_review(held, subject_of(held, pick), folder)


def review(folder: Path, pick: int | None = None) -> Review:
    return built(folder, pick).review


def missing(page: Review) -> dict[str, str]:
    return {each.section: each.command for each in page.missing}


def report(capsys: Capture, *words: str) -> Any:
    capsys.readouterr()
    assert main(["report", "--json", *words]) == 0
    return json.loads(capsys.readouterr().out)


def refused(capsys: Capture, *words: str) -> str:
    capsys.readouterr()
    assert main(["report", *words]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    return printed.err.removeprefix("heddle: error: ").rstrip("\n")


def test_an_exploration_gives_the_front_and_the_step_of_its_first_design(explored: Path, tmp_path: Path) -> None:
    page = review(copy_of(explored, tmp_path))
    assert page.front is not None
    assert page.step is not None
    assert page.front.picked == 0
    assert page.front.toml[0] == to_toml(page.design)
    assert len(page.front.toml) == len(page.front.front)
    assert page.step.result.design == page.design
    assert page.step.result.level == "engines"
    assert page.step.dense is not None
    assert page.step.spans[0].track == "passes"
    assert page.energy


def test_the_row_that_is_picked_is_the_design_of_the_page(explored: Path, tmp_path: Path) -> None:
    folder = copy_of(explored, tmp_path)
    page = review(folder, pick=3)
    assert page.front is not None
    assert page.front.toml[3] == to_toml(page.design)
    assert load_design(str(folder / "design-3.toml")) == page.design


def test_a_picked_design_takes_about_the_time_that_was_explored(explored: Path, tmp_path: Path) -> None:
    page = review(copy_of(explored, tmp_path))
    assert page.front is not None
    assert page.step is not None
    assert page.step.result.time_s == pytest.approx(float(page.front.front["time_s"].iloc[0]), rel=0.2)
    assert any(note.startswith("The front's times are the estimate's. ") for note in page.notes)


def test_a_simulation_is_run_again_as_it_was(simulated: Path, tmp_path: Path) -> None:
    folder = copy_of(simulated, tmp_path)
    page = review(folder)
    assert page.step is not None
    totals = json.loads((folder / "totals.json").read_text())
    result = page.step.result
    assert (result.network, result.batch, result.recipe) == (totals["network"], totals["batch"], totals["recipe"])
    assert result.dram_bytes == totals["dram_bytes"]
    assert page.notes == (f"{folder} holds the estimate's figures; those of the page are the engines'.",)


def test_a_simulation_by_the_engines_is_the_same_to_the_cycle(tmp_path: Path) -> None:
    heddle(*SIMULATE, "--level", "engines", "--out", str(tmp_path))
    assert review(tmp_path).notes == ()
    totals = json.loads((tmp_path / "totals.json").read_text())
    write_json(tmp_path / "totals.json", totals | {"cycles": totals["cycles"] + 1000})
    (note,) = review(tmp_path).notes
    assert note.startswith(f"{tmp_path}/totals.json says ")
    assert "cycles, and this version of heddle simulates" in note


def test_a_schedule_alone_is_run_too(tmp_path: Path) -> None:
    heddle("schedule", "--workload", "mlp", "--batch", "2", "--design", "tiny", "--out", str(tmp_path))
    page = review(tmp_path)
    assert page.step is not None
    assert page.step.result.batch == 2


def test_a_dense_step_has_no_dense_one_beside_it(tmp_path: Path) -> None:
    heddle(*SIMULATE, "--recipe", "dense", "--out", str(tmp_path))
    page = review(tmp_path)
    assert page.step is not None
    assert page.step.dense is None


def test_each_section_that_is_missing_names_the_command_that_makes_it(simulated: Path, tmp_path: Path) -> None:
    folder = copy_of(simulated, tmp_path)
    assert missing(review(folder)) == {
        "front": f"heddle explore --workload mlp --batch 8 --recipe bdwp --out {folder}/explore",
        "stages": f"heddle synth --design tiny --out {folder}/synth",
        "agreement": f"heddle verify --design tiny --out {folder}/verify",
        "accuracy": f"heddle train --model mlp --recipe bdwp --sparsity 2:4 --design tiny --out {folder}/train",
        "vivado": missing(review(folder))["vivado"],
    }


def test_a_command_keeps_what_the_run_had_beside_the_defaults(tmp_path: Path) -> None:
    folder = tmp_path / "a run"
    options = ["--image-size", "8", "--optimizer", "adam", "--no-pregenerate", "--rows", "2"]
    heddle(*SIMULATE, *options, "--out", str(folder))
    commands = missing(review(folder))
    kept = "--workload mlp --batch 8 --image-size 8 --recipe bdwp --optimizer adam --no-pregenerate"
    assert commands["front"] == f"heddle explore {kept} --out '{folder}/explore'"
    assert commands["agreement"] == f"heddle verify --design '{folder}/design.toml' --out '{folder}/verify'"


def test_what_a_command_makes_fills_its_section(tmp_path: Path) -> None:
    write_json(tmp_path / "verify" / "verify.json", verify_document(TINY))
    heddle(*missing(review(tmp_path))["step"].replace("resnet18", "mlp").split()[1:])
    page = review(tmp_path)
    assert page.step is not None
    assert page.agreement is not None
    assert page.notes[-1].endswith("those of the page are the engines'.")


def test_a_verification_alone_shows_its_cases(tmp_path: Path) -> None:
    write_json(tmp_path / "verify.json", verify_document(TINY))
    page = review(tmp_path)
    assert page.design == TINY
    assert page.step is None
    assert page.agreement is not None
    assert [(row.case, row.rtl_cycles, row.sim_cycles) for row in page.agreement.rows] == [
        ("a", 120, 120),
        ("b", 140, None),
    ]
    assert set(missing(page)) == {"front", "step", "stages", "accuracy", "vivado"}


def test_cases_of_another_design_are_shown_and_said_to_be(simulated: Path, tmp_path: Path) -> None:
    folder = copy_of(simulated, tmp_path)
    write_json(folder / "verify" / "verify.json", verify_document(override(TINY, {"array.rows": 2, "lanes.sore": 1})))
    page = review(folder)
    assert page.agreement is not None
    assert page.notes[-1] == (
        f"{folder}/verify/verify.json is of the design tiny, which differs from the one shown in array.rows, "
        "lanes.sore; it is shown all the same."
    )


def test_cases_of_the_design_shown_come_before_those_of_another(simulated: Path, tmp_path: Path) -> None:
    folder = copy_of(simulated, tmp_path)
    for name, design in (("a", override(TINY, {"name": "other", "array.rows": 2})), ("b", TINY)):
        write_json(folder / name / "verify.json", verify_document(design))
    page = review(folder)
    assert page.agreement is not None
    assert page.agreement.design == "tiny"
    assert page.notes[-1].endswith("differs from the one shown in array.rows; it is not shown.")


def test_the_name_of_a_design_makes_no_other_design(simulated: Path, tmp_path: Path) -> None:
    folder = copy_of(simulated, tmp_path)
    write_json(folder / "v" / "verify.json", verify_document(TINY.model_copy(update={"name": "renamed"})))
    assert not any("differs" in note for note in review(folder).notes)


def test_parts_that_were_synthesised_are_counted_and_the_others_estimated(tmp_path: Path) -> None:
    write_json(tmp_path / "synth.json", synth_document(TINY))
    hardware = review(tmp_path).hardware
    rows = {row.name: row for row in hardware.rows}
    assert [row.name for row in hardware.rows][:4] == ["array", "heddle_uspe", "sore", "heddle_sore_lane"]
    assert rows["array"].amounts["lut"] == 16 * 700
    assert (rows["heddle_uspe"].count, rows["heddle_uspe"].amounts["lut"]) == (16, 700)
    assert [rows[name].source for name in ("array", "buffers", "vector")] == [
        "yosys",
        "calibrated model",
        "uncalibrated estimate",
    ]
    assert [stage.relative for stage in hardware.stages] == [1.0, 0.5]
    assert hardware.notes == ("Counted by Yosys 0.0.", "Without routing.")


def test_a_synthesis_of_another_design_is_not_taken(simulated: Path, tmp_path: Path) -> None:
    folder = copy_of(simulated, tmp_path)
    write_json(folder / "synth" / "synth.json", synth_document(override(TINY, {"clock_hz": 100e6})))
    page = review(folder)
    assert {row.source for row in page.hardware.rows} == {"calibrated model", "uncalibrated estimate"}
    assert page.hardware.stages == ()
    assert "differs from the one shown in clock_hz; it is not shown." in page.notes[-1]


@pytest.mark.parametrize("design", [TINY, None])
def test_a_training_alone_shows_its_accuracies(design: Design | None, tmp_path: Path) -> None:
    write_json(tmp_path / "train.json", train_document(design))
    page = review(tmp_path)
    (facts,) = page.training
    assert (facts.accuracies, facts.dense_accuracies) == ((90.0, 91.0), (91.0, 92.0))
    assert facts.step_time_s == (0.2 if design else None)
    assert page.design == (design or load_design("sat-vcu1525"))
    default = "Nothing in the folder names a design: design and hardware are those of sat-vcu1525, the default."
    assert page.notes == (() if design else (default,))


def test_runs_that_prune_nothing_are_the_dense_ones(tmp_path: Path) -> None:
    document = train_document(None)
    runs = [run | {"accuracy": run["dense_accuracy"], "loss": run["dense_loss"]} for run in document["runs"]]
    write_json(tmp_path / "train.json", document | {"recipe": "mine/dense.py", "runs": runs})
    (facts,) = review(tmp_path).training
    assert not facts.has_dense
    assert facts.recipe == "dense"


def test_reports_of_vivado_alone_make_a_page(tmp_path: Path) -> None:
    for name, text in (("u.rpt", utilisation()), ("t.rpt", timing()), ("p.rpt", power())):
        (tmp_path / name).write_text(text)
    page = review(tmp_path)
    assert page.vivado is not None
    assert [len(page.vivado.utilisation), len(page.vivado.timing), len(page.vivado.power)] == [1, 1, 1]
    assert "vivado" not in missing(page)


def test_the_power_of_a_routed_design_comes_before_that_of_a_synthesised_one(simulated: Path, tmp_path: Path) -> None:
    folder = copy_of(simulated, tmp_path)
    assert not any("Vivado" in line.name for line in review(folder).energy)
    (folder / "a.rpt").write_text(power().replace("routed", "synthesized"))
    (folder / "b.rpt").write_text(power())
    on_chip = [line for line in review(folder).energy if "Vivado" in line.name]
    assert on_chip
    assert all("b.rpt" in line.source for line in on_chip)


def test_two_trainings_and_other_steps_are_all_told_of(simulated: Path, tmp_path: Path) -> None:
    folder = copy_of(simulated, tmp_path)
    for name in ("t1", "t2"):
        write_json(folder / name / "train.json", train_document(TINY))
    heddle(*SIMULATE, "--batch", "4", "--out", str(folder / "s4"))
    page = review(folder)
    assert len(page.training) == 2
    assert page.notes[-1] == f"{folder}/s4 holds another step, on tiny; it is not shown."


def test_a_network_that_has_changed_leaves_the_front_and_says_so(tmp_path: Path) -> None:
    header = "Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,\n"
    topology = tmp_path / "net.csv"
    topology.write_text(header + "conv, 8, 8, 3, 3, 8, 8, 1,\n")
    heddle(*SIMULATE, "--workload", str(topology), "--out", str(tmp_path / "run"))
    topology.write_text(header + "conv, 8, 8, 3, 3, 8, 16, 1,\n")
    page = built(tmp_path / "run")
    assert page.review.step is None
    reason = next(each.reason for each in page.review.missing if each.section == "step")
    assert reason == (
        f"the step cannot be run again: workload {str(topology)!r} has changed since (its SHA-256 is another one)"
    )
    assert page.problems == (reason,)


def test_the_page_and_its_document_say_what_is_there_and_what_is_not(
    simulated: Path, tmp_path: Path, capsys: Capture
) -> None:
    folder = copy_of(simulated, tmp_path)
    write_json(folder / "verify" / "verify.json", verify_document(TINY))
    document = report(capsys, str(folder))
    assert document["html"] == str(folder / "report.html")
    assert document["sections"] == ["design", "step", "hardware", "agreement"]
    assert [each["section"] for each in document["missing"]] == ["front", "stages", "accuracy", "vivado"]
    assert (folder / "report.html").read_text().startswith("<!doctype html>")
    before = (folder / "report.html").read_bytes()
    assert main(["report", str(folder)]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0] == f"wrote {folder / 'report.html'}"
    assert printed[1].startswith("no front: no exploration is in the folder; make it with: heddle explore ")
    assert (folder / "report.html").read_bytes() == before


def test_the_page_can_lie_elsewhere(simulated: Path, tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "page.html"
    assert report(capsys, str(simulated), "--out", str(out))["html"] == str(out)
    assert not (simulated / "report.html").exists()


def test_a_folder_without_results_is_told_in_one_line(tmp_path: Path, capsys: Capture) -> None:
    assert refused(capsys, str(tmp_path)) == (
        f"{tmp_path}: holds no results of heddle and no Vivado report; "
        f"make some with: heddle simulate --workload resnet18 --out {tmp_path}"
    )
    (tmp_path / "empty.rpt").write_text("")
    assert refused(capsys, str(tmp_path)) == (
        f"{tmp_path}: holds no results of heddle and no Vivado report that can be read ({tmp_path}/empty.rpt: is empty)"
    )


def test_what_is_no_folder_is_told_in_one_line(tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "file"
    file.write_text("")
    assert refused(capsys, str(tmp_path / "none")) == f"{tmp_path}/none: no such folder"
    assert refused(capsys, str(file)) == f"{file}: is a file; give the folder that holds it"
    assert refused(capsys, "") == "DIR: is empty; give the path of a folder of results"
    assert refused(capsys) == "report: missing argument 'DIR | A B' (heddle report --help lists the options)"


def test_a_row_that_is_not_there_is_told_in_one_line(explored: Path, simulated: Path, capsys: Capture) -> None:
    rows = len((explored / "pareto.csv").read_text().splitlines()) - 1
    for pick in (-1, rows):
        assert refused(capsys, str(explored), "--pick", str(pick)) == (
            f"--pick: {pick} is out of range (valid: 0 to {rows - 1}, rows of the front)"
        )
    assert refused(capsys, str(simulated), "--pick", "0") == f"--pick: {simulated} holds no exploration's front"


def test_options_of_a_comparison_are_refused_for_one_folder(simulated: Path, capsys: Capture) -> None:
    for option, value in (("--workload", "mlp"), ("--batch", "2"), ("--recipe", "dense"), ("--sparsity", "2:8")):
        assert refused(capsys, str(simulated), option, value) == (
            f"{option}: is for comparing two designs; a folder says itself what it ran"
        )


def test_an_exploration_that_has_not_ended_is_told_with_what_ends_it(explored: Path, tmp_path: Path) -> None:
    folder = copy_of(explored, tmp_path)
    (folder / "pareto.parquet").unlink()
    with pytest.raises(HeddleError, match=r"no such file: the exploration has not ended; go on with: heddle explore "):
        review(folder)
