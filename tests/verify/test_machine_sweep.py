"""The sweep of the whole machine: what its machines differ in; every byte of memory, and the clocks that it takes."""

from __future__ import annotations

import pytest

from heddle.hls.generate import check_accelerator
from heddle.verify.machine_sweep import PROGRAMS, Swept, machines, main, sweep_machine

MACHINES = machines()


def test_it_has_at_least_six_machines_and_three_hundred_programs() -> None:
    assert len(MACHINES) >= 6
    assert PROGRAMS * len(MACHINES) >= 300
    for design in MACHINES.values():
        check_accelerator(design)


def test_its_machines_differ_in_all_that_a_machine_is_built_by() -> None:
    designs = MACHINES.values()
    assert {design.array.dataflows for design in designs} == {("os", "ws"), ("os",), ("ws",)}
    assert {2, 4, 8, 16} <= {design.sparsity.m for design in designs}
    assert {1, 2, 4, 8} <= {design.buffers.group_ports for design in designs}
    assert {64, 128, 256} <= {design.memory.axi_bits for design in designs}
    assert {design.memory.channels for design in designs} == {1, 2, 4}
    assert {"fp16", "bf16"} == {design.numbers.operand for design in designs}
    assert {(3, 5), (1, 6), (5, 2)} <= {(design.array.rows, design.array.cols) for design in designs}


def assert_right(swept: Swept) -> None:
    """Every byte is right, and the simulated clocks are those of the RTL, most of them to the clock."""
    assert swept.failed == []
    assert max(swept.off) <= 0.03
    assert sum(each == 0 for each in swept.off) > len(swept.off) / 2
    for verdict in swept.verdicts:
        if verdict.sim_cycles is not None:
            assert verdict.array_sim_cycles == verdict.array_rtl_cycles, verdict.name


@pytest.mark.parametrize("name", MACHINES)
def test_every_byte_of_memory_agrees_and_the_clocks_do_within_their_bound(name: str) -> None:
    swept = sweep_machine(MACHINES[name])
    assert len(swept.verdicts) == PROGRAMS
    assert_right(swept)


def test_a_mistyped_machine_gives_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--machine", "2x2-ws-m2-g4"]) == 2
    printed = capsys.readouterr().err
    assert printed.startswith("heddle: ")
    assert "2x2-ws-m2-g8" in printed
    assert printed.count("\n") == 1


def test_a_sweep_of_no_programs_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--programs", "0"]) == 2
    assert capsys.readouterr().err == "heddle: --programs: 0 is out of range (valid: from 1 on)\n"
