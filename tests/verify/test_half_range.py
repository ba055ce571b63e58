"""Products whose counts pass half of their counters' range: what they tell the array, and what the bench reaches."""

from __future__ import annotations

import re

import pytest

from heddle.arch.boards import load_board
from heddle.arch.command_rules import Refusal, refusal_of
from heddle.arch.design import Dataflow
from heddle.arch.isa import ArrayCommand
from heddle.hls.generate import array_rtl
from heddle.verify import verilator
from heddle.verify.half_range import JUMPING_REGISTERS, half_range_case
from heddle.verify.sweep import BUILDS

MACHINES = ("2x2-os+ws-m4-i1-l1-p0-fp16", "1x4-os+ws-m4-i4-l3-p1-fp16", "2x2-os+ws-m32-i64-l3-p1-fp16")


@pytest.mark.parametrize("dataflow", ["os", "ws"])
@pytest.mark.parametrize("name", MACHINES)
def test_every_count_of_its_command_is_beyond_half_and_the_array_takes_it(name: str, dataflow: Dataflow) -> None:
    design = BUILDS[name].design()
    case = half_range_case(design, dataflow, load_board(design.board), seed=0)
    (word,) = case.inputs[0].words
    command = ArrayCommand.from_bytes(word.tobytes())
    assert command.length > 1 << 23
    assert command.tiles > 1 << 23
    assert command.interval > 1 << 31
    assert dataflow == "ws" or command.settle == (1 << 24) - 1
    assert refusal_of(command, design.array, design.sparsity.m) is Refusal.NONE
    assert case.sim_cycles is not None
    assert case.sim_cycles < 20_000


def test_the_bench_reaches_the_registers_that_jump() -> None:
    rtl = array_rtl(BUILDS[MACHINES[0]].design())
    control, text = verilator._reachable(rtl), "".join(rtl.verilog.values())
    for module, name in JUMPING_REGISTERS:
        assert f'public_flat_rw -module "heddle_array_{module}" -var "{name}"' in control
        (body,) = re.findall(rf"^module heddle_array_{module}\(.*?^endmodule", text, re.MULTILINE | re.DOTALL)
        assert re.search(rf"^ *reg [^;=]*\b{name}\b", body, re.MULTILINE)
