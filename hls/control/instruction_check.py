"""The check of an instruction before it is queued: the rules of ``heddle.arch.instruction_rules``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import or_

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import data, enum, wiring
from amaranth.lib.wiring import In, Out

from heddle.arch.instructions import OPCODE_BITS, Opcode
from heddle.hls.control.instruction import LAYOUTS, WORD_BITS, Stop

#: What is wrong with an instruction of one kind, by the cause that says so.
_Reasons = Mapping[enum.Enum, Value]


class InstructionCheck(wiring.Component):
    """Why an instruction is refused as it stands.

    Ports
    -----
    word : Signal(512), in
    refuses : Signal(1), out
        It is refused. This takes less time than the cause.
    stop : Stop, out
        The cause of the lowest number, NONE where it is not refused.

    Latency: combinational.
    """

    def __init__(self, group_m: int) -> None:
        self.group_m = group_m
        super().__init__({"word": In(WORD_BITS), "refuses": Out(1), "stop": Out(Stop)})

    def elaborate(self, platform: object) -> Module:
        """Look at the word as what its opcode says, and give the first of its faults."""
        m = Module()
        reasons_of = {
            Opcode.LOAD: self._load(self._as(Opcode.LOAD)),
            Opcode.COMPUTE: self._compute(self._as(Opcode.COMPUTE)),
            Opcode.STORE: self._store(self._as(Opcode.STORE)),
            Opcode.SYNC: self._sync(self._as(Opcode.SYNC)),
        }
        with m.Switch(self.word[:OPCODE_BITS]):
            for opcode, reasons in reasons_of.items():
                with m.Case(int(opcode)):
                    beyond = {Stop.BITS: self.word[LAYOUTS[opcode].size :].any()}
                    every = {**beyond, **reasons}
                    m.d.comb += [self.refuses.eq(reduce(or_, every.values())), self.stop.eq(_first(every))]
            with m.Default():
                m.d.comb += [self.refuses.eq(1), self.stop.eq(Stop.OPCODE)]
        return m

    def _as(self, opcode: Opcode) -> data.View:
        layout = LAYOUTS[opcode]
        return data.View(layout, self.word[: layout.size])

    def _load(self, load: data.View) -> _Reasons:
        return {
            Stop.TOKENS: load.tokens.wait_previous | load.tokens.signal_previous,
            **_places(load.places),
            Stop.GROUPS: ~self._is_group(load.group_elements),
            Stop.ALIGNMENT: _is_odd(load.places) | (load.packed & load.index_address[0]),
        }

    def _compute(self, compute: data.View) -> _Reasons:
        walk = compute.walk
        axes = (walk.rows, walk.cols)
        return {
            Stop.EMPTY: _any_zero(walk.pixels, walk.elements, walk.taps, compute.cols),
            Stop.POSITIONS: (walk.first_row >= walk.rows.positions) | (walk.first_col >= walk.cols.positions),
            Stop.GROUPS: ~(self._is_group(compute.group_slots) & self._is_group(compute.group_elements)),
            Stop.TAPS: _any_zero(*(axis.taps for axis in axes), *(axis.size for axis in axes)),
        }

    def _store(self, store: data.View) -> _Reasons:
        return {
            Stop.TOKENS: store.tokens.wait_next | store.tokens.signal_next,
            **_places(store.places),
            Stop.ALIGNMENT: _is_odd(store.places),
        }

    def _sync(self, sync: data.View) -> _Reasons:
        return {Stop.TOKENS: sync.tokens.as_value().any()}

    def _is_group(self, count: Signal) -> Value:
        return (count != 0) & (count <= self.group_m)


def _places(places: data.View) -> _Reasons:
    return {
        Stop.EMPTY: _any_zero(places.pixels, places.elements),
        Stop.POSITIONS: (places.first_row >= places.row_positions) | (places.first_col >= places.col_positions),
    }


def _is_odd(places: data.View) -> Value:
    return places.address[0] | places.col_stride[0] | places.row_stride[0] | places.image_stride[0]


def _any_zero(*counts: Value) -> Value:
    return Cat(*(count == 0 for count in counts)).any()


def _first(reasons: _Reasons) -> Value:
    """The cause of the lowest number among those that hold."""
    found: Value = Const(Stop.NONE)
    for cause in sorted(reasons, key=lambda each: each.value, reverse=True):
        found = Mux(reasons[cause], cause, found)
    return found
