"""Area and relative delays of a component by yosys: UltraScale+ cells, static timing of the mapped netlist.

yosys knows Artix-7's timing arcs only, none of a DSP slice, and no routing: its times balance stages and compare
variants, and are no clock of any card. It maps CARRY4 where an UltraScale+ slice has CARRY8.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from amaranth.lib import wiring

from heddle.arch.errors import HeddleError
from heddle.hls.emit import emit
from heddle.synth.yosys.cells import usage_of
from heddle.synth.yosys.path_delay import TIMED_CELLS, read_timing
from heddle.synth.yosys.slices import UltraScaleSlices
from heddle.synth.yosys.tool import run_yosys

_TOP = "top"
# An assertion's message is a cell of its own and would keep the assertion's logic alive.
_WITHOUT_ASSERTIONS = "chformal -remove; delete t:$print"

#: Over the rows of ``row``.
HEADINGS = (
    "| | LUT | LC | LUT as memory | FF | DSP | CARRY4 | worst path | from |\n|---|---|---|---|---|---|---|---|---|"
)


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
    bram36: float


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
        script = f"{TIMED_CELLS}; read_verilog {self.name}.net.v; {cut}tee -o {report} sta"
        run_yosys(script, self.folder, f"{report}.log", [report])
        path = read_timing((self.folder / report).read_text(), {}).get(_TOP)
        if path is None:
            raise HeddleError(f"{self.name}: yosys finds no timed path: {report} in {self.folder}")
        return WorstPath(round(path.delay_ns * 1000), path.start)


def row(name: str, netlist: Netlist) -> str:
    """Return a row of a Markdown table: area and worst path."""
    area, path = netlist.area, netlist.worst_path()
    cells = (area.lut, area.lc, area.lut_memory, area.ff, area.dsp, area.carry4)
    numbers = " | ".join(f"{count:,}" for count in cells)
    return f"| {name} | {numbers} | {path.arrival_ps / 1000:.2f} ns | {path.start or 'an input'} |"


def synthesise(component: wiring.Component, name: str, folder: Path, tied: Mapping[str, str] = {}) -> Netlist:
    """Map ``component`` to UltraScale+ cells. ``tied`` nets (flattened names) are held at a Verilog constant first."""
    (folder / f"{name}.v").write_text(emit(component, _TOP, UltraScaleSlices()))
    ties = "".join(f"connect -set {net} {constant}; " for net, constant in tied.items())
    run_yosys(
        f"read_verilog -sv {name}.v; hierarchy -top {_TOP}; proc; flatten; {_WITHOUT_ASSERTIONS}; "
        f"cd {_TOP}; {ties}cd ..; "
        f"synth_xilinx -family xcup -flatten -noiopad -noclkbuf -top {_TOP}; "
        f"tee -q -o {name}.json stat -tech xilinx -json; write_verilog {name}.net.v",
        folder,
        f"{name}.log",
        [f"{name}.json", f"{name}.net.v"],
    )
    (module,) = json.loads((folder / f"{name}.json").read_text())["modules"].values()
    return Netlist(folder, name, _area(module["num_cells_by_type"], int(module["estimated_num_lc"])))


def _area(counts: Mapping[str, int], lc: int) -> Area:
    usage = usage_of(counts, _TOP)
    return Area(
        lut=usage.lut - usage.lut_as_memory,
        lc=lc,
        lut_memory=usage.lut_as_memory,
        ff=usage.ff,
        dsp=usage.dsp,
        carry4=counts.get("CARRY4", 0),
        bram36=usage.bram36,
    )
