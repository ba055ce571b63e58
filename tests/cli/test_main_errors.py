"""What is wrong with a command line: one line on stderr, and exit code 2."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from heddle.cli.main import main

_COMPILE = ["compile", "--workload", "mlp", "--out", "/nowhere/program"]

BAD_COMMAND_LINES = {
    "an unknown verb": (
        ["simualte"],
        "unknown verb 'simualte'; did you mean 'simulate'? "
        "(valid: explore, simulate, schedule, compile, generate, verify, synth, report, train, schema, doctor)",
    ),
    "an option before any verb": (
        ["--versio"],
        "unknown option '--versio'; did you mean '--version'? (heddle --help lists the options)",
    ),
    "an unknown option": (
        ["simulate", "--workload", "mlp", "--rowz", "3"],
        "simulate: unknown option '--rowz'; did you mean '--rows'? (heddle simulate --help lists the options)",
    ),
    "an unknown option near a negative one": (
        ["simulate", "--workload", "mlp", "--no-pregenerat"],
        "simulate: unknown option '--no-pregenerat'; did you mean '--no-pregenerate'? "
        "(heddle simulate --help lists the options)",
    ),
    "a short option": (
        ["simulate", "-x"],
        "simulate: unknown option '-x' (heddle simulate --help lists the options)",
    ),
    "a missing option": (
        ["schedule"],
        "schedule: missing option '--workload': a network of the zoo (mlp, resnet9, resnet18, resnet50, vgg19, "
        "vit-small, mobilenetv2, bert-base) or a path to an .onnx file or a SCALE-Sim topology .csv "
        "(heddle schedule --help lists the options)",
    ),
    "a network without its option": (
        ["schedule", "resnet9"],
        "schedule: missing option '--workload': a network of the zoo (mlp, resnet9, resnet18, resnet50, vgg19, "
        "vit-small, mobilenetv2, bert-base) or a path to an .onnx file or a SCALE-Sim topology .csv; "
        "did you mean '--workload resnet9'? (heddle schedule --help lists the options)",
    ),
    "a misspelt network without its option": (
        ["simulate", "--design", "tiny", "--json", "resnet-18"],
        "simulate: missing option '--workload': a network of the zoo (mlp, resnet9, resnet18, resnet50, vgg19, "
        "vit-small, mobilenetv2, bert-base) or a path to an .onnx file or a SCALE-Sim topology .csv; "
        "did you mean '--workload resnet18'? (heddle simulate --help lists the options)",
    ),
    "a network's file without its option": (
        ["explore", "nets/net.onnx"],
        "explore: missing option '--workload': a network of the zoo (mlp, resnet9, resnet18, resnet50, vgg19, "
        "vit-small, mobilenetv2, bert-base) or a path to an .onnx file or a SCALE-Sim topology .csv; "
        "did you mean '--workload nets/net.onnx'? (heddle explore --help lists the options)",
    ),
    "a network that is the value of another option": (
        ["simulate", "--trace", "mlp"],
        "simulate: missing option '--workload': a network of the zoo (mlp, resnet9, resnet18, resnet50, vgg19, "
        "vit-small, mobilenetv2, bert-base) or a path to an .onnx file or a SCALE-Sim topology .csv "
        "(heddle simulate --help lists the options)",
    ),
    "a model without its option": (
        ["train", "mlp"],
        "train: missing option '--model': mlp, cnn-small, resnet9-small, resnet9, resnet18, vgg19, vit-tiny or "
        "vit-small; did you mean '--model mlp'? (heddle train --help lists the options)",
    ),
    "a design without its option": (
        ["generate", "tiny", "--out", "rtl"],
        "generate: got unexpected extra argument(s) (tiny); did you mean '--design tiny'? "
        "(heddle generate --help lists the options)",
    ),
    "a level without its option": (
        ["simulate", "--workload", "mlp", "engines"],
        "simulate: got unexpected extra argument(s) (engines); did you mean '--level engines'? "
        "(heddle simulate --help lists the options)",
    ),
    "a configuration of SCALE-Sim as a design": (
        ["simulate", "--workload", "mlp", "--design", "conf/scale.cfg"],
        "conf/scale.cfg: is a configuration of SCALE-Sim by its name, which is not read; give a .toml file or the "
        "name of a preset (valid: ideal-32x32, sat-vcu1525, small, tiny)",
    ),
    "an option without its value": (
        ["simulate", "--workload"],
        "simulate: option '--workload' requires an argument (heddle simulate --help lists the options)",
    ),
    "a word too many": (
        ["doctor", "now"],
        "doctor: got unexpected extra argument(s) (now) (heddle doctor --help lists the options)",
    ),
    "a batch that is no number": (
        ["simulate", "--workload", "mlp", "--batch", "many"],
        "simulate: --batch: must be a valid integer, got 'many' (heddle simulate --help lists the options)",
    ),
    "a batch of nothing": (
        ["simulate", "--workload", "mlp", "--batch", "0"],
        "--batch: 0 is out of range (valid: 1 to 1,048,576)",
    ),
    "a negative batch": (
        ["explore", "--workload", "mlp", "--batch", "-4"],
        "--batch: -4 is out of range (valid: 1 to 1,048,576)",
    ),
    "a batch beyond counting": (
        ["simulate", "--workload", "mlp", "--batch", "9" * 40],
        f"--batch: {'9' * 40} is out of range (valid: 1 to 1,048,576)",
    ),
    "a negative limit": (
        ["simulate", "--workload", "mlp", "--limit", "-1"],
        "--limit: -1 is out of range (valid: 0 or more)",
    ),
    "no workers": (
        ["explore", "--workload", "mlp", "--workers", "0"],
        "--workers: 0 is out of range (valid: 1 to 1,024)",
    ),
    "an unknown workload": (
        ["simulate", "--workload", "resnet-18"],
        "unknown workload 'resnet-18'; did you mean 'resnet18'? (valid: mlp, resnet9, resnet18, resnet50, vgg19, "
        "vit-small, mobilenetv2, bert-base, a path to a .onnx file, a path to a .csv file)",
    ),
    "a workload that is not there": (
        ["simulate", "--workload", "/nowhere/net.onnx"],
        "/nowhere/net.onnx: there is no such file (the folder /nowhere is missing or closed too)",
    ),
    "a size that the network has not": (
        ["simulate", "--workload", "bert-base", "--classes", "10"],
        "bert-base: it has no classes (valid: sequence_length)",
    ),
    "a size for a file": (
        ["simulate", "--workload", "net.csv", "--image-size", "64"],
        "--image-size: unknown network of the zoo 'net.csv' (valid: mlp, resnet9, resnet18, resnet50, "
        "vgg19, vit-small, mobilenetv2, bert-base)",
    ),
    "an unknown recipe": (
        ["simulate", "--workload", "mlp", "--recipe", "bdpw"],
        "unknown recipe 'bdpw'; did you mean 'bdwp'? "
        "(valid: dense, sr-ste, asp, random, mdgf-linear, mdgf-exponential, sdgf-stepwise, sdgf-geometric, sdgp, sdwp, "
        "bdwp, "
        "transposable, bi-mask, bdwp-wu, bdwp-wu-x)",
    ),
    "an unknown design": (
        ["simulate", "--workload", "mlp", "--design", "smal"],
        "unknown preset 'smal'; did you mean 'small'? (valid: ideal-32x32, sat-vcu1525, small, tiny)",
    ),
    "a design that is not there": (
        ["simulate", "--workload", "mlp", "--design", "/nowhere/mine.toml"],
        "/nowhere/mine.toml: no such file",
    ),
    "an unknown board": (
        ["explore", "--workload", "mlp", "--board", "vcu1552"],
        "unknown board 'vcu1552'; did you mean 'vcu1525'? (valid: alveo-u250, vcu1525)",
    ),
    "an unknown space": (
        ["explore", "--workload", "mlp", "--space", "defualt"],
        "unknown space 'defualt'; did you mean 'default'? (valid: default, small)",
    ),
    "an unknown objective": (
        ["explore", "--workload", "mlp", "--objectives", "time,luts"],
        "--objectives: unknown objective 'luts'; did you mean 'lut'? (valid: time, energy, lut, ff, dsp, bram36, uram)",
    ),
    "an objective twice": (
        ["explore", "--workload", "mlp", "--objectives", "time,time"],
        "--objectives: 'time' is named more than once",
    ),
    "a sparsity that is no N:M": (
        ["simulate", "--workload", "mlp", "--sparsity", "2/8"],
        "sparsity '2/8' is not of the form N:M, as in 2:8",
    ),
    "an unsupported M": (
        ["explore", "--workload", "mlp", "--sparsity", "2:8,2:6"],
        "sparsity 2:6: M = 6 is not supported; M is one of 2, 4, 8, 16, 32",
    ),
    "an unknown pass": (
        ["simulate", "--workload", "mlp", "--passes", "ff,pb"],
        "--passes: unknown pass 'pb'; did you mean 'bp'? (valid: ff, bp, wu, update)",
    ),
    "no pass": (
        ["simulate", "--workload", "mlp", "--passes", ""],
        "--passes: '' has an empty entry; give words with a comma between, as in a,b",
    ),
    "an unknown level": (
        ["simulate", "--workload", "mlp", "--level", "engine"],
        "--level: unknown level 'engine'; did you mean 'engines'? (valid: estimate, engines)",
    ),
    "an unknown figure to minimise": (
        ["schedule", "--workload", "mlp", "--minimise", "byte"],
        "--minimise: unknown figure to minimise 'byte'; did you mean 'bytes'? (valid: time, bytes, energy, edp)",
    ),
    "an unknown dataflow": (
        ["schedule", "--workload", "mlp", "--dataflow", "osx"],
        "--dataflow: unknown dataflow 'osx'; did you mean 'os'? (valid: auto, os, ws)",
    ),
    "an unknown optimizer": (
        ["simulate", "--workload", "mlp", "--optimizer", "adamw"],
        "--optimizer: unknown optimizer 'adamw'; did you mean 'adam'? (valid: sgd, adam)",
    ),
    "an array without rows": (
        ["simulate", "--workload", "mlp", "--rows", "0"],
        "--rows: 0 is out of range (valid: 1 to 512)",
    ),
    "a clock that stands still": (
        ["simulate", "--workload", "mlp", "--clock-mhz", "0"],
        "--clock-mhz: 0 is out of range (valid: 1 to 2,000)",
    ),
    "a buffer of nothing": (
        ["schedule", "--workload", "mlp", "--weight-kib", "0"],
        "--weight-kib: 0 is out of range (valid: 1 to 1,073,741,824)",
    ),
    "a verb that no other is like": (
        ["help"],
        "unknown verb 'help' "
        "(valid: explore, simulate, schedule, compile, generate, verify, synth, report, train, schema, doctor)",
    ),
    "a program without a folder": (
        ["compile", "--workload", "mlp"],
        "compile: missing option '--out': write program, listing, memory map and image there "
        "(heddle compile --help lists the options)",
    ),
    "a recipe without a program": (
        [*_COMPILE, "--recipe", "sdgp"],
        "recipe 'sdgp' prunes dy in bp, which has no program yet; take another recipe, or leave bp out of --passes "
        "(valid: dense, sr-ste, asp, random, mdgf-linear, mdgf-exponential, sdgf-stepwise, sdgf-geometric, sdwp, bdwp, "
        "transposable, bi-mask)",
    ),
    "weights that are pruned on load, in a program": (
        [*_COMPILE, "--no-pregenerate"],
        "--no-pregenerate prunes weights at every load, which has no program yet; leave it out: the update then writes "
        "packed weights",
    ),
    "a program without products": (
        [*_COMPILE, "--passes", "update"],
        "no product of mlp has a program in --passes update "
        "(valid: ff, bp, wu, where the network has convolutions, linear layers or products of two activations)",
    ),
    "a program that the memory does not hold": (
        [*_COMPILE, "--batch", "1048576", "--image-size", "100", "--passes", "ff", "--channels", "1"],
        "the program's tensors take 25,290,670,080 bytes, but the memory of the design has 17,179,869,184; "
        "take a smaller batch or fewer passes",
    ),
    "a program of which no buffer holds a tile": (
        [*_COMPILE, "--design", "tiny", "--rows", "16", "--cols", "16", "--output-kib", "1"],
        "fc1.ff: the smallest tile, 16 x 4 x 16 of 32 x 784 x 512 (m x k x n), takes activation 128, weight 72, output "
        "1024 bytes, which exceeds half the output buffer (512 bytes)",
    ),
    "an empty file of accuracies": (
        ["explore", "--workload", "mlp", "--accuracy", ""],
        "--accuracy: is empty; give the path of a file",
    ),
    "an empty folder name": (
        ["explore", "--workload", "mlp", "--out", ""],
        "--out: is empty; give the path of a folder",
    ),
    "an empty trace": (
        ["simulate", "--workload", "mlp", "--trace", ""],
        "--trace: is empty; give the path of a file",
    ),
    "the current folder as a trace": (
        ["simulate", "--workload", "mlp", "--trace", "."],
        ".: is a folder; give the path of a file",
    ),
    "a trace in a folder that is not there": (
        ["simulate", "--workload", "mlp", "--trace", "/nowhere/trace.json"],
        "/nowhere/trace.json: cannot write the file: there is no folder /nowhere",
    ),
    "a clock that is not finite": (
        ["simulate", "--workload", "mlp", "--clock-mhz", "nan"],
        "--clock-mhz: clock_hz: must be a finite number, got nan",
    ),
    "a port of no width that there is": (
        ["simulate", "--workload", "mlp", "--axi-bits", "100"],
        "--axi-bits: memory.axi_bits: must be 64, 128, 256, 512 or 1024, got 100",
    ),
    "more channels than the board": (
        ["simulate", "--workload", "mlp", "--channels", "8"],
        "design 'sat-vcu1525' uses 8 memory channels, but board 'vcu1525' has 4",
    ),
    "plots without a folder": (
        ["simulate", "--workload", "mlp", "--plots"],
        "--plots needs --out DIR, the folder to draw into",
    ),
    "a step beyond counting": (
        ["simulate", "--workload", "mlp", "--batch", "1048576", "--image-size", "65536"],
        "layer 'fc1' multiplies 1 x [1048576 x 4294967296] by [4294967296 x 512], which is more than 2^56 "
        "multiply-adds; lower --batch",
    ),
    "a step of an exploration beyond counting": (
        ["explore", "--workload", "mlp", "--batch", "1048576", "--image-size", "65536"],
        "layer 'fc1' multiplies 1 x [1048576 x 4294967296] by [4294967296 x 512], which is more than 2^56 "
        "multiply-adds; lower --batch",
    ),
}


@pytest.mark.parametrize(("arguments", "message"), BAD_COMMAND_LINES.values(), ids=BAD_COMMAND_LINES)
def test_bad_input_is_one_line_and_exit_code_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == f"heddle: error: {message}\n"


def test_a_design_that_does_not_fit_its_board_names_what_is_short(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "--workload", "mlp", "--rows", "256", "--cols", "256"]) == 2
    printed = capsys.readouterr()
    assert printed.err.startswith("heddle: error: design 'sat-vcu1525' does not fit board 'vcu1525': it needs ")
    assert printed.err.count("\n") == 1


@pytest.mark.parametrize("verb", ["simulate", "schedule", "compile", "explore"])
def test_out_must_not_be_a_file(verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    taken = tmp_path / "taken"
    taken.write_text("mine")
    assert main([verb, "--workload", "mlp", "--out", str(taken)]) == 2
    assert capsys.readouterr().err == (
        f"heddle: error: {taken}: is a file; a run needs a folder (give another path, or move the file)\n"
    )
    assert taken.read_text() == "mine"


@pytest.mark.parametrize("verb", ["simulate", "schedule", "compile", "explore"])
def test_out_must_be_text(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([verb, "--workload", "mlp", "--out", "/nowhere/\udcff"]) == 2
    assert capsys.readouterr().err == ("heddle: error: --out: '/nowhere/\\udcff' is not UTF-8; give another path\n")


ODD_WORDS = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=8)
OPTIONS = st.sampled_from(
    ["--workload", "--batch", "--recipe", "--sparsity", "--passes", "--design", "--rows", "--level", "--json"]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(ODD_WORDS, OPTIONS), max_size=5))
def test_whatever_is_typed_gives_a_result_or_one_line(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    code = main(["schedule", "--workload", "mlp", "--batch", "1", *words])
    printed = capsys.readouterr()
    assert code in (0, 2)
    if code == 2:
        assert printed.err.startswith("heddle: error: ")
        assert printed.err.count("\n") == 1
