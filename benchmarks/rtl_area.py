"""LUTs, registers and DSP slices of the RTL's parts, their worst paths, and what each feature of a PE costs.

``python -m benchmarks.rtl_area [--only pe|units|lanes]`` prints Markdown tables, by yosys (``synth_xilinx -family
xcup``) and its static timing; ``benchmarks.yosys`` says what those numbers are worth.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.yosys import HEADINGS, Netlist, row, synthesise
from heddle.arch.design import Design
from heddle.arch.design_io import load_design
from heddle.arch.formats import BF16, FP16
from heddle.hls.array.uspe import Uspe
from heddle.hls.fp.accumulator import CUTS as ACCUMULATOR_CUTS
from heddle.hls.fp.accumulator import Accumulator
from heddle.hls.fp.adder import CUTS, Adder
from heddle.hls.fp.multiplier import Multiplier
from heddle.hls.fp.recode import Recoder
from heddle.hls.lanes.sore import SoreLane
from heddle.hls.lanes.wuve import UPDATE_RULES, Wuve

BASE = "sat-vcu1525"
_OS, _WS, _TINY_GROUP = "OS only", "WS only", "M = 2"
_NO_ADDER_SPECIALS, _NO_PRODUCT_INFINITY, _NO_LIMIT = "tied: adder", "tied: product", "tied: normalise"
_LOW, _HIGH = "1'b0", "1'b1"


@dataclass(frozen=True)
class Variant:
    """A PE that differs from that of ``BASE``: fields of its array, M, operand format, nets held at a constant."""

    name: str
    array: Mapping[str, object] = field(default_factory=dict)
    m: int = 8
    operand: str = "fp16"
    tied: Mapping[str, str] = field(default_factory=dict)

    def design(self) -> Design:
        """Return the machine that has this PE."""
        base = load_design(BASE)
        changed = {
            "array": base.array.model_copy(update=dict(self.array)),
            "sparsity": base.sparsity.model_copy(update={"m": self.m}),
            "numbers": base.numbers.model_copy(update={"operand": self.operand}),
        }
        return base.model_copy(update=changed)


VARIANTS = (
    Variant(BASE),
    Variant(_TINY_GROUP, m=2),
    *(Variant(f"M = {m}", m=m) for m in (4, 16, 32)),
    *(Variant(f"I = {count}", {"interleave": count}) for count in (5, 16)),
    *(Variant(f"{stages} adder stages", {"adder_stages": stages}) for stages in (1, 2, 3, 4, 6)),
    *(Variant(f"{stages} multiplier stages", {"multiplier_stages": stages}) for stages in (0, 2, 3)),
    Variant(_OS, {"dataflows": ("os",)}),
    Variant(_WS, {"dataflows": ("ws",)}),
    Variant("BF16", operand="bf16"),
    Variant(_NO_ADDER_SPECIALS, tied={r"\adder.measured_nan": _LOW, r"\adder.added_infinite": _LOW}),
    Variant(_NO_PRODUCT_INFINITY, tied={r"\multiplier.multiplied_infinite": _LOW}),
    Variant(_NO_LIMIT, tied={r"\adder.beyond_16": _HIGH}),
)

#: What a feature costs: the variant that has it, the one that does not.
FEATURES = (
    ("selection of one of 8 rather than of 2, group register", BASE, _TINY_GROUP),
    ("WS beside OS", BASE, _OS),
    ("OS beside WS: ring, drain chain, partial-sum chain", BASE, _WS),
    ("I = 8 rather than 5, no longer than the adder", BASE, "I = 5"),
    ("I = 16 rather than 8", "I = 16", BASE),
    ("BF16 operands rather than FP16: products round among FP32's subnormals", "BF16", BASE),
    ("infinities and NaNs in the adder", BASE, _NO_ADDER_SPECIALS),
    ("infinities in the multiplier", BASE, _NO_PRODUCT_INFINITY),
    ("subnormal sums: the exponent limits normalisation", BASE, _NO_LIMIT),
)


def print_pe(folder: Path) -> None:
    """The PE and its variants, then differences."""
    print(f"### The PE of {BASE}, and that PE but for one parameter\n\n{HEADINGS}")
    made: dict[str, Netlist] = {}
    for number, variant in enumerate(VARIANTS):
        made[variant.name] = synthesise(Uspe(variant.design()), f"pe{number}", folder, variant.tied)
        if not variant.tied:
            print(row(variant.name, made[variant.name]), flush=True)
    print("\n### What a feature costs a PE\n\n| feature | LUT | LC | LUT as memory | FF |\n|---|---|---|---|---|")
    for feature, having, lacking in FEATURES:
        with_it, without = made[having].area, made[lacking].area
        pairs = (
            (with_it.lut, without.lut),
            (with_it.lc, without.lc),
            (with_it.lut_memory, without.lut_memory),
            (with_it.ff, without.ff),
        )
        print(f"| {feature} | {' | '.join(f'{a - b:+d}' for a, b in pairs)} |")


def print_units(folder: Path) -> None:
    """The floating-point units by depth, and the stages of the adders."""
    print(f"\n### Floating-point units\n\n{HEADINGS}")
    adders = {stages: synthesise(Adder(stages=stages), f"adder{stages}", folder) for stages in CUTS}
    for stages, netlist in adders.items():
        print(row(f"adder, {stages} stages", netlist), flush=True)
    for label, operand in (("FP16", FP16), ("BF16", BF16)):
        for stages in ACCUMULATOR_CUTS:
            netlist = synthesise(Accumulator(operand, stages), f"accumulator{label}{stages}", folder)
            print(row(f"{label} accumulator, {stages} stages", netlist), flush=True)
        for stages in range(4):
            netlist = synthesise(Multiplier(operand, stages), f"multiplier{label}{stages}", folder)
            print(row(f"{label} multiplier, {stages} stages", netlist), flush=True)
        print(row(f"{label} recoder", synthesise(Recoder(operand), f"recoder{label}", folder)), flush=True)
    print("\n### Stages of the adder: worst path into the registers of each\n")
    positions = CUTS[max(CUTS)]
    print(f"| stages | {' | '.join(positions)} |\n|---{'|---' * len(positions)}|")
    for stages, netlist in adders.items():
        delays = stage_delays(netlist, CUTS[stages])
        print(f"| {stages} | {' | '.join(delays.get(position, '') for position in positions)} |", flush=True)


def stage_delays(netlist: Netlist, cuts: tuple[str, ...]) -> dict[str, str]:
    """Return the worst path into each cut of an adder, from the cut before it or from the inputs."""
    delays: dict[str, str] = {}
    launch = None
    for position in cuts:
        capture = "sum" if position == cuts[-1] else f"{position}_*"
        delays[position] = f"{netlist.stage_path(launch, capture).arrival_ps / 1000:.2f} ns"
        launch = capture
    return delays


def print_lanes(folder: Path) -> None:
    """One SORE lane and one WUVE lane of each kind."""
    print(f"\n### Lanes\n\n{HEADINGS}")
    for n, m in ((1, 4), (2, 4), (1, 8), (2, 8), (4, 8), (2, 16)):
        print(row(f"SORE lane, {n}:{m}", synthesise(SoreLane(n, m), f"sore{n}_{m}", folder)), flush=True)
    for rule in UPDATE_RULES.values():
        lane = Wuve(rule)
        netlist = synthesise(lane, f"wuve_{rule.name}", folder)
        print(row(f"WUVE lane, {rule.name}, {lane.latency} clocks", netlist), flush=True)


PARTS: dict[str, Callable[[Path], None]] = {"pe": print_pe, "units": print_units, "lanes": print_lanes}


def main() -> None:
    """Print the tables of the parts that are named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=list(PARTS), help="which tables (default: all)")
    only = parser.parse_args().only
    with tempfile.TemporaryDirectory() as folder:
        for part in [only] if only else PARTS:
            PARTS[part](Path(folder))


if __name__ == "__main__":
    main()
