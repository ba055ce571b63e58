"""``python -m benchmarks.pe_area``: LUTs and worst path of the PE of sat-vcu1525 with 2 multiplier stages, as Markdown.

Counts are those of ``heddle synth`` (yosys, ``synth_xilinx -family xcup``), shift registers with the LUTs. Paths are of
a mapping for Artix-7, whose DSP slices have timing arcs, without routing: they are no clock of a card.
"""

from __future__ import annotations

from collections.abc import Iterator

from heddle.arch.design import Design
from heddle.arch.design_io import load_design
from heddle.hls.array.uspe import Uspe
from heddle.hls.emit import emit
from heddle.synth.yosys.cells import usage_of
from heddle.synth.yosys.mapping import WITH_DSP_ARCS, map_blocks
from heddle.synth.yosys.slices import UltraScaleSlices
from heddle.synth.yosys.sources import hierarchy

_TOP = "pe"
_HEADINGS = "| | LUT | LUT as memory | FF | DSP | worst path | from |\n|---|---|---|---|---|---|---|"


def variants() -> Iterator[tuple[str, Design]]:
    """Yield the PEs that differ most, by name."""
    base = load_design("sat-vcu1525")
    both = base.model_copy(update={"array": base.array.model_copy(update={"multiplier_stages": 2})})
    yield "OS and WS", both
    yield "WS only", both.model_copy(update={"array": both.array.model_copy(update={"dataflows": ("ws",)})})
    bf16 = both.numbers.model_copy(update={"operand": "bf16"})
    yield "OS and WS, BF16", both.model_copy(update={"numbers": bf16})


def row(name: str, design: Design) -> str:
    """Return a PE's row of the table."""
    modules = hierarchy(_TOP, [emit(Uspe(design), _TOP, UltraScaleSlices())])
    usage = usage_of(map_blocks(modules, 1)[_TOP].cells, _TOP)
    worst = map_blocks(modules, 1, family=WITH_DSP_ARCS)[_TOP].worst
    path = f"{worst.delay_ns:.2f} ns | {worst.start}" if worst else "|"
    return f"| {name} | {usage.lut:,} | {usage.lut_as_memory} | {usage.ff:,} | {usage.dsp} | {path} |"


def main() -> None:
    """Print the table."""
    print(_HEADINGS)
    for name, design in variants():
        print(row(name, design), flush=True)


if __name__ == "__main__":
    main()
