"""What is emitted of a design: the array core with its PE, the SORE lane, the optimiser lanes."""

from __future__ import annotations

from collections.abc import Iterator

from arch.design import Design
from arch.errors import HeddleError
from hls.core import ArrayCore
from hls.emit import Block, Rtl, emit_rtl
from hls.fp.formats import OPERANDS
from hls.fp.units import Units
from hls.sore import SoreLane
from hls.stce import USPE_MODULE
from hls.uspe import Uspe
from hls.wuve import ADAM, SGD, UpdateRule, Wuve

ARRAY_MODULE = "heddle_array"
SORE_MODULE = "heddle_sore_lane"


def check_generable(design: Design) -> None:
    """Raise HeddleError for a design that is an idealisation and no hardware."""
    if design.array.drain == "direct":
        raise HeddleError(
            f"design {design.name!r} has array.drain = direct, an idealisation without RTL (valid: chain)"
        )


def array_blocks(design: Design) -> tuple[Block, Block]:
    """Return the array core and the PE that it instantiates."""
    return Block(ARRAY_MODULE, ArrayCore(design)), Block(USPE_MODULE, Uspe(design))


def sore_block(design: Design) -> Block:
    """Return one lane of SORE for the design's N:M."""
    return Block(SORE_MODULE, SoreLane(design.sparsity.n, design.sparsity.m))


def wuve_block(design: Design, rule: UpdateRule) -> Block:
    """Return one lane of WUVE for an optimiser, with operands in the design's format."""
    return Block(f"heddle_wuve_{rule.name}", Wuve(rule, units=Units(operand=OPERANDS[design.numbers.operand])))


def lane_blocks(design: Design) -> Iterator[Block]:
    """Yield one SORE lane and, for each optimiser, one lane of WUVE."""
    yield sore_block(design)
    yield from (wuve_block(design, rule) for rule in (SGD, ADAM))


def array_rtl(design: Design) -> Rtl:
    """Return the array core as Verilog, the PE once; raises HeddleError for a design that is no hardware."""
    check_generable(design)
    core, element = array_blocks(design)
    return emit_rtl(core, [element])
