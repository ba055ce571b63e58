"""The cocotb test that the RTL simulator's process loads: all cases of one build, one after the other."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import cocotb
from cocotb.clock import Clock

from heddle.verify.bench.case_run import run_case
from heddle.verify.bench.variables import CASES_VARIABLE, FIRST_VARIABLE, OUTCOMES_VARIABLE
from heddle.verify.case_file import load_cases


@cocotb.test()
async def run_cases(dut: Any) -> None:
    """Run the cases in their order; each outcome is on disk before the next case starts."""
    cases = load_cases(Path(os.environ[CASES_VARIABLE]))[int(os.environ[FIRST_VARIABLE]) :]
    Clock(dut.clk, 2, unit="step").start()
    with Path(os.environ[OUTCOMES_VARIABLE]).open("a") as outcomes:
        for case in cases:
            outcome = await run_case(dut, case)
            outcomes.write(outcome.to_json() + "\n")
            outcomes.flush()
