"""The cycles of the cases that the pages show are those of today's simulator; the RTL's are equal to them."""

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
from heddle.verify.operands import Extents
from heddle.verify.product_cases import ProductRun

ROW = re.compile(r"\S*?(\d+)x(\d+)x(\d+)-(\d+:\d+)-(os|ws)-\S+ +equal +([\d,]+) +([\d,]+) +passed")


def rows() -> Iterator[tuple[str, str]]:
    """Each row of a case, with the design that its command names."""
    for shown in all_documented():
        if shown.command.startswith("heddle verify "):
            for line in shown.output:
                if line.endswith(" passed"):
                    yield shown.command.partition("--design ")[2].partition(" ")[0], line.strip()


@pytest.mark.parametrize(("preset", "row"), sorted(set(rows())))
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
