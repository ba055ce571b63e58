"""``heddle compile``: a step as a program, and what is written of it."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from heddle.arch import nm
from heddle.arch.assembly import assemble
from heddle.arch.boards import load_board
from heddle.arch.design import SparsityConfig
from heddle.arch.design_io import load_design
from heddle.arch.errors import HeddleError
from heddle.arch.packed_file import PackedNetwork, write_packed
from heddle.arch.packed_layer import WEIGHT_PASSES, DenseOperand, LayerRecord, PackedLayer
from heddle.arch.program_file import read_program
from heddle.arch.run_dir import sha256_of
from heddle.cli.main import main
from heddle.dataflow.program.step_program import StepProgram, step_program
from heddle.dataflow.recipes import recipe_named
from heddle.dataflow.training import StepOptions
from heddle.dataflow.work import step_work
from heddle.dataflow.zoo import zoo_network
from heddle.reports.runs import program_files
from heddle.reports.runs.documents.program import ProgramDocument
from heddle.sim.program.operands import DrawnWeights
from tests.support.step_programs import unlike

Capture = pytest.CaptureFixture[str]

TINY = load_design("tiny")
COMMAND = ["compile", "--workload", "mlp", "--image-size", "8", "--batch", "2", "--design", "tiny"]


def test_the_folder_holds_the_program_its_listing_and_the_map_of_its_memory(tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "program"
    assert main([*COMMAND, "--out", str(out), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert sorted(document["files"]) == sorted(str(path) for path in out.iterdir())
    data = (out / "program.bin").read_bytes()
    program = read_program(data, TINY)
    assert document["instructions"] == len(program)
    assert document["program_bytes"] == len(data)
    lines = (out / "listing.txt").read_text().splitlines()
    assert assemble(lines) == program
    remarks = [line for line in lines if line.startswith("#")]
    assert remarks[0] == "# fc1.ff: 2 x 64 x 512, 2:4, os, 1 x 1 x 32 tiles (m x k x n)"
    assert [remark.split()[1] for remark in remarks] == [
        *("fc1.ff:", "fc2.ff:", "fc3.ff:", "fc3.bp0:", "fc3.wu:", "fc2.bp0:", "fc2.wu:", "fc1.wu:")
    ]
    in_file = json.loads((out / "memory.json").read_text())
    assert document == in_file | {"files": document["files"]}
    assert ProgramDocument.read(out / "memory.json").text() == (out / "memory.json").read_text()


def test_tensors_lie_one_behind_the_other_and_say_what_they_are(tmp_path: Path, capsys: Capture) -> None:
    assert main([*COMMAND, "--out", str(tmp_path), "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    tensors = {row["name"]: row for row in document["tensors"]}
    assert tensors["fc1.x"]["shape"] == [1, 1, 2, 64]
    weights, gradient = tensors["fc1.ff.weight"], tensors["fc1.wu.dw"]
    assert (weights["layout"], weights["format"], weights["sparsity"]) == ("weights", "fp16", "2:4")
    assert weights["shape"] == gradient["shape"] == [1, 64, 512]
    assert weights["bytes"] == 64 * 512
    assert tensors["fc3.ff.weight"]["sparsity"] == "dense"
    assert tensors["fc3.ff.weight"]["index_address"] is None
    assert (gradient["layout"], gradient["format"], gradient["bytes"]) == ("gradient", "fp32", 4 * 64 * 512)
    stretches = sorted(
        (row[address], row[address] + row[size])
        for row in tensors.values()
        for address, size in (("address", "bytes"), ("index_address", "index_bytes"))
        if row.get(address) is not None
    )
    assert all(end <= begin for (_, end), (begin, _) in pairwise(stretches))
    assert all(begin % 4096 == 0 for begin, _ in stretches)
    assert stretches[-1][1] <= document["memory_bytes"]


def test_what_has_no_program_is_counted_and_listed(tmp_path: Path, capsys: Capture) -> None:
    assert main([*COMMAND, "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr()
    note = "left out of the program, which the machine does not run yet: 4 vector operations, 3 weight updates"
    assert printed.err == f"heddle: note: {note}\n"
    document = json.loads((tmp_path / "memory.json").read_text())
    assert document["notes"] == [note]
    assert [row for row in document["left_out"] if row["layer"] == "relu1"] == [
        {"layer": "relu1", "pass": "ff", "kind": "vector operation"},
        {"layer": "relu1", "pass": "bp", "kind": "vector operation"},
    ]
    assert printed.out.splitlines()[0] == (
        "mlp, batch 2, bdwp 2:4 on tiny: 1,143 instructions, 19 tensors in 1,896,448 bytes of memory"
    )


def test_the_same_step_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert main([*COMMAND, "--out", str(tmp_path / name), "--quiet"]) == 0
    for path in (tmp_path / "a").iterdir():
        if path.name != "provenance.json":
            assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes(), path.name


def test_nothing_is_written_for_what_cannot_be_compiled(tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "program"
    for wrong in (["--recipe", "bdwp-wu"], ["--weight-kib", "1", "--rows", "64", "--output-kib", "1"]):
        assert main([*COMMAND, *wrong, "--out", str(out)]) == 2
        assert capsys.readouterr().err.count("\n") == 1
    assert not out.exists()


def mlp_program(batch: int) -> StepProgram:
    network = zoo_network("mlp", image_size=8)
    return step_program(
        step_work(network, recipe_named("bdwp"), TINY, load_board(TINY.board), StepOptions(batch=batch))
    )


def test_what_is_written_runs_and_gives_every_bit(tmp_path: Path) -> None:
    assert main([*COMMAND, "--seed", "5", "--out", str(tmp_path), "--quiet"]) == 0
    program = read_program((tmp_path / "program.bin").read_bytes(), TINY)
    image = np.fromfile(tmp_path / "memory.bin", np.uint8)
    document = json.loads((tmp_path / "memory.json").read_text())
    assert len(image) == document["memory_bytes"]
    assert document["image"] == {"file": "memory.bin", "seed": 5, "weights": None}
    assert unlike(mlp_program(2), program, image, 5, DrawnWeights(5, TINY.numbers.operand_format)) == []


def test_an_image_is_written_where_it_is_small_or_asked_for(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = tmp_path / "memory.bin"
    command = [*COMMAND, "--passes", "ff", "--out", str(tmp_path)]
    assert main([*command, "--json"]) == 0
    assert str(image) in json.loads(capsys.readouterr().out)["files"]
    assert main([*command, "--no-image"]) == 0
    assert not image.exists()
    assert "memory.bin" not in capsys.readouterr().err
    monkeypatch.setattr(program_files, "MOST_IMAGE_BYTES", 300_000)
    assert main(command) == 0
    assert not image.exists()
    note = "memory.bin is left out, which would have 368,640 bytes; --image writes it"
    assert f"heddle: note: {note}\n" in capsys.readouterr().err
    document = json.loads((tmp_path / "memory.json").read_text())
    assert document["image"] is None
    assert document["notes"][-1] == note
    assert main([*command, "--image"]) == 0
    assert image.stat().st_size == document["memory_bytes"]


def mlp_file(path: Path, drawn: DrawnWeights) -> Path:
    """The drawn weights of the network's layers, as a trained network is stored."""
    layers = []
    for each in mlp_program(2).program.passes[:3]:
        maps, kept = each.of_layer.maps, each.of_layer.pruning
        sparsity = None if kept.keep_n == kept.group_m else SparsityConfig(n=kept.keep_n, m=kept.group_m)
        record = LayerRecord(
            name=maps.layer.name,
            kind="linear",
            in_channels=maps.shape.in_channels,
            out_channels=maps.shape.out_channels,
            ff=sparsity,
            bp=sparsity,
        )
        operands = [
            DenseOperand(np.ascontiguousarray(right)) if sparsity is None else nm.pack(right, 2, 4, axis=1)
            for right in (drawn.kernel(maps, name).reshape(record.operand_shape(name)) for name in WEIGHT_PASSES)
        ]
        layers.append(PackedLayer(record, *operands))
    return write_packed(path, PackedNetwork(TINY.numbers.operand, tuple(layers)))


def test_trained_weights_stand_in_the_image_and_run(tmp_path: Path, capsys: Capture) -> None:
    drawn = DrawnWeights(9, TINY.numbers.operand_format)
    file, out = mlp_file(tmp_path / "mlp.safetensors", drawn), tmp_path / "program"
    assert main([*COMMAND, "--weights", str(file), "--out", str(out)]) == 0
    assert json.loads((out / "memory.json").read_text())["image"]["weights"] == str(file)
    assert json.loads((out / "provenance.json").read_text())["inputs"]["weights"] == sha256_of(file)
    program = read_program((out / "program.bin").read_bytes(), TINY)
    assert unlike(mlp_program(2), program, np.fromfile(out / "memory.bin", np.uint8), 0, drawn) == []
    capsys.readouterr()
    other = [*COMMAND, "--weights", str(file), "--out", str(tmp_path / "other")]
    assert main([*other, "--recipe", "dense"]) == 2
    assert capsys.readouterr().err == (
        f"heddle: error: {file}: layer 'fc1' is 2:4 in ff, and in the program it is dense; give the --recipe and "
        "--sparsity that it was trained with\n"
    )
    assert main([*other, "--no-image"]) == 2
    assert capsys.readouterr().err == (
        "heddle: error: --weights is for the memory's image, and --no-image leaves it out; give one of them\n"
    )
    assert not (tmp_path / "other").exists()


def test_a_program_alone_makes_no_report_and_the_line_says_what_would(tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "program"
    assert main([*COMMAND, "--passes", "ff", "--out", str(out), "--quiet"]) == 0
    capsys.readouterr()
    for folder, results in ((out, out / "step"), (tmp_path, tmp_path)):
        assert main(["report", str(folder)]) == 2
        assert capsys.readouterr().err == (
            f"heddle: error: {out}: holds a program of 'heddle compile', which no page shows; make some with: heddle "
            f"simulate --workload resnet18 --out {results}\n"
        )


def test_a_map_never_stands_beside_files_of_another_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert main([*COMMAND, "--passes", "ff", "--out", str(tmp_path), "--quiet"]) == 0
    held = (tmp_path / "memory.bin").read_bytes()

    def full_disk(path: Path, pieces: object) -> Path:
        raise HeddleError(f"{path}: cannot write the file: no space left on device")

    monkeypatch.setattr(program_files, "write_pieces", full_disk)
    assert main([*COMMAND, "--passes", "bp", "--out", str(tmp_path), "--quiet"]) == 2
    assert (tmp_path / "memory.bin").read_bytes() == held
    assert not (tmp_path / "memory.json").exists()


def test_a_dataflow_is_that_of_every_product(tmp_path: Path) -> None:
    assert main([*COMMAND, "--dataflow", "ws", "--passes", "ff", "--out", str(tmp_path), "--quiet"]) == 0
    remarks = [line for line in (tmp_path / "listing.txt").read_text().splitlines() if line.startswith("#")]
    assert len(remarks) == 3
    assert all(", ws, " in remark for remark in remarks)
