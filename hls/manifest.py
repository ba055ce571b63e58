"""The manifest of emitted Verilog: for each block its ports, parameters and latencies, as plain data for JSON."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from amaranth.lib import wiring

from heddle.arch import timing
from heddle.arch.design import Design
from heddle.hls.emit import Block, ports_of


def manifest(design: Design, blocks: Iterable[Block], top: str, files: Iterable[str]) -> dict[str, Any]:
    """Return the manifest of ``blocks`` made from ``design``; ``files`` are what was written beside it.

    A stream's ports are ``NAME__payload``, ``NAME__valid``, ``NAME__ready``. Latencies are in clocks
    (``heddle.arch.timing`` for the array, the component's own for lanes and buffers); ``rst`` is synchronous and
    active high. Parameters are what follows from the board besides the design: those of buffers.
    """
    return {
        "top": top,
        "files": sorted(files),
        "design": design.model_dump(mode="json"),
        "array_latencies": array_latencies(design),
        "modules": [
            {
                "name": block.name,
                "ports": [asdict(port) for port in ports_of(block.component)],
                "latencies": component_latencies(block.component),
                "parameters": component_parameters(block.component),
            }
            for block in blocks
        ],
    }


def component_latencies(component: wiring.Component) -> dict[str, int]:
    """Return the latencies that a component states: its attributes ``latency`` or ``NAME_latency``."""
    names = sorted(name for name in dir(component) if name == "latency" or name.endswith("_latency"))
    return {name: int(getattr(component, name)) for name in names if not name.startswith("_")}


def component_parameters(component: wiring.Component) -> dict[str, Any]:
    """Return what a component says it was made with: its attribute ``parameters``, where it has one."""
    return dict(getattr(component, "parameters", {}))


def array_latencies(design: Design) -> dict[str, int]:
    """Return the array's entries of the timing contract, in clocks."""
    array = design.array
    stages = (array.adder_stages, array.multiplier_stages)
    return {
        "dispatch_cycles": timing.DISPATCH_CYCLES,
        "pe_latency": int(timing.pe_latency(*stages)),
        "array_hop_cycles": int(timing.array_hop_cycles(array.rows, array.cols)),
        "os_tail_cycles": int(timing.os_tail_cycles(array.rows, array.cols, array.interleave, *stages, 1)),
        "ws_tail_cycles": int(timing.ws_tail_cycles(array.rows, array.cols, *stages, 1)),
    }
