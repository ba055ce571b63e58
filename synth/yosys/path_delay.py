"""The worst path of each mapped block, by yosys' static timing.

yosys knows Artix-7's arcs only, no routing, and of a DSP slice those of DSP48E1: a netlist for UltraScale+ has no path
through its slices. These times compare stages of one design and are no clock of any card.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from heddle.synth.yosys.tool import run_yosys

TIMED_CELLS = "read_verilog -lib -specify +/xilinx/cells_sim.v; read_verilog -lib +/xilinx/cells_xtra.v"
_SECTION = re.compile(r"^Latest arrival time in '\\?(.+?)' is (\d+):\n(.*?)(?=^Latest arrival|\Z)", re.M | re.S)
_END = re.compile(r"^\s+\d+ (\S+) \((FD|SRL|RAM|LD|DSP)\w+\.\w+\)", re.MULTILINE)
# The path is listed from its end: the net that its first register or memory drives stands before it.
_START = re.compile(r"\\(\S+).*\n *\d+ \S+ \((?:(?:FD|SRL|RAM)\w+\.\w+|DSP\w+\.CLK)->")
_DSP_SLICE = "a DSP slice"
_NUMBER, _NAMELESS = re.compile(r"_\d+_"), "a register without a name"


@dataclass(frozen=True)
class WorstPath:
    """The path that arrives last: when, in ns; the registers that it leaves (empty: an input) and ends in."""

    delay_ns: float
    start: str
    end: str


def worst_paths(folder: Path, netlist: str) -> dict[str, WorstPath]:
    """Return the worst path of each module of a mapped ``netlist`` in ``folder``, by the module's name.

    A module without a timed path is left out. Raises HeddleError as ``run_yosys`` does.
    """
    report = f"{netlist}.sta"
    run_yosys(f"{TIMED_CELLS}; read_verilog {netlist}; tee -q -o {report} sta", folder, f"{netlist}.sta.log", [report])
    return read_timing((folder / report).read_text(), _registers((folder / netlist).read_text()))


def read_timing(report: str, registers: Mapping[str, str]) -> dict[str, WorstPath]:
    """Return the worst paths of a report; ``registers`` has what each register cell drives, by the cell's name."""
    paths = {}
    for module, picoseconds, path in _SECTION.findall(report):
        start, end = _START.search(path), _END.search(path)
        begins = _start_name(start[1]) if start else ""
        paths[module] = WorstPath(int(picoseconds) / 1000, begins, _end_name(end, registers) if end else "")
    return paths


def _start_name(net: str) -> str:
    """The register that drives ``net``, which has no name of the RTL where the tool gave it a number."""
    return _NAMELESS if _NUMBER.fullmatch(net) else plain(net)


def _end_name(end: re.Match[str], registers: Mapping[str, str]) -> str:
    """What the register drives that a path ends in; a register within a DSP slice drives nothing that has a name."""
    return _DSP_SLICE if end[2] == "DSP" else registers.get(end[1].removeprefix("\\"), "")


def plain(net: str) -> str:
    """Return a net's name without what the tool appended to it."""
    return net.partition(".$")[0]


_REGISTER = re.compile(r"^  (?:FD\w+|SRL\w+) (?:#\(.*?\) )?(\S+) \(\n(.*?)^  \);", re.MULTILINE | re.DOTALL)
_OUTPUT = re.compile(r"\.Q\(\\?([^\s()\[]+)")


def _registers(netlist: str) -> dict[str, str]:
    """What each register of a netlist drives, by the cell's name; nets that the tool named are left out."""
    driven = {}
    for cell, pins in _REGISTER.findall(netlist):
        output = _OUTPUT.search(pins)
        if output and not output[1].startswith("_"):
            driven[cell] = plain(output[1])
    return driven
