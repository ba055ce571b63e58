"""Every component can be elaborated again: nothing of the first time is left in it."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator

import pytest
from amaranth.hdl import unsigned
from amaranth.lib import wiring
from samples import TINY

import heddle.hls
from heddle.arch.boards import load_board
from heddle.arch.design_io import override
from heddle.arch.formats import FP16
from heddle.hls.array.command_check import CommandCheck
from heddle.hls.array.core import ArrayCore
from heddle.hls.array.die_crossing import DieCrossing
from heddle.hls.array.grid import Grid
from heddle.hls.array.os_steps import OsSteps
from heddle.hls.array.sequencer import Sequencer
from heddle.hls.array.stce import Stce
from heddle.hls.array.steps import Steps
from heddle.hls.array.top import ArrayTop
from heddle.hls.array.uspe import Uspe
from heddle.hls.array.ws_steps import WsSteps
from heddle.hls.axi.channels import AxiShape
from heddle.hls.axi.coalescer import Coalescer, Joiner
from heddle.hls.axi.cutter import Cutter
from heddle.hls.axi.lite import LiteSlave
from heddle.hls.axi.packer import Packer
from heddle.hls.axi.place_walk import PlaceWalk
from heddle.hls.axi.read_engine import ReadEngine
from heddle.hls.axi.requester import Requester
from heddle.hls.axi.spreader import Spreader
from heddle.hls.axi.stripes import ReadStripes, WriteStripes
from heddle.hls.axi.write_engine import WriteEngine
from heddle.hls.control.compute_waits import ComputeWaits
from heddle.hls.control.dispatch import Dispatch
from heddle.hls.control.instruction import LOAD
from heddle.hls.control.instruction_check import InstructionCheck
from heddle.hls.control.issue_queue import IssueQueue
from heddle.hls.control.least_number import LeastNumber
from heddle.hls.control.watchdog import Watchdog
from heddle.hls.feed.compute_unit import ComputeUnit, HalfAddresses
from heddle.hls.feed.divide import SlowDivider
from heddle.hls.feed.left_address import LeftAddress
from heddle.hls.feed.left_channels import LeftChannels
from heddle.hls.feed.left_feeder import LeftFeeder
from heddle.hls.feed.left_folds import LeftFolds
from heddle.hls.feed.left_hold import LeftHold
from heddle.hls.feed.left_loops import LeftLoops
from heddle.hls.feed.left_order import LeftOrder
from heddle.hls.feed.left_row import LeftRow
from heddle.hls.feed.left_rows import LeftRows
from heddle.hls.feed.left_serve import LeftServe
from heddle.hls.feed.left_shape import LeftShape
from heddle.hls.feed.left_span import LeftSpan
from heddle.hls.feed.left_spread import LeftSpread
from heddle.hls.feed.left_turn import LeftTurn
from heddle.hls.feed.left_words import LeftWords
from heddle.hls.feed.order import Order
from heddle.hls.feed.prepare import Prepare
from heddle.hls.feed.reader import Reader
from heddle.hls.feed.right_feeder import RightFeeder, RightOrder
from heddle.hls.feed.sums import PartialFeeder, ResultWriter
from heddle.hls.feed.sums_order import SumsOrder
from heddle.hls.feed.tile_counter import TileCounter
from heddle.hls.feed.walks import PixelWalk, TapWalk
from heddle.hls.fp.accumulator import Accumulator
from heddle.hls.fp.adder import Adder
from heddle.hls.fp.datapath import Datapath
from heddle.hls.fp.divider import Divider
from heddle.hls.fp.expression import narrow, stream
from heddle.hls.fp.lookup import Lookup
from heddle.hls.fp.multiplier import Multiplier
from heddle.hls.fp.multiply_add import MultiplyAdd, SliceRegisters
from heddle.hls.fp.narrower import Narrower
from heddle.hls.fp.recode import RecodedRegister, Recoder
from heddle.hls.fp.schedule import Schedule
from heddle.hls.fp.selection import Selection
from heddle.hls.fp.square_root import SquareRoot
from heddle.hls.fp.units import Units
from heddle.hls.fp.word_multiplier import WordMultiplier
from heddle.hls.gear.left import GroupSpread, LeftGearbox, WholeGroups
from heddle.hls.gear.right import IndexCounter, RightGearbox, WordCollector
from heddle.hls.gear.rows import RowCuts
from heddle.hls.gear.slicer import Slicer
from heddle.hls.gear.store import StoreGearbox, StoreShape, SumsNarrower
from heddle.hls.lanes.block_update import BlockUpdate
from heddle.hls.lanes.ranking import TopN
from heddle.hls.lanes.sore import SoreLane
from heddle.hls.lanes.wuve import UpdateRule, Wuve
from heddle.hls.memory.answers import Answers
from heddle.hls.memory.buffer import BufferSlice, DoubleBuffer
from heddle.hls.memory.buffer_shape import BufferShape, SliceSize
from heddle.hls.memory.group_buffer import GroupBuffer
from heddle.hls.memory.half_buffer import HalfBuffer
from heddle.hls.memory.sharing import SharedBuffer
from heddle.hls.memory.storage import RamSlice, Storage, StorageShape
from heddle.hls.modules import rtlil_of
from heddle.hls.stream.delay import DelayLine, StepDelay
from heddle.hls.stream.fork import Fork
from heddle.hls.stream.headed_queue import HeadedQueue
from heddle.hls.stream.queue import Queue
from heddle.hls.stream.ram_queue import RamQueue
from heddle.hls.stream.through_queue import ThroughQueue
from heddle.hls.stream.transpose import Transposer
from heddle.hls.system.accelerator import Accelerator
from heddle.hls.system.checksum import Checksum
from heddle.hls.system.fetch import Fetch, WordJoiner, WordSplitter
from heddle.hls.system.load_unit import LoadUnit
from heddle.hls.system.registers import Registers
from heddle.hls.system.shape import MachineShape
from heddle.hls.system.stops import FirstStop
from heddle.hls.system.store_unit import StoreUnit, SumsReader
from heddle.hls.system.top import AcceleratorTop

SMALL = override(TINY, {"array.rows": 2, "array.cols": 2, "array.slr_cuts": [1]})
PORTED = override(SMALL, {"buffers.group_ports": 2})
LEFT = LeftShape(PORTED)
FEW = Units(multiplier_stages=1, adder_stages=1, rows_per_stage=13, narrower_stages=1)
SUMS = {"sum": stream("x") + stream("y"), "operand": narrow(stream("x"))}
BUS = AxiShape(data_bytes=16)
PORT = AxiShape(data_bytes=4, address_bits=8, page_bytes=16)
STRIPED = AxiShape(data_bytes=8, address_bits=8, page_bytes=32, channels=2)
STORED = StoreShape(3, FP16, PORT)
STEP = UpdateRule("step", {"master": stream("master") - stream("gradient")})

MADE: dict[type[wiring.Component], Callable[[], wiring.Component]] = {
    Accelerator: lambda: Accelerator(SMALL, load_board(SMALL.board)),
    AcceleratorTop: lambda: AcceleratorTop(SMALL, load_board(SMALL.board)),
    Accumulator: lambda: Accumulator(FP16),
    Adder: lambda: Adder(),
    Answers: lambda: Answers(8, 2),
    ArrayCore: lambda: ArrayCore(SMALL),
    ArrayTop: lambda: ArrayTop(SMALL),
    BlockUpdate: lambda: BlockUpdate(STEP, 1, 2, FEW),
    BufferSlice: lambda: BufferSlice(SliceSize(8, 4, "ultra")),
    Checksum: lambda: Checksum(),
    Coalescer: lambda: Coalescer(PORT, 40),
    CommandCheck: lambda: CommandCheck(SMALL),
    ComputeUnit: lambda: ComputeUnit(SMALL, HalfAddresses(8, 8, 8)),
    ComputeWaits: lambda: ComputeWaits(2),
    Cutter: lambda: Cutter(8, 40, 16),
    Datapath: lambda: Datapath(Schedule(SUMS, FEW)),
    DelayLine: lambda: DelayLine(5, 3),
    DieCrossing: lambda: DieCrossing(SMALL),
    Dispatch: lambda: Dispatch(4, depth=2),
    Divider: lambda: Divider(FP16),
    DoubleBuffer: lambda: DoubleBuffer(BufferShape(80, 300, "block", read_latency=4)),
    Fetch: lambda: Fetch(BUS, 0),
    FirstStop: lambda: FirstStop(2),
    Fork: lambda: Fork(8, 2),
    Grid: lambda: Grid(SMALL),
    GroupBuffer: lambda: GroupBuffer(16, 10, 4, 2),
    GroupSpread: lambda: GroupSpread(8, 2, 2),
    HalfBuffer: lambda: HalfBuffer(8, 5),
    IndexCounter: lambda: IndexCounter(3, 4),
    InstructionCheck: lambda: InstructionCheck(4),
    IssueQueue: lambda: IssueQueue(LOAD, 2, 2),
    Joiner: lambda: Joiner(PORT),
    LeftAddress: lambda: LeftAddress(LEFT, 8),
    LeftChannels: lambda: LeftChannels(LEFT),
    LeftFeeder: lambda: LeftFeeder(PORTED, 8),
    LeftFolds: lambda: LeftFolds(SMALL),
    LeftGearbox: lambda: LeftGearbox(8, 2, PORT),
    LeftHold: lambda: LeftHold(LEFT),
    LeftLoops: lambda: LeftLoops(SMALL),
    LeftOrder: lambda: LeftOrder(PORTED),
    LeftRow: lambda: LeftRow(LEFT),
    LeftRows: lambda: LeftRows(LEFT, 8),
    LeftServe: lambda: LeftServe(LEFT),
    LeftSpan: lambda: LeftSpan(PORTED),
    LeftSpread: lambda: LeftSpread(LEFT),
    LeftTurn: lambda: LeftTurn(LEFT),
    LeftWords: lambda: LeftWords(LEFT),
    LiteSlave: lambda: LiteSlave(12),
    LoadUnit: lambda: LoadUnit(TINY, MachineShape(TINY)),
    Multiplier: lambda: Multiplier(FP16, 2),
    Lookup: lambda: Lookup(range(64), 6),
    MultiplyAdd: lambda: MultiplyAdd(8, unsigned(8), 8, 17, SliceRegisters(total=True)),
    Narrower: lambda: Narrower(FP16),
    OsSteps: lambda: OsSteps(SMALL.array),
    Packer: lambda: Packer(PORT),
    PartialFeeder: lambda: PartialFeeder(SMALL, 8),
    PixelWalk: lambda: PixelWalk(),
    PlaceWalk: lambda: PlaceWalk(),
    Prepare: lambda: Prepare(SMALL.array, 4),
    Queue: lambda: Queue(8, 3),
    RamQueue: lambda: RamQueue(8, 3),
    ReadEngine: lambda: ReadEngine(PORT, 2),
    ReadStripes: lambda: ReadStripes(STRIPED, 2, 8),
    RamSlice: lambda: RamSlice(8, 4, "block"),
    Reader: lambda: Reader(8, 2, 8, 2),
    RecodedRegister: lambda: RecodedRegister(FP16),
    Recoder: lambda: Recoder(FP16),
    Registers: lambda: Registers(0),
    Requester: lambda: Requester(PORT, 2),
    ResultWriter: lambda: ResultWriter(SMALL, 8),
    RightFeeder: lambda: RightFeeder(SMALL, 8),
    RightGearbox: lambda: RightGearbox(6, 8, PORT),
    RightOrder: lambda: RightOrder(SMALL, 8),
    RowCuts: lambda: RowCuts(4),
    Selection: lambda: Selection(8, 3),
    Sequencer: lambda: Sequencer(SMALL),
    SharedBuffer: lambda: SharedBuffer(8, 5),
    Slicer: lambda: Slicer(PORT, 8, 4),
    SlowDivider: lambda: SlowDivider(4),
    SoreLane: lambda: SoreLane(1, 2),
    Spreader: lambda: Spreader(PORT),
    SquareRoot: lambda: SquareRoot(FP16),
    Stce: lambda: Stce(SMALL),
    StepDelay: lambda: StepDelay(8, 3),
    Storage: lambda: Storage(StorageShape(80, 600)),
    StoreGearbox: lambda: StoreGearbox(STORED),
    StoreUnit: lambda: StoreUnit(TINY, MachineShape(TINY)),
    SumsNarrower: lambda: SumsNarrower(STORED),
    SumsOrder: lambda: SumsOrder(SMALL, 8),
    SumsReader: lambda: SumsReader(TINY, MachineShape(TINY)),
    TapWalk: lambda: TapWalk(2),
    HeadedQueue: lambda: HeadedQueue(8, 3),
    ThroughQueue: lambda: ThroughQueue(8, 2),
    TileCounter: lambda: TileCounter(),
    TopN: lambda: TopN(1, 2),
    Transposer: lambda: Transposer(2),
    Uspe: lambda: Uspe(SMALL),
    LeastNumber: lambda: LeastNumber(3),
    Watchdog: lambda: Watchdog(),
    WholeGroups: lambda: WholeGroups(4, 2),
    WordCollector: lambda: WordCollector(3, 2, 2),
    WordJoiner: lambda: WordJoiner(BUS),
    WordMultiplier: lambda: WordMultiplier(),
    WordSplitter: lambda: WordSplitter(AxiShape(data_bytes=128)),
    WriteEngine: lambda: WriteEngine(PORT, 2),
    WriteStripes: lambda: WriteStripes(STRIPED, 2),
    WsSteps: lambda: WsSteps(SMALL.array),
    Wuve: lambda: Wuve(STEP, 2, FEW),
}


@pytest.mark.parametrize("kind", MADE, ids=lambda kind: kind.__name__)
def test_a_second_elaboration_gives_the_same(kind: type[wiring.Component]) -> None:
    component = MADE[kind]()
    assert type(component) is kind
    assert rtlil_of(component, "top") == rtlil_of(component, "top")


THIN = override(TINY, {"array.rows": 1, "array.cols": 1, "array.interleave": 1})
WIDE = AxiShape(data_bytes=64)
#: Components where there is nothing to count or to choose from.
THINNEST: dict[str, Callable[[], wiring.Component]] = {
    "left order": lambda: LeftOrder(THIN),
    "left words": lambda: LeftWords(LeftShape(THIN)),
    "rows of left words": lambda: LeftRows(LeftShape(THIN), 8),
    "right order": lambda: RightOrder(THIN, 8),
    "sums order": lambda: SumsOrder(THIN, 8),
    "groups of a bank": lambda: GroupBuffer(8, 4, 1, 1),
    "words of a part": lambda: WordJoiner(WIDE),
    "sums of a column": lambda: StoreGearbox(StoreShape(1, FP16, WIDE)),
    "weights of a column": lambda: RightGearbox(1, 16, WIDE),
    "beats of two lanes": lambda: Packer(PORT),
    "cuts without a tag": lambda: RowCuts(4),
    "pieces without a tag": lambda: Slicer(PORT, 8, 4),
}


@pytest.mark.parametrize("made", THINNEST.values(), ids=THINNEST)
def test_what_has_nothing_to_count_has_no_signal_of_no_bits(made: Callable[[], wiring.Component]) -> None:
    assert "wire width 0 " not in rtlil_of(made(), "top")


def test_no_component_is_left_out() -> None:
    assert set(MADE) == set(components())


def components() -> Iterator[type[wiring.Component]]:
    """Every class of a component, except what only others are made from."""
    for module in pkgutil.walk_packages(heddle.hls.__path__, "heddle.hls."):
        for value in vars(importlib.import_module(module.name)).values():
            is_own = isinstance(value, type) and value.__module__ == module.name
            if is_own and issubclass(value, wiring.Component) and value not in (Order, Steps):
                yield value
