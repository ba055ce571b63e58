"""Streams: the valid/ready handshake between components, and its contract as assertions in the RTL.

A stream is ``amaranth.lib.stream.Signature(shape)``: ``payload`` and ``valid`` from the source, ``ready`` from the
sink; a word moves on every clock with both. The contract is stability: once valid, a word stays valid and unchanged
until it moves. (``ready`` is free: a sink may take it back.) ``valid`` never waits for ``ready``.

The checks are clocked, so that no glitch of combinational settling can fire them, and silent while reset is asserted.
They come out as SystemVerilog immediate assertions: the Amaranth simulator raises AssertionError, Verilator checks
them under ``--assert`` and formal tools prove them.
"""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Assert, Assume, Module, ResetSignal, Signal, Value
from amaranth.lib.wiring import PureInterface

_Check = type[Assert] | type[Assume]


def transfer(stream: PureInterface) -> Value:
    """1 in a clock in which a word of ``stream`` moves."""
    moves: Value = stream.valid & stream.ready
    return moves


def assert_stable(m: Module, stream: PureInterface) -> None:
    """Assert in ``m`` that the source of ``stream`` keeps the contract (domain ``sync``). One line a stream."""
    _check_stable(m, stream, Assert)


def assume_stable(m: Module, stream: PureInterface) -> None:
    """Tell a formal tool that whoever drives ``stream`` keeps the contract (domain ``sync``)."""
    _check_stable(m, stream, Assume)


def _check_stable(m: Module, stream: PureInterface, check: _Check) -> None:
    payload = Value.cast(stream.payload)
    name = _name(payload)
    waiting = Signal(name=f"{name}_waiting")
    waiting_payload = Signal(len(payload), name=f"{name}_waiting_payload", reset_less=True)
    m.d.sync += [waiting.eq(stream.valid & ~stream.ready), waiting_payload.eq(payload)]
    with m.If(waiting & ~ResetSignal("sync", allow_reset_less=True)):
        m.d.sync += [
            check(stream.valid, f"{name}: valid fell before ready"),
            check(payload == waiting_payload, f"{name}: payload changed before ready"),
        ]


def _name(payload: Any) -> str:
    """The stream's own name, as its payload signal carries it: ``rows__payload`` is ``rows``."""
    return str(getattr(payload, "name", "stream")).removesuffix("payload").rstrip("_") or "stream"
