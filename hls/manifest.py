"""The manifest of emitted Verilog: for each block its ports, parameters and latencies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Literal

from pydantic import Field

from heddle.arch import timing
from heddle.arch.design import Design
from heddle.arch.document import Document
from heddle.hls.description import ModuleDescription


class PortEntry(Document):
    """A port of an emitted module; ``width`` in bits."""

    name: str
    direction: Literal["in", "out"]
    width: int


class ModuleEntry(Document):
    """A module: its latencies are in clocks, its ``parameters`` follow from the board besides the design (buffers')."""

    name: str
    ports: tuple[PortEntry, ...]
    latencies: dict[str, int]
    parameters: dict[str, Any]


class Manifest(Document):
    """``manifest.json`` beside emitted Verilog: what was written, and the design that it was made from.

    A stream's ports are ``NAME__payload``, ``NAME__valid``, ``NAME__ready``. Latencies are in clocks
    (``heddle.arch.timing`` for the array, the components' metadata for other modules); ``rst`` is synchronous and
    active high. ``left_out``: modules that there are not, and why the design has none.
    """

    top: str
    files: tuple[str, ...]
    design: Design
    array_latencies: dict[str, int]
    modules: tuple[ModuleEntry, ...]
    left_out: dict[str, str] = Field(default_factory=dict)


def manifest(
    design: Design,
    modules: Iterable[ModuleDescription],
    top: str,
    files: Iterable[str],
    left_out: Mapping[str, str] = MappingProxyType({}),
) -> Manifest:
    """Return the manifest of ``modules`` made from ``design``; ``files`` are what was written beside it."""
    return Manifest(
        top=top,
        files=tuple(sorted(files)),
        design=design,
        array_latencies=array_latencies(design),
        modules=tuple(_entry(module) for module in modules),
        left_out=dict(left_out),
    )


def _entry(module: ModuleDescription) -> ModuleEntry:
    ports = (PortEntry(name=port.name, direction=port.direction, width=port.width) for port in module.ports)
    return ModuleEntry(
        name=module.name,
        ports=tuple(ports),
        latencies=dict(module.latencies),
        parameters=dict(module.parameters),
    )


def array_latencies(design: Design) -> dict[str, int]:
    """Return the array's entries of the timing contract, in clocks."""
    array = design.array
    stages, cuts = (array.adder_stages, array.multiplier_stages), len(array.slr_cuts)
    return {
        "dispatch_cycles": timing.DISPATCH_CYCLES,
        "pe_latency": int(timing.pe_latency(*stages)),
        "array_hop_cycles": int(timing.array_hop_cycles(array.rows, array.cols, cuts)),
        "os_tail_cycles": int(timing.os_tail_cycles(array.rows, array.cols, cuts, array.interleave, *stages, 1)),
        "ws_tail_cycles": int(timing.ws_tail_cycles(array.rows, array.cols, cuts, *stages, 1)),
    }
