"""The array with its PEs in place: in Amaranth's simulator a module that is placed by its name is not there."""

from __future__ import annotations

import pytest
from amaranth.hdl import Module, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In

from heddle.hls.array.grid import Grid
from heddle.hls.array.links import element_ports
from heddle.hls.array.uspe import Uspe


def place_elements(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each Grid that is elaborated from now on contain its PEs."""
    monkeypatch.setattr(Grid, "_placed", _placed)


def _placed(grid: Grid, m: Module, name: str) -> wiring.PureInterface:
    links = wiring.PureInterface(grid._element, path=(name,))
    m.submodules[name] = element = Uspe(grid.design)
    for port, flow, value in element_ports(links):
        own = Value.cast(getattr(element, port))
        m.d.comb += own.eq(value) if flow is In else value.eq(own)
    return links
