"""Where a step's cycles go: by layer, by stage (a weighted layer with the vector work behind it) and by pass."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from heddle.sim.result import PassResult, StepResult

#: Parts of a stage: the array's three passes, what the vector unit and SORE stream, and exposed updates.
STAGE_PARTS = ("ff", "bp", "wu", "vector", "update")


@dataclass(frozen=True)
class LayerRow:
    """One layer of the network. ``cycles_by_pass`` has a key for each pass that the layer has."""

    layer: str
    cycles_by_pass: Mapping[str, float]
    cycles: float
    dram_bytes: int
    energy_j: float
    macs: int
    utilisation: float


@dataclass(frozen=True)
class Stage:
    """An array layer and the vector work up to the next one; cycles by STAGE_PARTS, utilisation by array pass."""

    layer: str
    cycles_by_part: Mapping[str, float]
    utilisation_by_pass: Mapping[str, float]

    @property
    def cycles(self) -> float:
        """Cycles of all parts."""
        return sum(self.cycles_by_part.values())


def layer_rows(result: StepResult) -> tuple[LayerRow, ...]:
    """Return one row a layer, in the network's order; their cycles sum to the step's."""
    elements = result.design.array.processing_elements
    return tuple(_layer_row(layer, items, elements) for layer, items in _by_layer(result).items())


def stages(result: StepResult) -> tuple[Stage, ...]:
    """Return the stages in the network's order; their cycles sum to the step's.

    Work ahead of the first array layer counts to that one. A step without array work has a stage a layer.
    """
    by_layer = _by_layer(result)
    has_array = any(item.on_array for item in result.passes)
    members: dict[str, list[PassResult]] = {}
    waiting: list[PassResult] = []
    current: str | None = None
    for layer, items in by_layer.items():
        if not has_array or any(item.on_array for item in items):
            current = layer
            members[layer] = [*waiting, *items]
            waiting = []
        elif current is None:
            waiting.extend(items)
        else:
            members[current].extend(items)
    return tuple(_stage(layer, items) for layer, items in members.items())


def cycles_by_engine(result: StepResult) -> dict[str, float]:
    """Return the step's cycles by "FF on the array" and the like, in a fixed order, empty ones left out."""
    names = [f"{name.upper()} on the array" for name in ("ff", "bp", "wu")]
    sums = dict.fromkeys([*names, "vector unit and SORE", "exposed weight update"], 0.0)
    for item in result.passes:
        sums[_engine_name(item)] += item.cycles
    return {name: cycles for name, cycles in sums.items() if cycles > 0}


def stall_cycles(result: StepResult) -> dict[str, float]:
    """Return the array's idle cycles by cause, over all passes, largest first, then by name: all of its idle time.

    While another part works (``heddle.sim.stalls.OTHER_WORK``) the array idles too. Nothing where no cause is known, as
    of an estimate.
    """
    sums: dict[str, float] = {}
    for item in result.passes:
        for cause, cycles in item.stall_cycles.items():
            sums[cause] = sums.get(cause, 0.0) + cycles
    if sums:
        for item in result.passes:
            if not item.on_array:
                part = "update" if item.engine == "update" else "vector"
                sums[part] = sums.get(part, 0.0) + item.cycles
    ordered = sorted(sums.items(), key=lambda pair: (-pair[1], pair[0]))
    return {cause: cycles for cause, cycles in ordered if cycles > 0}


def slowest(result: StepResult, limit: int) -> tuple[PassResult, ...]:
    """Return the ``limit`` passes that add most cycles to the step, the slowest first, ties in program order."""
    cycles = result.rows.spread(lambda item: item.cycles)
    least = np.sort(cycles)[-limit] if 0 < limit < len(cycles) else 0.0
    candidates = np.flatnonzero(cycles >= least)
    order = candidates[np.argsort(-cycles[candidates], kind="stable")]
    return tuple(result.rows[at] for at in order[:limit].tolist())


def _engine_name(item: PassResult) -> str:
    if item.on_array:
        return f"{item.pass_name.upper()} on the array"
    return "exposed weight update" if item.engine == "update" else "vector unit and SORE"


def _by_layer(result: StepResult) -> dict[str, list[PassResult]]:
    """Passes by layer, forward order. Without FF the program only runs backwards, so the order is turned."""
    passes: Iterable[PassResult] = result.passes
    if not any(item.pass_name == "ff" for item in result.passes):
        passes = reversed(result.passes)
    by_layer: dict[str, list[PassResult]] = {}
    for item in passes:
        by_layer.setdefault(item.layer, []).append(item)
    return by_layer


def _layer_row(layer: str, items: list[PassResult], processing_elements: int) -> LayerRow:
    by_pass: dict[str, float] = {}
    for item in items:
        by_pass[item.pass_name] = by_pass.get(item.pass_name, 0.0) + item.cycles
    cycles, macs = sum(by_pass.values()), sum(item.macs for item in items)
    return LayerRow(
        layer=layer,
        cycles_by_pass=by_pass,
        cycles=cycles,
        dram_bytes=sum(item.dram_bytes for item in items),
        energy_j=sum(item.energy_j for item in items),
        macs=macs,
        utilisation=macs / (cycles * processing_elements) if cycles else 0.0,
    )


def _stage(layer: str, items: list[PassResult]) -> Stage:
    parts = dict.fromkeys(STAGE_PARTS, 0.0)
    utilisation = {}
    for item in items:
        if item.on_array:
            parts[item.pass_name] += item.cycles
            utilisation[item.pass_name] = item.utilisation
        else:
            parts["update" if item.engine == "update" else "vector"] += item.cycles
    return Stage(layer, parts, utilisation)
