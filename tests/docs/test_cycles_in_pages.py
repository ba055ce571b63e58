"""The cycles of the cases that the pages show are those of today's simulators; the array's RTL's are equal to them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from benchmarks.documented.pages import all_documented
from heddle.arch.boards import load_board
from heddle.arch.design_io import load_design
from heddle.arch.sparsity import parse_sparsity
from heddle.dataflow.scheduler import schedule_products, with_dataflow
from heddle.sim.engines.array_cycles import array_cycles
from heddle.sim.program.timing import time_program
from heddle.verify.machine_suite import MachineSelection, machine_suite
from heddle.verify.operands import Extents
from heddle.verify.product_cases import ProductRun

ROW = re.compile(r"\S*?(\d+)x(\d+)x(\d+)-(\d+:\d+)-(os|ws)-\S+ +equal +([\d,]+) +([\d,]+) +passed")


#: Of the whole machine: its clocks, and the simulator's.
MACHINE_ROW = re.compile(r"((\d+)x(\d+)x(\d+)-\S+) +equal +([\d,]+) +([\d,]+) .* passed")
_MACHINE = "--top accelerator"


def rows(of_machine: bool) -> Iterator[tuple[str, str]]:
    """Each row of a case, of the array or of the whole machine, with the design that its command names."""
    for shown in all_documented():
        if shown.command.startswith("heddle verify ") and (_MACHINE in shown.command) == of_machine:
            for line in shown.output:
                if line.endswith(" passed"):
                    yield shown.command.partition("--design ")[2].partition(" ")[0], line.strip()


@pytest.mark.parametrize(("preset", "row"), sorted(set(rows(of_machine=False))))
def test_the_cycles_are_today_s(preset: str, row: str) -> None:
    found = ROW.fullmatch(row)
    assert found is not None
    m, k, n, sparsity, dataflow, *shown = found.groups()
    design = load_design(preset)
    board = load_board(design.board)
    run = ProductRun(Extents(int(m), int(k), int(n)), parse_sparsity(sparsity))
    (schedule,) = schedule_products((run.product,), with_dataflow(design, dataflow), board)
    assert schedule is not None
    assert shown == [f"{array_cycles(schedule, design, board):,.0f}"] * 2


def test_the_clocks_of_products_on_the_whole_machine_are_today_s() -> None:
    """Those of a program that was compiled into a folder have no row here: it takes minutes to make."""
    shown = [(preset, row) for preset, row in rows(of_machine=True) if preset]
    assert shown
    for preset, row in shown:
        found = MACHINE_ROW.fullmatch(row)
        assert found is not None
        name, m, k, n, _, clocks = found.groups()
        design = load_design(preset)
        selection = MachineSelection(gemm=Extents(int(m), int(k), int(n)), case=name)
        (case,) = machine_suite(selection, design, load_board(design.board)).cases
        prepared = case.prepared(design, load_board(design.board))
        assert clocks == f"{time_program(prepared.words, design, case.timing).cycles:,}", name
