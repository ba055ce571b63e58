"""``heddle synth`` by yosys: its JSON document, its tables and its files."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from fake_yosys import FakeYosys
from samples import BOARD
from synth_command import COUNTED, NOTHING_FOUND, SMALL, Capture, board_with, error, once_emitted, synth

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.resources import RESOURCE_NAMES, resources_beside_the_array, resources_by_module
from heddle.cli import synth as synth_module
from heddle.cli.main import main
from heddle.synth import checks as checks_module
from heddle.synth.nextpnr import PlacedElement
from heddle.synth.result import FanOut, Synthesis
from heddle.synth.vivado import core_project
from heddle.synth.yosys import mapping, plan, run
from heddle.synth.yosys.mapping import MappedBlock

KEYS = {
    *COUNTED,
    "fits",
    "tool",
    "design",
    "board",
    "modules",
    "stages",
    "fan_outs",
    "covers",
    "missing",
    "estimated",
    "modelled",
    "flat_array",
    "placed_pe",
    "notes",
}


@pytest.fixture(scope="module")
def made() -> Iterator[Callable[[Design, Board, Any], list[plan.Part]]]:
    """The parts of each design that was asked for, emitted once; lanes of SORE stand for those of WUVE."""
    kept: dict[str, list[plan.Part]] = {}
    real = plan.parts

    def parts(design: Design, board: Board, optimizer: Any) -> list[plan.Part]:
        key = design.model_dump_json(include={"array", "sparsity", "buffers", "lanes"})
        if key not in kept:
            with pytest.MonkeyPatch.context() as monkeypatch:
                monkeypatch.setattr(plan, "wuve_block", lambda design, rule: plan.sore_block(design))
                kept[key] = list(real(design, board, optimizer))
        return kept[key]

    return parts


@pytest.fixture(autouse=True)
def emitted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core_project, "emit_block", once_emitted)


@pytest.fixture
def yosys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, made: Any) -> Iterator[FakeYosys]:
    """yosys by counting lines."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "runs").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "runs"))  # where the logs of a failure stay
    monkeypatch.setattr(run, "parts_of", lambda top, *asked: made(*asked))
    for module in (mapping, run):
        monkeypatch.setattr(module, "yosys_version", lambda: "0.0")
    mapping._tool.cache_clear()
    monkeypatch.setattr(run, "largest_of_the_array", lambda design: (FanOut(660, "heddle_array_stce", "hop7[0]"),))
    yield FakeYosys().install(monkeypatch)
    mapping._tool.cache_clear()


def test_the_document_has_the_promised_keys(yosys: FakeYosys, capsys: Capture) -> None:
    document = synth(capsys)
    assert document.keys() == KEYS
    assert document["fits"] is True
    assert document["tool"] == "yosys 0.0 synth_xilinx -family xcup"
    assert document["design"]["array"]["rows"] == 2
    assert document["board"] == "vcu1525"
    assert document["covers"] == ["array", "sore", "wuve", "buffers"]
    assert document["missing"] == ["vector", "left_feeder", "dma", "controller", "dram_controllers", "host_link"]
    assert document["modules"][0].keys() == {"name", "part", "count", *COUNTED}
    assert document["stages"][0].keys() == {"module", "start", "end", "delay_ns", "relative"}
    assert document["fan_outs"] == [{"loads": 660, "module": "heddle_array_stce", "net": "hop7[0]"}]
    assert document["flat_array"] is None
    assert document["placed_pe"] is None


def test_the_totals_are_the_modules_times_their_counts(yosys: FakeYosys, capsys: Capture) -> None:
    document = synth(capsys)
    for name in COUNTED:
        assert document[name] == sum(module["count"] * module[name] for module in document["modules"]), name
    assert document["lut"] > 0
    assert {module["part"] for module in document["modules"]} == {*document["covers"]}


def test_what_has_no_rtl_is_the_model_s_estimate(yosys: FakeYosys, capsys: Capture) -> None:
    document = synth(capsys)
    estimates = resources_by_module(Design.model_validate_json(json.dumps(document["design"])), BOARD)
    assert document["estimated"].keys() == {*document["missing"]}
    for part, amounts in document["estimated"].items():
        assert amounts == {name: getattr(estimates[part], name) for name in RESOURCE_NAMES}


def test_beside_what_is_synthesised_stands_what_the_model_says(yosys: FakeYosys, capsys: Capture) -> None:
    document = synth(capsys)
    model = resources_beside_the_array(Design.model_validate_json(json.dumps(document["design"])), BOARD)
    assert document["modelled"] == {part: asdict(model[part]) for part in document["covers"]}
    assert main(["synth", *SMALL]) == 0
    table = capsys.readouterr().out.partition("By the resource model")[2].partition("Against board")[0]
    (sore,) = (line.split() for line in table.splitlines() if line.split()[:1] == ["sore"])
    lut = sum(module["count"] * module["lut"] for module in document["modules"] if module["part"] == "sore")
    assert sore[1:3] == [f"{lut:,}", f"{model['sore'].lut:,}"]


def test_the_same_command_prints_the_same_bytes(yosys: FakeYosys, capsys: Capture) -> None:
    command = ["synth", *SMALL, "--json"]
    assert main(command) == 0
    first = capsys.readouterr().out
    assert main([*command, "--workers", "3"]) == 0
    assert capsys.readouterr().out == first


def test_without_json_a_person_reads_modules_totals_and_stages(yosys: FakeYosys, capsys: Capture) -> None:
    assert main(["synth", *SMALL]) == 0
    printed = capsys.readouterr()
    assert "tiny, yosys 0.0 synth_xilinx -family xcup" in printed.out
    tables, _, stages = printed.out.partition("Stages")
    rows = {cells[0]: cells[1:] for line in tables.splitlines() if (cells := line.split())}
    assert rows["heddle_array_core"][0] == "1"
    assert rows["heddle_sore_lane"][0] == "4"
    assert rows["board"][0] == "1,182,240"
    assert {"synthesised", "vector", "share", "fits"} <= rows.keys()
    assert "delay lines, by the bit" in tables
    assert "heddle_line_" not in tables
    relative = [float(line.split()[-1]) for line in stages.splitlines() if re.search(r"\d\.\d\d\s*$", line)]
    assert relative[0] == 1.0
    assert relative == sorted(relative, reverse=True)
    assert (
        "vector, left_feeder, dma, controller, dram_controllers, host_link are not synthesised"
        in printed.err + printed.out
    )


def test_out_writes_the_result_a_vivado_project_and_provenance(
    yosys: FakeYosys, capsys: Capture, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    document = synth(capsys, "--out", str(out))
    assert json.loads((out / "synth.json").read_text()) == document
    assert {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()} == {
        "synth.json",
        "provenance.json",
        "vivado/heddle.tcl",
        "vivado/heddle.xdc",
        "vivado/manifest.json",
        *(
            f"vivado/heddle_{module}.v"
            for module in (
                *("core", "array", "uspe", "sore_lane", "wuve_sgd"),
                *("buffer_activation", "buffer_weight", "buffer_output"),
                *("block_ram_72x64", "block_ram_56x64", "block_ram_36x228"),
            )
        ),
    }
    assert json.loads((out / "provenance.json").read_text())["inputs"].keys() == {"board", "design"}
    assert "module heddle_array(" in (out / "vivado" / "heddle_array.v").read_text()
    # A second time into the same folder, as after a change of the design.
    assert main(["synth", *SMALL, "--out", str(out)]) == 0
    shown = capsys.readouterr().out.splitlines()
    for path in out.rglob("*"):
        assert not path.is_file() or f"wrote {path}" in shown


def test_another_verb_s_folder_is_refused(yosys: FakeYosys, capsys: Capture, tmp_path: Path) -> None:
    (tmp_path / "totals.json").write_text("{}")
    assert error(capsys, *SMALL, "--out", str(tmp_path)) == (
        f"heddle: error: {tmp_path}: holds the results of 'heddle simulate' (totals.json); give another folder\n"
    )
    assert yosys.jobs == []


@pytest.mark.parametrize(("resource", "amount"), [("lut", 200), ("ff", 200), ("bram36", 2)])
def test_a_design_that_does_not_fit_fails_and_still_tells_what_it_takes(
    resource: str, amount: int, yosys: FakeYosys, capsys: Capture, tmp_path: Path
) -> None:
    board = board_with(tmp_path, resource, amount)
    document = synth(capsys, "--board", board, code=1)
    assert document["fits"] is False
    assert document["lut"] > 0
    assert main(["synth", *SMALL, "--board", board]) == 1
    assert "does not fit" in capsys.readouterr().out


def test_the_fit_counts_what_has_no_rtl(yosys: FakeYosys, capsys: Capture, tmp_path: Path) -> None:
    document = synth(capsys)
    lut = document["lut"]
    assert sum(part["lut"] for part in document["estimated"].values()) > lut
    # Room for what was synthesised, and not for the rest.
    assert synth(capsys, "--board", board_with(tmp_path, "lut", 2 * lut), code=1)["fits"] is False


def test_sparsity_and_workers_reach_the_synthesis(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def synthesise(design: Design, board: Board, optimizer: str, workers: int, progress: Any, top: str) -> Synthesis:
        asked.append((design.sparsity.n, design.sparsity.m, board.name, optimizer, workers, top))
        return NOTHING_FOUND

    monkeypatch.setattr(synth_module, "synthesise", synthesise)
    options = ["--sparsity", "1:2", "--optimizer", "adam", "--workers", "3", "--board", "alveo-u250"]
    document = synth(capsys, *options, "--top", "accelerator")
    assert asked == [(1, 2, "alveo-u250", "adam", 3, "accelerator")]
    assert (document["board"], document["design"]["sparsity"]) == ("alveo-u250", {"n": 1, "m": 2})


def test_flat_maps_the_array_as_one_block_and_compares(
    yosys: FakeYosys, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def flat(text: str, top: str, folder: Path) -> MappedBlock:
        assert folder.is_dir()
        asked.append((text, top, folder))
        return MappedBlock({"LUT6": 1000, "FDRE": 200, "CARRY8": 9}, None)

    monkeypatch.setattr(checks_module, "map_flat", flat)
    document = synth(capsys, "--flat")
    assert document["flat_array"] == {"lut": 1000, "lut_as_memory": 0, "ff": 200, "dsp": 0, "bram36": 0.0, "uram": 0}
    ((text, top, folder),) = asked
    assert top == "heddle_array_core"
    assert "module heddle_uspe(" in text
    assert "DSP48E2" in text  # mapped as the modules are
    assert not folder.exists()
    assert main(["synth", *SMALL, "--flat"]) == 0
    array = [module for module in document["modules"] if module["part"] == "array"]
    ratios = [
        f"{heading} {sum(module['count'] * module[name] for module in array) / amount - 1:+.1%}"
        for heading, name, amount in (("LUT", "lut", 1000), ("FF", "ff", 200))
    ]
    printed = capsys.readouterr()
    line = f"the array's modules against the array mapped flat (1,000 LUT, 200 FF): {', '.join(ratios)}"
    assert line in printed.out + printed.err


def test_place_gives_the_clock_of_one_pe(yosys: FakeYosys, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    element = PlacedElement(device="LFE5U-85F-8", fmax_hz=84.5e6, lut=1963, ff=1132, dsp=1)
    monkeypatch.setattr(synth_module, "find_nextpnr", lambda: Path("nextpnr"))
    monkeypatch.setattr(checks_module, "place_element", lambda design, folder: element)
    assert synth(capsys, "--place")["placed_pe"] == {
        "device": "LFE5U-85F-8",
        "fmax_hz": 84.5e6,
        "lut": 1963,
        "ff": 1132,
        "dsp": 1,
    }
    assert main(["synth", *SMALL, "--place"]) == 0
    printed = capsys.readouterr()
    line = "one PE placed and routed on LFE5U-85F-8: 84.5 MHz, 1,963 LUT4, 1,132 FF, 1 DSP; a slower fabric"
    assert line in printed.out + printed.err


def test_a_yosys_that_fails_is_one_line_and_writes_no_result(
    yosys: FakeYosys, capsys: Capture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    FakeYosys(failing="endmodule").install(monkeypatch)
    message = error(capsys, *SMALL, "--out", str(tmp_path / "run"))
    assert message.startswith("heddle: error: yosys failed: as asked (log: ")
    assert message.count("\n") == 1
    assert Path(message.rpartition("log: ")[2].rstrip(")\n")).is_file()
    assert not (tmp_path / "run" / "synth.json").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--top", "acelerator"],
            "--top: unknown top 'acelerator'; did you mean 'accelerator'? (valid: array, accelerator)",
        ),
        (
            ["--top", "accelerator", "--tool", "vivado", "--out", "never"],
            "--top accelerator: Vivado's project has the array with lanes and buffers; leave it out",
        ),
        (["--tool", "vivdo"], "--tool: unknown tool 'vivdo'; did you mean 'vivado'? (valid: yosys, vivado)"),
        (["--tool", "quartus"], "--tool: unknown tool 'quartus' (valid: yosys, vivado)"),
        (
            ["--optimizer", "adm"],
            "--optimizer: unknown optimizer 'adm'; did you mean 'adam'? (valid: sgd, adam)",
        ),
        (["--tool", "vivado"], "--tool vivado needs --out DIR, the folder of its project and reports"),
        (["--workers", "0"], "--workers: 0 is out of range (valid: 1 to 1,024)"),
        (
            ["--design", "ideal-32x32"],
            "design 'ideal-32x32' has array.drain = direct, an idealisation without RTL (valid: chain)",
        ),
    ],
)
def test_a_slip_is_told_in_one_line(options: list[str], message: str, capsys: Capture) -> None:
    assert error(capsys, *([] if "--design" in options else SMALL), *options) == f"heddle: error: {message}\n"


@pytest.mark.parametrize("tool", ["yosys", "vivado"])
def test_an_idealised_design_leaves_no_files(tool: str, capsys: Capture, tmp_path: Path) -> None:
    out = tmp_path / "run"
    assert "an idealisation without RTL" in error(capsys, "--design", "ideal-32x32", "--tool", tool, "--out", str(out))
    assert not out.exists()
