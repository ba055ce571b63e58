"""Tables of docs/hls.md and docs/arch.md on the longest paths of blocks, and the clocks that follow from them."""

from __future__ import annotations

import numpy as np

from benchmarks.docs_tables.pages import Table, table
from benchmarks.timed_blocks import CHECKS, depths
from heddle.arch.block_paths import MEASURED_INTERLEAVE, MEASURED_M, block_paths_ns, pe_path_ns
from heddle.arch.boards import load_board
from heddle.arch.calibration.block_timing import PeKind, block_timing, pe_timing
from heddle.arch.coefficients import ROUTED_DELAY
from heddle.arch.design import GROUP_SIZES
from heddle.arch.design_io import load_design, preset_names
from heddle.arch.fit import is_idealised
from heddle.arch.formats import OPERANDS, operand_format
from heddle.arch.resource_inputs import ResourceInputs

_DATAFLOWS = ("os+ws", "ws")


def pe_paths() -> Table:
    """The longest path of a PE at M = 8, by operands, dataflows and depths."""
    adders = depths("adder_stages")
    rows = [
        [
            operand_format(operand),
            dataflows,
            multiplier,
            *(_ns(pe_path_ns(operand, dataflows, MEASURED_M, multiplier, a)) for a in adders),
        ]
        for operand in OPERANDS
        for dataflows in _DATAFLOWS
        for multiplier in depths("multiplier_stages")
    ]
    return table(
        (
            "operands",
            "dataflows",
            "multiplier stages",
            *(f"{stages} adder stage{'s' * (stages > 1)}" for stages in adders),
        ),
        rows,
    )


def group_paths() -> Table:
    """The longest path of a WS PE with the deepest adder, by multiplier stages and M."""
    sizes = [size for size in GROUP_SIZES if size >= MEASURED_M]
    adder = depths("adder_stages")[-1]
    rows = [
        [operand_format(operand), stages, *(_ns(pe_path_ns(operand, "ws", size, stages, adder)) for size in sizes)]
        for operand in OPERANDS
        for stages in depths("multiplier_stages")
        if stages
    ]
    return table(("operands", "multiplier stages", *(f"M = {size}" for size in sizes)), rows)


def checked_paths() -> Table:
    """PEs that a rule stands for: mapped, and by the rule."""
    rows = []
    for kind in (kind for kind in CHECKS if kind in pe_timing()):
        mapped, ruled = pe_timing()[kind].delay_ns, by_rule_ns(kind)
        rows.append([_named(kind), _ns(mapped), _ns(ruled), f"{ruled / mapped - 1:+.1%}"])
    return table(("PE", "mapped", "by rule", "difference"), rows)


def by_rule_ns(kind: PeKind) -> float:
    """Return the longest path of a PE as the rules give it, ns."""
    dataflows = "ws" if kind.dataflows == "ws" else "os+ws"
    return pe_path_ns(kind.operand, dataflows, kind.m, kind.multiplier_stages, kind.adder_stages)


def other_paths() -> Table:
    """The longest path of each block beside the PE."""
    rows = [
        [
            kind.block,
            _variant(kind.variant, kind.operand),
            _ns(path.delay_ns),
            path.start or "an input",
            path.end or "an output",
        ]
        for kind, path in block_timing().items()
    ]
    return table(("block", "which", "longest path", "from", "to"), rows)


def preset_clocks() -> Table:
    """The presets that are hardware: the slowest block, its path, the clock that the rule allows, and their own."""
    rows = []
    for design in map(load_design, preset_names()):
        if is_idealised(design):
            continue
        paths = {
            block: float(path)
            for block, path in block_paths_ns(ResourceInputs.of(design, load_board(design.board))).items()
        }
        slowest = max(paths, key=lambda block: paths[block])
        limit_hz = 1e9 / (paths[slowest] * ROUTED_DELAY.value)
        rows.append(
            [
                f"`{design.name}`",
                slowest,
                _ns(paths[slowest]),
                _mhz(limit_hz),
                _mhz(design.clock_hz),
                f"{design.clock_hz / limit_hz:.0%}",
            ]
        )
    return table(("preset", "slowest block", "its path", "clock by the rule", "its clock", "of the limit"), rows)


def _named(kind: PeKind) -> str:
    stages = f"{kind.multiplier_stages} + {kind.adder_stages} stages"
    told = [str(operand_format(kind.operand)), kind.dataflows, f"M = {kind.m}", stages]
    return ", ".join(told if kind.interleave == MEASURED_INTERLEAVE else [*told, f"I = {kind.interleave}"])


def _variant(variant: str, operand: str) -> str:
    return ", ".join(part for part in (variant, str(operand_format(operand)) if operand else "") if part)


def _ns(path_ns: float) -> str:
    return "not timed" if np.isnan(path_ns) else f"{path_ns:.2f} ns"


def _mhz(clock_hz: float) -> str:
    return f"{clock_hz / 1e6:.0f} MHz"
