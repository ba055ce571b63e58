"""``heddle synth``: its JSON document, its tables, its files, and Vivado by a program of that name."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from fake_vivado import put_on_path
from fake_yosys import FakeYosys
from samples import BOARD

from heddle.arch import boards as boards_module
from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.resources import RESOURCE_NAMES, resources_by_module
from heddle.cli import synth as synth_module
from heddle.cli.main import main
from heddle.hls.emit import Rtl
from heddle.hls.generate import array_rtl
from heddle.synth import checks as checks_module
from heddle.synth.nextpnr import PlacedElement
from heddle.synth.result import Synthesis
from heddle.synth.vivado.project import REPORT_NAMES
from heddle.synth.yosys import mapping, plan, run
from heddle.synth.yosys.mapping import MappedBlock

Capture = pytest.CaptureFixture[str]

BOARDS = Path(boards_module.__file__).with_suffix("")
#: The preset tiny, smaller still, as it is emitted again and again.
SIZES = {"rows": 2, "cols": 2, "activation-kib": 1, "weight-kib": 1, "output-kib": 1}
SMALL = ["--design", "tiny", *(word for name, size in SIZES.items() for word in (f"--{name}", str(size)))]
COUNTED = {"lut", "lut_as_memory", "ff", "dsp", "bram36", "uram"}
KEYS = {
    *COUNTED,
    "fits",
    "tool",
    "design",
    "board",
    "modules",
    "stages",
    "covers",
    "missing",
    "estimated",
    "flat_array",
    "placed_pe",
    "notes",
}

NOTHING_FOUND = Synthesis(
    tool="yosys 0.0", design="d", board="b", modules=(), stages=(), covers=(), missing=("vector",), seconds=0.0
)

#: Writes all reports of a run, as Vivado's; the design is routed where the report is of that stage.
WRITE_REPORTS = f"""
import vivado_samples as samples
for name in {REPORT_NAMES!r}:
    state = "Routed" if "route" in name else "Synthesized"
    Path(name).parent.mkdir(exist_ok=True)
    Path(name).write_text(
        samples.power() if "power" in name
        else samples.timing() if "timing" in name
        else samples.hierarchy() if "hierarchical" in name
        else samples.utilisation(state=state, amounts={{"DSPs": ("9", "6840")}} if state == "Synthesized" else None)
    )
"""


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


@pytest.fixture(scope="module")
def rtl() -> Callable[[Design], Rtl]:
    """The core's Verilog, emitted once for each design."""
    return cache(array_rtl)


@pytest.fixture(autouse=True)
def emitted_once(monkeypatch: pytest.MonkeyPatch, rtl: Callable[[Design], Rtl]) -> None:
    monkeypatch.setattr(checks_module, "array_rtl", rtl)


@pytest.fixture
def yosys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, made: Any) -> Iterator[FakeYosys]:
    """yosys by counting lines."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "runs").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "runs"))  # where the logs of a failure stay
    monkeypatch.setattr(run, "parts", made)
    for module in (mapping, run):
        monkeypatch.setattr(module, "yosys_version", lambda: "0.0")
    mapping._tool.cache_clear()
    yield FakeYosys().install(monkeypatch)
    mapping._tool.cache_clear()


def synth(capsys: Capture, *options: str, code: int = 0) -> Any:
    assert main(["synth", *SMALL, "--json", *options]) == code
    return json.loads(capsys.readouterr().out)


def error(capsys: Capture, *options: str) -> str:
    assert main(["synth", "--quiet", *options]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    return printed.err


def board_with(folder: Path, resource: str, amount: int) -> str:
    """Write the board vcu1525 with another amount of a resource, and return its path."""
    lines = (BOARDS / "vcu1525.toml").read_text().splitlines()
    changed = [f"{resource} = {amount}" if line.startswith(f"{resource} =") else line for line in lines]
    assert changed != lines
    (folder / "board.toml").write_text("\n".join(changed) + "\n")
    return str(folder / "board.toml")


def test_the_document_has_the_promised_keys(yosys: FakeYosys, capsys: Capture) -> None:
    document = synth(capsys)
    assert document.keys() == KEYS
    assert document["fits"] is True
    assert document["tool"] == "yosys 0.0 synth_xilinx -family xcup"
    assert document["design"]["array"]["rows"] == 2
    assert document["board"] == "vcu1525"
    assert document["covers"] == ["array", "sore", "wuve", "buffers"]
    assert document["missing"] == ["vector", "dma", "controller", "dram_controllers", "host_link"]
    assert document["modules"][0].keys() == {"name", "part", "count", *COUNTED}
    assert document["stages"][0].keys() == {"module", "start", "end", "delay_ns", "relative"}
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
    assert rows["heddle_array"][0] == "1"
    assert rows["heddle_sore_lane"][0] == "4"
    assert rows["board"][0] == "1,182,240"
    assert {"synthesised", "vector", "share", "fits"} <= rows.keys()
    assert "delay lines, by the bit" in tables
    assert "heddle_line_" not in tables
    relative = [float(line.split()[-1]) for line in stages.splitlines() if re.search(r"\d\.\d\d\s*$", line)]
    assert relative[0] == 1.0
    assert relative == sorted(relative, reverse=True)
    assert "vector, dma, controller, dram_controllers, host_link have no RTL" in printed.err + printed.out


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
        "vivado/heddle_array.v",
        "vivado/heddle_uspe.v",
        "vivado/manifest.json",
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

    def synthesise(design: Design, board: Board, optimizer: str, workers: int, progress: Any) -> Synthesis:
        asked.append((design.sparsity.n, design.sparsity.m, board.name, optimizer, workers))
        return NOTHING_FOUND

    monkeypatch.setattr(synth_module, "synthesise", synthesise)
    options = ["--sparsity", "1:2", "--optimizer", "adam", "--workers", "3", "--board", "alveo-u250"]
    document = synth(capsys, *options)
    assert asked == [(1, 2, "alveo-u250", "adam", 3)]
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
    assert top == "heddle_array"
    assert "module heddle_uspe(" in text
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
    FakeYosys(failing="heddle_uspe").install(monkeypatch)
    message = error(capsys, *SMALL, "--out", str(tmp_path / "run"))
    assert message.startswith("heddle: error: yosys failed: as asked (log: ")
    assert message.count("\n") == 1
    assert Path(message.rpartition("log: ")[2].rstrip(")\n")).is_file()
    assert not (tmp_path / "run" / "synth.json").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
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


def vivado(capsys: Capture, out: Path, *options: str, code: int = 0) -> Any:
    return synth(capsys, "--tool", "vivado", "--out", str(out), *options, code=code)


def test_vivado_s_reports_become_the_document(monkeypatch: pytest.MonkeyPatch, capsys: Capture, tmp_path: Path) -> None:
    put_on_path(monkeypatch, tmp_path / "bin", WRITE_REPORTS)
    out = tmp_path / "run"
    document = vivado(capsys, out)
    assert {name: document[name] for name in COUNTED} == {
        "lut": 101234,
        "lut_as_memory": 4122,
        "ff": 88018,
        "dsp": 512,
        "bram36": 98.5,
        "uram": 12,
    }
    assert document["fits"] is True
    assert document["tool"].startswith("Vivado v.2021.2")
    assert document["covers"] == ["array"]
    assert document["missing"][:3] == ["sore", "wuve", "buffers"]
    assert document["estimated"].keys() == {*document["missing"]}
    assert document["timing"]["met"] is False
    assert document["timing"]["setup"]["worst_ns"] == -0.321
    assert document["power"][0]["total_w"] == 12.718
    assert document["modules"] == [
        {"name": "heddle_array", "part": "array", "count": 1, **{name: document[name] for name in COUNTED}}
    ]
    assert [entry["module"] for entry in document["hierarchy"]][1:3] == ["(top)", "heddle_uspe"]
    assert document["unread"] == []
    assert json.loads((out / "synth.json").read_text()) == document


def test_vivado_s_figures_are_a_table_for_a_person(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture, tmp_path: Path
) -> None:
    put_on_path(monkeypatch, tmp_path / "bin", WRITE_REPORTS)
    assert main(["synth", *SMALL, "--tool", "vivado", "--out", str(tmp_path / "run")]) == 0
    printed = capsys.readouterr()
    assert "101,234" in printed.out
    assert "timing NOT met, worst setup slack -0.321 ns" in printed.out
    assert "the core alone was run; sore, wuve, buffers, vector, dma" in printed.out + printed.err


def test_a_core_that_does_not_fit_by_vivado_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture, tmp_path: Path
) -> None:
    put_on_path(monkeypatch, tmp_path / "bin", WRITE_REPORTS)
    assert vivado(capsys, tmp_path / "run", "--board", board_with(tmp_path, "lut", 101_000), code=1)["fits"] is False


def test_reports_that_cannot_be_read_are_told_and_their_figures_are_unknown(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture, tmp_path: Path
) -> None:
    nothing = f"""
    for name in {REPORT_NAMES!r}:
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text("nothing\\n")
    """
    put_on_path(monkeypatch, tmp_path / "bin", nothing)
    document = vivado(capsys, tmp_path / "run")
    assert document["fits"] is None
    assert document["lut"] is None
    assert document["timing"] is None
    assert document["modules"] == []
    assert len(document["unread"]) == len(REPORT_NAMES)
    assert main(["synth", *SMALL, "--tool", "vivado", "--out", str(tmp_path / "run")]) == 0
    printed = capsys.readouterr()
    assert "timing not known" in printed.out
    assert "not read" in printed.out
    assert "is no Vivado report" in printed.out + printed.err


def test_without_vivado_the_remedy_is_told_and_the_project_is_there_to_be_taken_elsewhere(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    out = tmp_path / "run"
    message = error(capsys, *SMALL, "--tool", "vivado", "--out", str(out))
    assert message.startswith(
        f"heddle: error: vivado is not on PATH (source its settings64.sh; or copy {out}/vivado to"
    )
    assert message.count("\n") == 1
    assert {path.name for path in (out / "vivado").iterdir()} == {
        "heddle.tcl",
        "heddle.xdc",
        "heddle_array.v",
        "heddle_uspe.v",
        "manifest.json",
    }
    assert not (out / "synth.json").exists()


def test_a_vivado_that_fails_is_one_line_with_its_step(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture, tmp_path: Path
) -> None:
    put_on_path(
        monkeypatch,
        tmp_path / "bin",
        'say("HEDDLE STEP 2/8 synth_design"); say("ERROR: [Synth 8-439] no such module"); sys.exit(1)',
    )
    out = tmp_path / "run"
    assert error(capsys, *SMALL, "--tool", "vivado", "--out", str(out)) == (
        f"heddle: error: {out}/vivado: Vivado failed in step synth_design: [Synth 8-439] no such module (exit code 1) "
        f"(log: {out}/vivado/vivado.log)\n"
    )
    assert not (out / "synth.json").exists()
