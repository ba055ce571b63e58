"""``heddle synth`` on a terminal."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.table import Table

from heddle.arch.boards import Board
from heddle.arch.resources import RESOURCE_NAMES
from heddle.reports.runs.documents.synthesis import VivadoSynthesis, YosysSynthesis
from heddle.reports.units import percent
from heddle.synth.result import NOTHING, Synthesis, Usage
from heddle.synth.yosys.sources import shown_name

_HEADINGS = {
    "lut": "LUT",
    "lut_as_memory": "as memory",
    "ff": "FF",
    "dsp": "DSP",
    "bram36": "BRAM36",
    "uram": "URAM",
}
_MODELLED = ("lut", "ff", "dsp", "bram36", "uram")
_LINES = "heddle_line_"
_MOST_STAGES = 8


def module_table(found: Synthesis) -> Table:
    """Modules by part: how many, and what all of them take; delay lines of all lengths in one row."""
    table = _table(f"{found.design}, {found.tool}", "module", "number", *_HEADINGS.values())
    for part in found.covers:
        modules = [module for module in found.modules if module.part == part]
        table.add_row(part, "", *_cells(sum((module.total for module in modules), NOTHING)), style="bold")
        lines = [module for module in modules if module.name.startswith(_LINES)]
        for module in modules:
            if module not in lines:
                table.add_row(f"  {shown_name(module.name)}", f"{module.count:,}", *_cells(module.total))
        if lines:
            bits = sum(module.count for module in lines)
            table.add_row("  delay lines, by the bit", f"{bits:,}", *_cells(sum((m.total for m in lines), NOTHING)))
    return table


def model_table(found: Synthesis, document: YosysSynthesis) -> Table:
    """Each synthesised part, and behind every amount that of the resource model."""
    headings = (each for name in _MODELLED for each in (_HEADINGS[name], "model"))
    table = _table("By the resource model", "part", *headings)
    for part in found.covers:
        total = sum((module.total for module in found.modules if module.part == part), NOTHING)
        model = document.modelled[part]
        pairs = ((getattr(total, name), model[name]) for name in _MODELLED)
        table.add_row(part, *(_number(amount) for pair in pairs for amount in pair))
    return table


def total_table(found: Synthesis, document: YosysSynthesis, board: Board) -> Table:
    """What was synthesised, what is estimated beside it, and both against the board."""
    total, rest, have = found.total, document.estimated, board.resources
    table = _table(f"Against board {board.name}", "", *_HEADINGS.values())
    table.add_row("synthesised", *_cells(total))
    for name, amounts in rest.items():
        table.add_row(f"{name} (estimate)", *(f"{amounts[resource]:,}" for resource in RESOURCE_NAMES))
    both = {name: getattr(total, name) + sum(part[name] for part in rest.values()) for name in RESOURCE_NAMES}
    table.add_row("in all", *(_number(both[name]) for name in RESOURCE_NAMES), style="bold")
    table.add_row("board", *(f"{getattr(have, name):,}" for name in RESOURCE_NAMES))
    shares = (percent(both[name] / getattr(have, name)) if getattr(have, name) else "-" for name in RESOURCE_NAMES)
    table.add_row("share", *shares)
    table.caption = "fits" if document.fits else "does not fit"
    return table


def stage_table(found: Synthesis) -> Table:
    """The slowest stage of each module against the design's slowest."""
    table = _table("Stages, the slowest path of each module", "module")
    for heading in ("from", "to"):
        table.add_column(heading)
    table.add_column("relative", justify="right")
    for stage in found.stages[:_MOST_STAGES]:
        table.add_row(
            shown_name(stage.module), stage.start or "an input", stage.end or "an output", f"{stage.relative:.2f}"
        )
    return table


def fan_out_table(found: Synthesis) -> Table:
    """The largest fan-out of the array, and the next of other modules."""
    table = _table("Largest fan-out in the array", "module")
    table.add_column("net")
    table.add_column("inputs", justify="right")
    for net in found.fan_outs:
        table.add_row(shown_name(net.module), net.net, f"{net.loads:,}")
    return table


def flat_line(found: Synthesis, flat: Usage) -> str:
    """The array mapped flat against the sum over its modules."""
    array = sum((module.total for module in found.modules if module.part == "array"), NOTHING)
    ratios = [
        f"{_HEADINGS[name]} {getattr(array, name) / getattr(flat, name) - 1:+.1%}"
        for name in ("lut", "ff", "dsp")
        if getattr(flat, name)
    ]
    return f"the array's modules against the array mapped flat ({flat.lut:,} LUT, {flat.ff:,} FF): {', '.join(ratios)}"


def vivado_table(document: VivadoSynthesis, board: Board) -> Table:
    """What Vivado says of the core."""
    table = _table(f"The core by {document.tool}", "", *_HEADINGS.values())
    table.add_row("core", *(_number(getattr(document, name)) for name in RESOURCE_NAMES))
    table.add_row("board", *(f"{getattr(board.resources, name):,}" for name in RESOURCE_NAMES))
    timing = document.timing
    met = {True: "timing met", False: "timing NOT met", None: "timing not known"}[timing.met if timing else None]
    slack = timing.setup.worst_ns if timing else None
    if timing and not any(each.worst_ns is not None or each.endpoints for each in (timing.setup, timing.hold)):
        met = "no path timed"
    table.caption = met + (f", worst setup slack {slack:+.3f} ns" if slack is not None else "")
    return table


def _table(title: str, first: str, *numbers: str) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, caption_justify="left")
    table.add_column(first)
    for heading in numbers:
        table.add_column(heading, justify="right")
    return table


def _cells(usage: Usage) -> list[str]:
    return [_number(getattr(usage, name)) for name in RESOURCE_NAMES]


def _number(amount: float | None) -> str:
    if amount is None:
        return "not read"
    return f"{amount:,.1f}" if amount % 1 else f"{amount:,.0f}"
