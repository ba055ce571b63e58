"""The grid of PEs: each PE beside its neighbours, wires only but for a register between two dies."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from amaranth.hdl import Shape
from amaranth.lib.wiring import In
from samples import TINY
from stream_bench import resettable, simulate

from heddle.arch.design import Design
from heddle.arch.design_io import override
from heddle.hls.array.die_crossing import DieCrossing
from heddle.hls.array.grid import USPE_MODULE, Grid
from heddle.hls.array.links import ElementLinks
from heddle.hls.emit import emit
from heddle.synth.yosys.tool import run_yosys

ROWS, COLS = 2, 3
DESIGN = override(TINY, {"array.rows": ROWS, "array.cols": COLS})

Pins = dict[str, list[int | str]]


def grid_of(design: Design, folder: Path) -> dict[str, Any]:
    """The grid of a design as yosys reads it, the PE a black box."""
    ports = {"clk": In(1), "rst": In(1), **ElementLinks(design).ports}
    box = "".join(
        f"  {'input' if member.flow is In else 'output'} [{Shape.cast(member.shape).width - 1}:0] {name};\n"
        for name, member in ports.items()
    )
    names = ", ".join(ports)
    (folder / "pe.v").write_text(f"(* blackbox *)\nmodule {USPE_MODULE}({names});\n{box}endmodule\n")
    (folder / "grid.v").write_text(emit(Grid(design), "grid"))
    script = "read_verilog pe.v grid.v; hierarchy -top grid; proc; opt_clean; write_json grid.json"
    run_yosys(script, folder, "grid.log", ["grid.json"])
    module: dict[str, Any] = json.loads((folder / "grid.json").read_text())["modules"]["grid"]
    return module


@pytest.fixture(scope="module")
def netlist(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return grid_of(DESIGN, tmp_path_factory.mktemp("grid"))


def pins(netlist: dict[str, Any], row: int, col: int) -> Pins:
    connections: Pins = netlist["cells"][f"pe_{row}_{col}"]["connections"]
    return connections


def port(netlist: dict[str, Any], name: str) -> list[int | str]:
    bits: list[int | str] = netlist["ports"][name]["bits"]
    return bits


def test_the_grid_has_its_pes_and_no_other_cell(netlist: dict[str, Any]) -> None:
    assert {name: cell["type"] for name, cell in netlist["cells"].items()} == {
        f"pe_{row}_{col}": USPE_MODULE for row in range(ROWS) for col in range(COLS)
    }


def test_what_a_pe_sends_its_eastern_and_southern_neighbours_take(netlist: dict[str, Any]) -> None:
    for row in range(ROWS):
        for col in range(COLS):
            here = pins(netlist, row, col)
            if col + 1 < COLS:
                east = pins(netlist, row, col + 1)
                assert [here[f"{name}_east"] for name in ("en", "control", "group")] == [
                    east[name] for name in ("en", "control", "group")
                ]
            if row + 1 < ROWS:
                south = pins(netlist, row + 1, col)
                assert [here[f"{name}_south"] for name in ("weight", "partial", "sums")] == [
                    south[name] for name in ("weight", "partial", "sums")
                ]


def test_the_edges_feed_the_first_row_and_column(netlist: dict[str, Any]) -> None:
    for row in range(ROWS):
        first = pins(netlist, row, 0)
        for name in ("en", "control", "group"):
            assert first[name] == port(netlist, f"west__{row}__{name}")
    for col in range(COLS):
        first = pins(netlist, 0, col)
        for name in ("weight", "partial", "sums"):
            assert first[name] == port(netlist, f"north__{col}__{name}")


def test_the_last_row_s_sums_leave_south(netlist: dict[str, Any]) -> None:
    for col in range(COLS):
        assert pins(netlist, ROWS - 1, col)["sums_south"] == port(netlist, f"south__{col}")


def test_every_pe_has_the_clock_and_the_reset(netlist: dict[str, Any]) -> None:
    for row in range(ROWS):
        for col in range(COLS):
            connections = pins(netlist, row, col)
            assert connections["clk"] == port(netlist, "clk")
            assert connections["rst"] == port(netlist, "rst")


def test_every_input_of_a_pe_is_driven(netlist: dict[str, Any]) -> None:
    driven = {bit for entry in netlist["ports"].values() if entry["direction"] == "input" for bit in entry["bits"]}
    outputs = [name for name in pins(netlist, 0, 0) if name.endswith(("_east", "_south"))]
    for row in range(ROWS):
        for col in range(COLS):
            driven |= {bit for name in outputs for bit in pins(netlist, row, col)[name]}
    for row in range(ROWS):
        for col in range(COLS):
            for name, bits in pins(netlist, row, col).items():
                assert set(bits) <= driven, (row, col, name)


@pytest.mark.parametrize("row", [1, 2])
def test_between_two_dies_a_column_s_links_pass_a_crossing(row: int, tmp_path: Path) -> None:
    netlist = grid_of(override(DESIGN, {"array.rows": 3, "array.slr_cuts": [row]}), tmp_path)
    crossings = {name: cell["connections"] for name, cell in netlist["cells"].items() if cell["type"] != USPE_MODULE}
    assert sorted(crossings) == [f"cut{row}_{col}" for col in range(COLS)]
    for col in range(COLS):
        above, below, cut = pins(netlist, row - 1, col), pins(netlist, row, col), crossings[f"cut{row}_{col}"]
        for name in ("weight", "partial", "sums"):
            assert cut[f"north__{name}"] == above[f"{name}_south"]
            assert cut[f"south__{name}"] == below[name]


@pytest.mark.parametrize(("dataflows", "passed"), [(("os", "ws"), 1), (("os",), 1), (("ws",), 0)])
def test_a_crossing_is_a_clock_in_flip_flops_and_passes_the_partial_sums_that_there_are(
    dataflows: tuple[str, ...], passed: int
) -> None:
    crossing = DieCrossing(override(DESIGN, {"array.dataflows": dataflows}))
    design, reset = resettable(crossing)
    seen = []

    async def bench(ctx: Any) -> None:
        for clock in range(6):
            ctx.set(reset, clock == 3)
            for name, word in (("weight", clock), ("partial", 10 + clock), ("sums", 20 + clock)):
                ctx.set(getattr(crossing.north, name), word)
            seen.append([ctx.get(getattr(crossing.south, name)) for name in ("weight", "partial", "sums")])
            await ctx.tick()

    simulate(design, bench)
    assert seen == [[0, 0, 0], *([clock, passed * (10 + clock), 20 + clock] for clock in range(5))]
    assert 'shreg_extract = "no"' in emit(DieCrossing(DESIGN), "crossing")
