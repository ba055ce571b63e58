"""Floating-point units side by side in one compiled program: many operands in, every unit's results out."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from amaranth.hdl import Module, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from heddle.arch.errors import HeddleError
from heddle.arch.formats import FP32, FloatFormat
from heddle.hls.emit import Block, emit_rtl
from heddle.hls.fp.accumulator import Accumulator
from heddle.hls.fp.adder import Adder
from heddle.hls.fp.multiplier import Multiplier
from heddle.hls.fp.recode import Recoder
from heddle.hls.stream.delay import registers
from heddle.verify.toolchain import find_toolchain

Words = npt.NDArray[np.uint32]

_DRIVER = Path(__file__).resolve().parent / "cpp" / "binary_unit.cpp"
_WORD_BITS = 32
_FEWEST_WORDS = 3  # Verilator keeps a port of more than 64 bits, and no narrower one, as an array of words


class MultiplyAccumulate(wiring.Component):
    """sum = a x b + c, as a PE computes it: recoders, multiplier, accumulator.

    Ports
    -----
    en : Signal(1), in
        Clock enable of every register.
    a, b : Signal(operand.width), in
    c : Signal(32), in
    sum : Signal(32), out

    Latency: ``multiplier_stages`` + ``adder_stages`` clocks with ``en``. Throughput: one a clock.
    """

    def __init__(self, operand: FloatFormat, multiplier_stages: int, adder_stages: int) -> None:
        self.operand = operand
        self.multiplier_stages = multiplier_stages
        self.adder_stages = adder_stages
        raw = In(operand.width)
        super().__init__({"en": In(1), "a": raw, "b": raw, "c": In(FP32.width), "sum": Out(FP32.width)})

    @property
    def latency(self) -> int:
        """Enabled clocks from operands to sum."""
        return self.multiplier_stages + self.adder_stages

    def elaborate(self, platform: object) -> Module:
        """Join the units; the addend waits for the product."""
        m = Module()
        m.submodules.multiplier = multiplier = Multiplier(self.operand, self.multiplier_stages)
        m.submodules.accumulator = accumulator = Accumulator(self.operand, self.adder_stages)
        for raw, recoded in ((self.a, multiplier.a), (self.b, multiplier.b)):
            recoder = Recoder(self.operand)
            m.submodules += recoder
            m.d.comb += [recoder.raw.eq(raw), recoded.eq(recoder.recoded)]
        m.d.comb += [
            multiplier.en.eq(self.en),
            accumulator.en.eq(self.en),
            accumulator.product.eq(multiplier.product),
            accumulator.addend.eq(registers(m, self.c, self.multiplier_stages, self.en, name="addend")),
            self.sum.eq(accumulator.sum),
        ]
        return m


Unit = Adder | MultiplyAccumulate


class UnitBank(wiring.Component):
    """Units that take the same operands, with registers behind each that make their latencies equal.

    Ports
    -----
    en : Signal(1), in
        Clock enable of every register.
    a, b, c : Signal(32), in
        Raw words; a unit of a narrower format takes the low bits, an adder nothing of c.
    results : Signal(32 x units, at least 96), out
        The first unit's result in the low word; a result narrower than a word stands in its low bits.

    Latency: ``latency`` clocks with ``en``. Throughput: a set of operands a clock.
    """

    def __init__(self, units: Sequence[Unit]) -> None:
        self.units = tuple(units)
        self.latency = 1 + max(unit.latency for unit in units)
        words = max(len(self.units), _FEWEST_WORDS)
        operands = dict.fromkeys("abc", In(_WORD_BITS))
        super().__init__({"en": In(1), **operands, "results": Out(_WORD_BITS * words)})

    def elaborate(self, platform: object) -> Module:
        """Put the units side by side."""
        m = Module()
        for place, unit in enumerate(self.units):
            word = self.results.word_select(place, _WORD_BITS)
            m.d.comb += word.eq(self._delayed(m, place, unit))
        return m

    def _delayed(self, m: Module, place: int, unit: Unit) -> Value:
        """Connect ``unit``; its result ``latency`` clocks after the operands."""
        m.submodules[f"unit_{place}"] = unit
        m.d.comb += [unit.en.eq(self.en), unit.a.eq(self.a), unit.b.eq(self.b)]
        if isinstance(unit, MultiplyAccumulate):
            m.d.comb += unit.c.eq(self.c)
        return registers(m, unit.sum, self.latency - unit.latency, self.en, name=f"result_{place}")


@dataclass(frozen=True)
class CompiledUnits:
    """The Verilator model of some units as a program."""

    program: Path
    units: int
    latency: int

    def results(self, a: Words, b: Words, c: Words) -> Words:
        """The results [n, units] for the operand words ``a``, ``b`` and ``c``, each [n].

        Raises HeddleError when the program ends before it has given them all.
        """
        operands = np.stack([a, b, c], axis=-1).astype(np.uint32)
        command = [str(self.program), str(self.latency), str(self.units)]
        done = subprocess.run(command, input=operands.tobytes(), stdout=subprocess.PIPE, check=False)
        words = np.frombuffer(done.stdout, dtype=np.uint32)
        if done.returncode != 0 or len(words) != len(a) * self.units:
            raise HeddleError(
                f"{self.program}: ended with {done.returncode} and {len(words)} words for {len(a)} sets of operands"
            )
        return words.reshape(len(a), self.units)


@contextmanager
def compiled(units: Sequence[Unit]) -> Iterator[CompiledUnits]:
    """Compile ``units`` with Verilator in a temporary folder, which lasts as long as the context.

    Raises HeddleError when a tool is missing, or fails (with the last line that it printed).
    """
    top = UnitBank(units)
    with tempfile.TemporaryDirectory(prefix="heddle-units-") as folder:
        _build(top, Path(folder))
        yield CompiledUnits(Path(folder) / "build" / "unit", len(top.units), top.latency)


def _build(top: UnitBank, folder: Path) -> None:
    toolchain = find_toolchain()
    rtl = emit_rtl(Block("unit", lambda: top))
    for name, text in rtl.files.items():
        (folder / name).write_text(text)
    command = [
        *(str(toolchain.verilator), "--cc", "--exe", "--build", "-O3", "-CFLAGS", "-O1"),
        *("--prefix", "Vunit", "--top-module", rtl.top, "--Mdir", "build", "-o", "unit"),
        *(str(_DRIVER), *rtl.files),
    ]
    done = subprocess.run(
        command,
        cwd=folder,
        env=toolchain.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        last = (done.stdout.strip().splitlines() or ["no output"])[-1]
        raise HeddleError(f"verilator cannot build the floating-point units: {last}")
