"""Floating-point units against IEEE 754: ``python -m heddle.verify.vectors CHECK``, many vectors.

``accumulator`` checks the PE's multiply-add at every depth of its accumulator with directed and random operands,
``multiplier`` that of every depth of its multiplier with all pairs of 16-bit words whose first word is in ``--first``
to ``--last`` (as they stand: all 2^32), added to -0. ``adder`` checks the lanes' adder with directed and random FP32
pairs, all against the processor's own arithmetic, and ``small`` adders of small formats with every pair of words,
against exact sums. Exit status 0 when every bit agrees, 1 at the first operands that do not, 2 on bad input.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from heddle.arch.errors import HeddleError
from heddle.arch.formats import FP16, FP32, OPERANDS, FloatFormat
from heddle.hls.fp.accumulator import CUTS as ACCUMULATOR_CUTS
from heddle.hls.fp.adder import CUTS as ADDER_CUTS
from heddle.hls.fp.adder import Adder
from heddle.hls.fp.multiplier import CUTS as MULTIPLIER_CUTS
from heddle.verify.binary_unit import CompiledUnits, MultiplyAccumulate, Words, compiled
from heddle.verify.float_vectors import (
    Triples,
    adder_pairs,
    all_pairs,
    float32_product,
    float32_product_sum,
    float32_sum,
    product_and_addend,
    small_sum,
)
from heddle.verify.toolchain import find_toolchain

#: Formats small enough for every pair of words; with rows of normal, subnormal and special words in each.
SMALL_FORMATS = (FloatFormat(3, 2), FloatFormat(2, 4), FloatFormat(4, 3), FloatFormat(5, 4))

_BATCH_PAIRS = 1 << 19
_OPERAND_WORDS = 1 << 16
_MINUS_ZERO = np.uint32(FP32.sign)  # adds nothing to any product
_FEWEST_STAGES = 1  # of an accumulator behind the multipliers that are checked, and of those before accumulators


@dataclass(frozen=True)
class Mismatch:
    """Operands whose result is wrong: the unit's place among those compiled together, and the words."""

    unit: int
    operands: tuple[int, ...]
    given: int
    expected: int

    def __str__(self) -> str:
        """One line, words in hexadecimal."""
        *first, last = map(hex, self.operands)
        return f"{', '.join(first)} and {last} give {self.given:#x}, not {self.expected:#x}"


def compare(units: CompiledUnits, operands: Triples, expected: Words) -> Mismatch | None:
    """The first of ``operands`` for which a unit's result is not its column of ``expected`` [n, units or 1]."""
    results = units.results(*operands)
    wrong = np.argwhere(results != expected)
    if not len(wrong):
        return None
    place, unit = wrong[0]
    wanted = np.broadcast_to(expected, results.shape)[place, unit]
    words = tuple(int(words[place]) for words in operands)
    return Mismatch(int(unit), words, int(results[place, unit]), int(wanted))


def check_accumulators(operand: FloatFormat, depths: Sequence[int], count: int, seed: int) -> Mismatch | None:
    """Check multiply-adds whose accumulators have ``depths`` stages with ``count`` sets of operands each."""
    batches = (product_and_addend(operand, size, place) for place, size in _sizes(count, seed))
    with compiled([MultiplyAccumulate(operand, _FEWEST_STAGES, depth) for depth in depths]) as units:
        return _first_mismatch(units, batches, lambda a, b, c: float32_product_sum(a, b, c, operand))


def check_adders(depths: Sequence[int], count: int, seed: int) -> Mismatch | None:
    """Check FP32 adders of ``depths`` stages with ``count`` pairs each."""
    batches = (_without_addend(*adder_pairs(size, place)) for place, size in _sizes(count, seed))
    with compiled([Adder(FP32, depth) for depth in depths]) as units:
        return _first_mismatch(units, batches, lambda a, b, _: float32_sum(a, b))


def _sizes(count: int, seed: int) -> Iterator[tuple[int, int]]:
    """A seed and a size for each batch of ``count`` vectors."""
    for place, done in enumerate(range(0, count, _BATCH_PAIRS)):
        yield seed + place, min(_BATCH_PAIRS, count - done)


def check_multipliers(operand: FloatFormat, depths: Sequence[int], first: int, last: int) -> Mismatch | None:
    """Check multipliers of ``depths`` stages with all pairs whose first word is in ``first`` to ``last``."""
    return check_multipliers_of(operand, depths, range(first, last + 1))


def check_multipliers_of(operand: FloatFormat, depths: Sequence[int], firsts: Sequence[int]) -> Mismatch | None:
    """Check multipliers of ``depths`` stages with all pairs whose first word is one of ``firsts``."""
    second = np.arange(_OPERAND_WORDS, dtype=np.uint32)
    rows = _BATCH_PAIRS // _OPERAND_WORDS
    parts = (np.array(firsts[row : row + rows], np.uint32) for row in range(0, len(firsts), rows))
    batches = (_without_addend(np.repeat(some, len(second)), np.tile(second, len(some))) for some in parts)
    with compiled([MultiplyAccumulate(operand, depth, _FEWEST_STAGES) for depth in depths]) as units:
        return _first_mismatch(units, batches, lambda a, b, _: float32_product(a, b, operand))


def check_small_adders(form: FloatFormat, depths: Sequence[int]) -> Mismatch | None:
    """Check adders of a small format, ``depths`` stages deep, with every pair of words."""
    with compiled([Adder(form, depth) for depth in depths]) as units:
        pairs = _without_addend(*all_pairs(form))
        return _first_mismatch(units, [pairs], lambda a, b, _: small_sum(a, b, form))


def _without_addend(a: Words, b: Words) -> Triples:
    return a, b, np.full(len(a), _MINUS_ZERO)


def _first_mismatch(
    units: CompiledUnits, batches: Iterable[Triples], reference: Callable[[Words, Words, Words], Words]
) -> Mismatch | None:
    found = (compare(units, operands, reference(*operands)[:, None]) for operands in batches)
    return next((mismatch for mismatch in found if mismatch is not None), None)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the check that ``arguments`` name; return the exit status."""
    chosen = _parser().parse_args(arguments)
    started = time.monotonic()
    try:
        find_toolchain()  # before any unit is made: Amaranth warns of hardware that is made and not used
        mismatch, what, depths = chosen.check(chosen)
    except HeddleError as error:
        print(error, file=sys.stderr)
        return 2
    if mismatch is not None:
        print(f"{what}, {depths[mismatch.unit]} stages: {mismatch}")
        return 1
    print(f"{what}, {', '.join(map(str, depths))} stages: every bit agrees ({time.monotonic() - started:.0f} s)")
    return 0


_Outcome = tuple[Mismatch | None, str, Sequence[int]]


def _run_adder(chosen: argparse.Namespace) -> _Outcome:
    mismatch = check_adders(chosen.stages, chosen.count, chosen.seed)
    return mismatch, f"FP32 adder, {chosen.count} pairs (seed {chosen.seed})", chosen.stages


def _run_accumulator(chosen: argparse.Namespace) -> _Outcome:
    mismatch = check_accumulators(OPERANDS[chosen.operand], chosen.stages, chosen.count, chosen.seed)
    what = f"{chosen.operand} multiply-add, {chosen.count} sets of operands (seed {chosen.seed})"
    return mismatch, what, chosen.stages


def _run_multiplier(chosen: argparse.Namespace) -> _Outcome:
    mismatch = check_multipliers(OPERANDS[chosen.operand], chosen.stages, chosen.first, chosen.last)
    pairs = (chosen.last + 1 - chosen.first) * _OPERAND_WORDS
    return mismatch, f"{chosen.operand} multiplier, {pairs} pairs", chosen.stages


def _run_small(chosen: argparse.Namespace) -> _Outcome:
    for form in SMALL_FORMATS:
        mismatch = check_small_adders(form, chosen.stages)
        what = f"adder of {form}, {4**form.width} pairs"
        if mismatch is not None:
            return mismatch, what, chosen.stages
    return None, f"adders of {len(SMALL_FORMATS)} small formats, all pairs", chosen.stages


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m heddle.verify.vectors", description="Vectors for floating-point units."
    )
    checks = parser.add_subparsers(required=True)
    accumulator = checks.add_parser("accumulator", help="multiply-adds of a PE, directed and random operands")
    accumulator.set_defaults(check=_run_accumulator)
    adder = checks.add_parser("adder", help="FP32 adders of the lanes, directed and random pairs")
    adder.set_defaults(check=_run_adder)
    for check in (accumulator, adder):
        check.add_argument("--count", type=int, default=4_000_000, help="operands")
        check.add_argument("--seed", type=int, default=0)
    multiplier = checks.add_parser("multiplier", help="multipliers, all pairs of words")
    for check in (accumulator, multiplier):
        check.add_argument("--operand", choices=OPERANDS, default=FP16.name)
    multiplier.add_argument("--first", type=int, default=0, help="first word of the first operand")
    multiplier.add_argument("--last", type=int, default=_OPERAND_WORDS - 1, help="last word of the first operand")
    multiplier.set_defaults(check=_run_multiplier)
    small = checks.add_parser("small", help="adders of small formats, all pairs")
    small.set_defaults(check=_run_small)
    depths = ((accumulator, ACCUMULATOR_CUTS), (adder, ADDER_CUTS), (small, ADDER_CUTS), (multiplier, MULTIPLIER_CUTS))
    for check, cuts in depths:
        check.add_argument("--stages", type=int, nargs="+", choices=tuple(cuts), default=tuple(cuts), metavar="STAGES")
    return parser


if __name__ == "__main__":
    sys.exit(main())
