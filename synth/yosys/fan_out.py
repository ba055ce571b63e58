"""How many inputs a net of the RTL drives, over all modules that it passes through.

yosys takes the RTL to gates of one bit, before it maps them: registers with their enables and resets, memories with an
enable a bit, choices by the bit. Mapping packs data into fewer LUTs, but the nets that a placer struggles with
(enables, resets, choices of whole words) drive what is counted here. Modules that stand many times are read once.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from heddle.arch.design import Design
from heddle.arch.scratch_folder import scratch_folder
from heddle.hls.generate import array_rtl
from heddle.synth.result import FanOut
from heddle.synth.yosys.cache import cached, keep, key_of, number_of, text_of
from heddle.synth.yosys.tool import run_yosys, yosys_version

_SCRIPT = (
    "read_verilog -sv fan_out.v; hierarchy -top {top}; proc; chformal -remove; delete t:$print t:$scopeinfo; opt; "
    "memory_collect; opt_clean; simplemap; opt_clean; write_json fan_out.json"
)
#: Inputs of cells that are clocks; the clock's tree is no net of the fabric.
_CLOCKS = frozenset({"C", "CLK", "RD_CLK", "WR_CLK"})
_CLOCK_PORT = "clk"
#: A name of the RTL: those of yosys begin with $ or are a number between underscores.
_NAMED = re.compile(r"[A-Za-z]\S*")


#: Nets that ``largest_of_the_array`` tells of.
MOST_NETS = 5


def largest_of_the_array(design: Design) -> tuple[FanOut, ...]:
    """Return the array's nets that drive the most, the largest first, one of each module, ``MOST_NETS`` at most.

    Of nets with a name in the RTL; a net that yosys made up follows from one of them. Raises HeddleError when yosys is
    missing or fails.
    """
    rtl = array_rtl(design)
    texts = list(rtl.verilog.values())
    key = key_of(f"{yosys_version()} {_SCRIPT}", "\n".join(texts))
    found = cached(key, _entries)
    if found is None:
        with scratch_folder("fan-out") as folder:
            found = _one_of_each_module(fan_outs(texts, rtl.top, folder))
        keep(key, [asdict(net) for net in found])
    return found


def _one_of_each_module(nets: Iterable[FanOut]) -> tuple[FanOut, ...]:
    largest: dict[str, FanOut] = {}
    for net in nets:
        if _NAMED.fullmatch(net.net):
            largest.setdefault(net.module, net)
    return tuple(largest.values())[:MOST_NETS]


def _entries(document: list[dict[str, object]]) -> tuple[FanOut, ...]:
    return tuple(FanOut(number_of(net["loads"]), text_of(net["module"]), text_of(net["net"])) for net in document)


def fan_outs(texts: Iterable[str], top: str, folder: Path) -> list[FanOut]:
    """Return the nets of Verilog ``texts`` below ``top`` with what each drives, the largest first, without the clock.

    Files go to ``folder``. Raises HeddleError when yosys is missing or fails.
    """
    (folder / "fan_out.v").write_text("\n".join(texts))
    run_yosys(_SCRIPT.format(top=top), folder, "fan_out.log", ["fan_out.json"])
    netlist = _Netlist(json.loads((folder / "fan_out.json").read_text())["modules"])
    found = [
        FanOut(loads, name, net) for name in netlist.below(top) for net, loads in netlist.own_nets(name, name == top)
    ]
    return sorted(found, reverse=True)


class _Netlist:
    """Modules as yosys writes them in JSON; a net is a number within its module."""

    def __init__(self, modules: Mapping[str, Any]) -> None:
        self._modules = modules
        self._loads: dict[str, Counter[int]] = {}

    def below(self, top: str) -> list[str]:
        """The modules that stand below ``top``, itself first."""
        found = [top]
        for name in found:
            types = {cell["type"] for cell in self._modules[name]["cells"].values()}
            found += [kind for kind in sorted(types) if kind in self._modules and kind not in found]
        return found

    def own_nets(self, module: str, is_top: bool) -> Iterable[tuple[str, int]]:
        """Yield the nets that end within a module, or all of the top's, by name with what they drive."""
        entry, loads = self._modules[module], self._of(module)
        ports = {bit for port in entry["ports"].values() for bit in port["bits"]}
        clocks = {bit for name, port in entry["ports"].items() if name == _CLOCK_PORT for bit in port["bits"]}
        shown = {bit for bit in loads if (is_top or bit not in ports) and bit not in clocks}
        names = _names(entry["netnames"])
        for bit in shown:
            yield names.get(bit, str(bit)), loads[bit]

    def _of(self, module: str) -> Counter[int]:
        if module not in self._loads:
            self._loads[module] = self._count(self._modules[module]["cells"].values())
        return self._loads[module]

    def _count(self, cells: Iterable[Mapping[str, Any]]) -> Counter[int]:
        loads: Counter[int] = Counter()
        for cell in cells:
            kind = cell["type"]
            for port, bits in cell["connections"].items():
                if kind in self._modules:
                    inner = self._of(kind)
                    below = self._modules[kind]["ports"][port]["bits"]
                    pairs = [(bit, inner[own]) for bit, own in zip(bits, below, strict=True)]
                elif cell["port_directions"][port] == "input" and port not in _CLOCKS:
                    pairs = [(bit, 1) for bit in bits]
                else:
                    pairs = []
                for bit, number in pairs:
                    if isinstance(bit, int) and number:
                        loads[bit] += number
        return loads


def _names(netnames: Mapping[str, Any]) -> dict[int, str]:
    """The name of each net, those of the RTL before those that yosys made up."""
    names: dict[int, str] = {}
    for name, entry in sorted(netnames.items(), key=lambda item: (item[1]["hide_name"], len(item[0]))):
        for place, bit in enumerate(entry["bits"]):
            if isinstance(bit, int):
                names.setdefault(bit, name if len(entry["bits"]) == 1 else f"{name}[{place}]")
    return names
