"""Names of emitted modules, for those who need no component."""

from __future__ import annotations

from typing import Literal, get_args

#: What is verified or synthesised: the array beside lanes and buffers, each by itself, or the whole machine.
Top = Literal["array", "accelerator"]
TOPS: tuple[Top, ...] = get_args(Top)

#: The array by itself, with raw operands: top of the Verilog.
ARRAY_MODULE = "heddle_array"

#: The array's core as the machine has it, with recoded operands on the left.
ARRAY_CORE_MODULE = "heddle_array_core"

#: Array, lanes and buffers with a register at each port: top of the Vivado run.
CORE_MODULE = "heddle_core"

#: The whole machine: programs carried out from memory to memory.
ACCELERATOR_MODULE = "heddle_accelerator"
