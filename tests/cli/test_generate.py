"""``heddle generate``: Verilog and manifest of a design."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import pytest
from amaranth.hdl import Fragment
from amaranth.lib import wiring

from heddle.cli.main import main
from heddle.hls import emit as emit_module

Capture = pytest.CaptureFixture[str]


def elaborated(component: wiring.Component, name: str, platform: object) -> str:
    """Stands for RTLIL, which would take longest."""
    Fragment.get(component, platform)
    return name


def only_elaborate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emit_module, "rtlil_of", elaborated)
    monkeypatch.setattr(emit_module, "verilog_of", lambda name: f"module {name}(); endmodule")


def test_the_folder_holds_verilog_waivers_manifest_and_provenance(tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "rtl"
    assert main(["generate", "--design", "tiny", "--rows", "2", "--cols", "2", "--out", str(out), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["top"] == "heddle_array"
    assert sorted(document["files"]) == sorted(str(path) for path in out.iterdir())
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["design"]["array"]["rows"] == 2
    assert set(manifest["files"]) == {path.name for path in out.iterdir()} - {"manifest.json", "provenance.json"}
    for module in manifest["modules"]:
        assert f"module {module['name']}(" in (out / f"{module['name']}.v").read_text()


def test_the_sparsity_of_the_command_line_is_that_of_the_hardware(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only_elaborate(monkeypatch)
    assert main(["generate", "--design", "tiny", "--sparsity", "1:8", "--out", str(tmp_path)]) == 0
    array, *_ = json.loads((tmp_path / "manifest.json").read_text())["modules"]
    widths = {port["name"]: port["width"] for port in array["ports"]}
    assert widths["left__payload"] == 4 * 8 * 16


def test_the_latency_of_the_buffers_is_in_the_manifest_and_at_least_that_of_a_ram(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ["generate", "--design", "tiny", "--out", str(tmp_path), "--buffer-latency"]
    assert main([*command, "1"]) == 2
    assert "--buffer-latency" in capsys.readouterr().err
    only_elaborate(monkeypatch)
    assert main([*command, "5"]) == 0
    modules = {module["name"]: module for module in json.loads((tmp_path / "manifest.json").read_text())["modules"]}
    for part in ("activation", "weight", "output"):
        assert modules[f"heddle_buffer_{part}"]["latencies"] == {"read_latency": 5}
    assert modules["heddle_block_ram_72x512"]["latencies"] == {"read_latency": 2}


def test_a_machine_that_a_design_has_not_is_left_out_with_a_note(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    only_elaborate(monkeypatch)
    design = tmp_path / "three.toml"
    preset = resources.files("heddle.arch").joinpath("presets/tiny.toml").read_text()
    design.write_text(preset.replace("channels = 1", "channels = 3"))
    assert main(["generate", "--design", str(design), "--out", str(tmp_path / "rtl"), "--json"]) == 0
    printed = capsys.readouterr()
    why = "memory.channels = 3 is no power of two"
    assert f"heddle: note: heddle_accelerator is not written: {why}\n" in printed.err
    assert json.loads(printed.out)["left_out"] == {"heddle_accelerator": why}
    assert not (tmp_path / "rtl" / "heddle_accelerator.v").exists()


def test_an_idealised_design_is_refused_in_one_line_and_nothing_is_written(tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "rtl"
    assert main(["generate", "--design", "ideal-32x32", "--out", str(out)]) == 2
    assert capsys.readouterr().err == (
        "heddle: error: design 'ideal-32x32' has array.drain = direct, an idealisation without RTL (valid: chain)\n"
    )
    assert not out.exists()


def test_out_is_required(capsys: Capture) -> None:
    assert main(["generate", "--design", "tiny"]) == 2
    assert capsys.readouterr().err.startswith("heddle: error: generate: missing option '--out'")
