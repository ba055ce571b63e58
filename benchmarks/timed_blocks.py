"""The blocks whose longest paths bound a design's clock, and the Verilog of each.

A block's modules are mapped apart, so that a path ends where it enters or leaves one. The whole machine is mapped in
one piece, but for its PEs, the delays of the array and the RAMs.

A PE's paths depend on its depths, operands, dataflows and M. Every pair of depths is mapped at M = 8, for OS beside WS
and for WS alone. A larger M is mapped before the deepest adder, where the choice shows most. ``CHECKS`` are PEs that a
rule stands for, mapped to see what the rules are worth (``heddle.arch.block_paths``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import product

from amaranth.lib import wiring

from benchmarks.calibration.measure import kind_of
from heddle.arch.block_paths import MEASURED_INTERLEAVE, MEASURED_M
from heddle.arch.boards import load_board
from heddle.arch.calibration.block_timing import BlockKind, PeKind
from heddle.arch.design import GROUP_SIZES, ArrayConfig, Design
from heddle.arch.design_io import load_design, override
from heddle.arch.formats import OPERANDS
from heddle.arch.timing import ws_row_steps
from heddle.hls.array.grid import USPE_MODULE
from heddle.hls.array.uspe import Uspe
from heddle.hls.emit import Block
from heddle.hls.feed.left_feeder import LeftFeeder
from heddle.hls.fp.recode import RecodedRegister
from heddle.hls.fp.units import Units
from heddle.hls.generate import accelerator_blocks, array_core_blocks, buffer_block, double_buffers, slice_blocks
from heddle.hls.lanes.sore import SoreLane
from heddle.hls.lanes.wuve import UPDATE_RULES, Wuve
from heddle.hls.memory.buffer_shape import BufferShape
from heddle.hls.system.shape import MachineShape
from heddle.synth.yosys.jobs import block_names, mapped_blocks
from heddle.synth.yosys.mapping import OF_THE_BOARDS, WITH_DSP_ARCS, Family
from heddle.synth.yosys.plan import hierarchy_of
from heddle.synth.yosys.run import plain_name
from heddle.synth.yosys.sources import Hierarchy

Kind = PeKind | BlockKind
#: The kinds of block, in the order of the tables.
KINDS = ("pe", "recoder", "wuve", "core", "buffer", "sore", "left_feeder", "machine")
BASE = "sat-vcu1525"
_BOTH, _WS = "os+ws", "ws"
#: N:M of the SORE lanes: the densest, the usual and the sparsest that M allows.
_LANES = ((1, 2), (1, 4), (2, 4), (1, 8), (2, 8), (4, 8), (2, 16), (2, 32))
_MACHINES = {"4 × 4": "tiny", "8 × 8": "small", "32 × 32": BASE}
#: Rows of the arrays whose left feeders are mapped: the most of the default space.
_FEEDER_ROWS = 64
#: Groups a read gives those with M = ``MEASURED_M``; and what a larger M is mapped with.
_FEEDER_PORTS, _WIDER_FEEDER_PORTS = (1, 2, 4, 8, 16, 32), 4
#: Modules of the machine that are blocks of their own: PEs, delays of the array and their lines, and RAMs.
_OF_THEIR_OWN = re.compile(r".*(_uspe|_step_delay_|_line_|_ram_slice_).*")


@dataclass(frozen=True)
class TimedBlock:
    """A block to map: its key in the table, its modules, which of them count, and what family it is mapped for.

    ``boundaries`` are the modules that are mapped by themselves, so that paths end at them.
    """

    kind: Kind
    modules: Callable[[], Hierarchy]
    counts: Callable[[str], bool] = lambda name: True
    family: Family = WITH_DSP_ARCS
    boundaries: Callable[[Hierarchy], Sequence[str]] = block_names

    def names(self, modules: Hierarchy) -> list[str]:
        """Return the modules to map."""
        return [name for name in mapped_blocks(modules, self.boundaries(modules)) if self.counts(plain_name(name))]


def blocks() -> Iterator[TimedBlock]:
    """Yield every block of the tables."""
    yield from pe_blocks()
    yield from other_blocks()


def other_blocks() -> Iterator[TimedBlock]:
    """Yield those that are no PE."""
    yield from _recoders()
    yield from _optimiser_lanes()
    yield from _machine_blocks()
    yield from _sparse_lanes()
    yield from _left_feeders()
    yield from _machines()


def depths(field: str) -> range:
    """Return the pipeline depths that a design may have: those of ``adder_stages`` or ``multiplier_stages``."""
    bounds = ArrayConfig.model_json_schema()["properties"][field]
    return range(bounds["minimum"], bounds["maximum"] + 1)


def pe_kinds() -> Iterator[PeKind]:
    """Yield ``CHECKS``, the PEs of every pair of depths, then those of other M; each once."""
    yield from dict.fromkeys((*CHECKS, *_depths(), *_wider()))


def _depths() -> Iterator[PeKind]:
    # What is used most comes first: a run that is stopped has measured that.
    multipliers = sorted(depths("multiplier_stages"), key=lambda stages: (stages == 0, stages))
    for multiplier, operand, adder in product(multipliers, OPERANDS, reversed(depths("adder_stages"))):
        for dataflows in (_BOTH, _WS) if multiplier else (_BOTH,):
            yield PeKind(operand, dataflows, MEASURED_M, MEASURED_INTERLEAVE, multiplier, adder)


def _wider() -> Iterator[PeKind]:
    sizes = [size for size in GROUP_SIZES if size > MEASURED_M]
    for operand, m, multiplier in product(OPERANDS, sizes, depths("multiplier_stages")):
        if multiplier:
            yield PeKind(operand, _WS, m, MEASURED_INTERLEAVE, multiplier, depths("adder_stages")[-1])


def pe_of(design: Design) -> PeKind:
    """Return what the PE of a design is."""
    array = design.array
    return PeKind(
        operand=design.numbers.operand,
        dataflows="+".join(sorted(array.dataflows)),
        m=design.sparsity.m,
        interleave=array.interleave,
        multiplier_stages=array.multiplier_stages,
        adder_stages=array.adder_stages,
    )


_SAT = pe_of(load_design(BASE))
#: PEs that a rule stands for: a preset's with M = 4, OS alone, a long ring, M = 16 before a shallower adder.
CHECKS = (
    pe_of(load_design("tiny")),
    replace(_SAT, dataflows="os"),
    replace(_SAT, interleave=64),
    replace(_SAT, dataflows=_WS, m=16, multiplier_stages=2, adder_stages=4),
)


def pe_blocks() -> Iterator[TimedBlock]:
    """Yield the PEs."""
    for kind in pe_kinds():
        yield TimedBlock(kind, partial(_pe, kind))


def _pe(kind: PeKind) -> Hierarchy:
    return hierarchy_of(Block(USPE_MODULE, partial(Uspe, _design_of(kind))))


def _design_of(kind: PeKind) -> Design:
    base = load_design(BASE)
    changed = {
        "array": base.array.model_copy(
            update={
                "dataflows": tuple(kind.dataflows.split("+")),
                "interleave": kind.interleave,
                "multiplier_stages": kind.multiplier_stages,
                "adder_stages": kind.adder_stages,
            }
        ),
        "sparsity": base.sparsity.model_copy(update={"m": kind.m}),
        "numbers": base.numbers.model_copy(update={"operand": kind.operand}),
    }
    return base.model_copy(update=changed)


def _recoders() -> Iterator[TimedBlock]:
    for name, operand in OPERANDS.items():
        yield TimedBlock(BlockKind("recoder", "", name, 0), partial(_one, "recoder", partial(RecodedRegister, operand)))


def _optimiser_lanes() -> Iterator[TimedBlock]:
    for rule in UPDATE_RULES.values():
        for name, operand in OPERANDS.items():
            lane = partial(Wuve, rule, units=Units(operand=operand))
            yield TimedBlock(BlockKind("wuve", rule.name, name, 0), partial(_one, "wuve", lane))


def _sparse_lanes() -> Iterator[TimedBlock]:
    for n, m in _LANES:
        yield TimedBlock(BlockKind("sore", f"{n}:{m}", "", m), partial(_one, "sore", partial(SoreLane, n, m)))


def _one(name: str, component: Callable[[], wiring.Component]) -> Hierarchy:
    return hierarchy_of(Block(name, component))


def _machine_blocks() -> Iterator[TimedBlock]:
    """The presets' cores without their grids, with the longest of their waits; the on-chip buffers."""
    for size, design in ((size, load_design(preset)) for size, preset in _MACHINES.items()):
        counts = partial(_is_core, (design.array.rows - 1) * ws_row_steps(design.array.adder_stages))
        yield TimedBlock(BlockKind("core", size, "", 0), partial(_core, design), counts)
    design = load_design(BASE)
    for part, buffer in double_buffers(design, load_board(design.board)).items():
        kind = BlockKind("buffer", f"{part} of {BASE}", "", 0)
        yield TimedBlock(kind, partial(_buffer, part, buffer), family=OF_THE_BOARDS)


def _left_feeders() -> Iterator[TimedBlock]:
    wider = [(_WIDER_FEEDER_PORTS, m) for m in GROUP_SIZES if m > MEASURED_M]
    *fewer, most = ((ports, MEASURED_M) for ports in _FEEDER_PORTS)
    # The widest read takes longest to map, and hardly any design has it: it comes last.
    chosen = [*fewer, *wider, most]
    for ports, m in chosen:
        changes = {"array.rows": _FEEDER_ROWS, "buffers.group_ports": ports, "sparsity.m": m}
        feeder = partial(_feeder, override(load_design(BASE), changes))
        yield TimedBlock(BlockKind("left_feeder", f"{ports} groups", "", m), feeder, _is_no_block_of_its_own)


def _machines() -> Iterator[TimedBlock]:
    """The presets' whole machines, each in one piece: the longest paths go from block to block."""
    for size, design in ((size, load_design(preset)) for size, preset in _MACHINES.items()):
        kind, machine = BlockKind("machine", size, "", 0), partial(_machine, design)
        yield TimedBlock(kind, machine, _is_no_block_of_its_own, boundaries=_around_the_machine)


def _around_the_machine(modules: Hierarchy) -> list[str]:
    """The machine, and what is a block of its own within it."""
    return [name for name in modules.modules if name == modules.top or not _is_no_block_of_its_own(plain_name(name))]


def _is_no_block_of_its_own(name: str) -> bool:
    return _OF_THEIR_OWN.fullmatch(name) is None


def _feeder(design: Design) -> Hierarchy:
    addresses = MachineShape(design).addresses
    return hierarchy_of(Block("left_feeder", partial(LeftFeeder, design, addresses.left)))


def _machine(design: Design) -> Hierarchy:
    return hierarchy_of(*accelerator_blocks(design, load_board(design.board)))


def _is_core(last_wait_steps: int, name: str) -> bool:
    kind = kind_of("array", name)
    return kind == "core" or (kind == "waits" and name.endswith(f"x{last_wait_steps}"))


def _core(design: Design) -> Hierarchy:
    return hierarchy_of(*array_core_blocks(design))


def _buffer(part: str, buffer: BufferShape) -> Hierarchy:
    return hierarchy_of(buffer_block(part, buffer), *slice_blocks(buffer))
