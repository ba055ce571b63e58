"""Delay lines by the bit: a line of W bits is W lines of one bit, of which one is synthesised.

The skew of a large array is made of more flip-flops than all the rest of its edges, in lines that differ in length
only. Mapped whole they take most of a synthesis' time, and the tool makes the same shift registers of every bit.
"""

from __future__ import annotations

import re
from dataclasses import replace

from heddle.hls.emit import emit
from heddle.hls.stream.delay import DelayLine
from heddle.hls.verilog import without_sources
from heddle.synth.yosys.sources import Hierarchy, VerilogModule, counted

_STAGE = re.compile(r"reg(?: \[(\d+):0\])? (stage_\d+|leaving) = \d+'[hd]0+;")
_WORDS = r"[\w\[\]:{}, ]+"
_LINE_OF_A_DELAY = re.compile(
    rf"(input|output|wire)\b{_WORDS};"
    rf"|\(\* init = \d+'[hd]0+ \*\)"
    rf"|always @\(posedge clk\)"
    rf"|(stage_\d+|leaving) <= {_WORDS};"
    rf"|assign {_WORDS}= {_WORDS};"
)


def cut_lines(design: Hierarchy) -> Hierarchy:
    """Return ``design`` with every delay line as so many lines of one bit; the wide module keeps its ports."""
    modules: dict[str, VerilogModule] = {}
    for name, module in design.modules.items():
        shape = line_shape(module)
        if shape is None:
            modules[name] = module
            continue
        width, cycles = shape
        bit = f"heddle_line_{cycles}"
        if bit not in modules:
            modules[bit] = VerilogModule(bit, without_sources(emit(DelayLine(1, cycles), bit)), ())
        modules[name] = replace(module, text=module.header, children=(bit,) * width)
    return counted(design.top, modules)


def line_shape(module: VerilogModule) -> tuple[int, int] | None:
    """Return bits and clocks of a module that is a delay line and nothing else; None for any other."""
    widths = []
    for line in map(str.strip, module.text.splitlines()[1:-1]):
        stage = _STAGE.fullmatch(line)
        if stage:
            widths.append(1 + int(stage[1] or 0))
        elif line and _LINE_OF_A_DELAY.fullmatch(line) is None:
            return None
    return (widths[0], len(widths)) if widths and len(set(widths)) == 1 else None
