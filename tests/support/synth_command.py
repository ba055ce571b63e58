"""``heddle synth`` on a small design, for its tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from heddle.arch import boards as boards_module
from heddle.cli.main import main
from heddle.hls.emit import Block, Emitted, emit_block
from heddle.synth.result import Synthesis

Capture = pytest.CaptureFixture[str]

BOARDS = Path(boards_module.__file__).with_suffix("")
#: The preset tiny, smaller still, as it is emitted again and again.
SIZES = {"rows": 2, "cols": 2, "activation-kib": 1, "weight-kib": 1, "output-kib": 1}
SMALL = ["--design", "tiny", *(word for name, size in SIZES.items() for word in (f"--{name}", str(size)))]
COUNTED = {"lut", "lut_as_memory", "ff", "dsp", "bram36", "uram"}

NOTHING_FOUND = Synthesis(
    tool="yosys 0.0",
    design="d",
    board="b",
    modules=(),
    stages=(),
    fan_outs=(),
    covers=(),
    missing=("vector",),
    seconds=0.0,
)

_EMITTED: dict[str, Emitted] = {}


def once_emitted(block: Block) -> Emitted:
    """Return a block, emitted once for each name: all tests here are of the same design."""
    if block.name not in _EMITTED:
        _EMITTED[block.name] = emit_block(block)
    return _EMITTED[block.name]


def synth(capsys: Capture, *options: str, code: int = 0) -> Any:
    """Return the document that the verb prints."""
    assert main(["synth", *SMALL, "--json", *options]) == code
    return json.loads(capsys.readouterr().out)


def error(capsys: Capture, *options: str) -> str:
    """Return the one message of a command that is refused."""
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
