"""The floating-point units of a design's own depths against IEEE 754, as cases of its verification.

A bench of the array sees the words that its products lead to; these see hundreds of thousands that they do not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from heddle.arch.design import Design
from heddle.arch.formats import FloatFormat
from heddle.verify.results import Verdict
from heddle.verify.vectors import Mismatch, check_accumulators, check_multipliers_of

_SUMS = 1 << 19
#: First words of a multiplier's pairs, beside the ends of every class of words: each meets all second words.
_RANDOM_FIRST_WORDS = 6


@dataclass(frozen=True)
class UnitCase:
    """A unit's check: what it is called, the command line that runs it alone, and what it does."""

    name: str
    rerun: str
    check: Callable[[], Mismatch | None]

    def verdict(self) -> Verdict:
        """Run the check. Raises HeddleError where a tool is missing or fails."""
        mismatch = self.check()
        problems = () if mismatch is None else (str(mismatch),)
        return Verdict(self.name, mismatch is None, None, None, problems, self.rerun)


@dataclass(frozen=True)
class UnitBench:
    """The checks of some units, each of which compiles what it runs."""

    cases: tuple[UnitCase, ...]


def unit_bench(design: Design, seed: int, command: str) -> UnitBench:
    """Return the checks of the units of a PE; ``command`` is the command line that has them all."""
    return UnitBench(tuple(_cases(design, seed, command)))


def _cases(design: Design, seed: int, command: str) -> Iterator[UnitCase]:
    operand, depth, stages = design.numbers.operand_format, design.array.adder_stages, design.array.multiplier_stages
    name = f"accumulator-{design.numbers.operand}-{depth}-stages"
    yield UnitCase(name, f"{command} --case {name}", lambda: check_accumulators(operand, [depth], _SUMS, seed))
    name = f"multiplier-{design.numbers.operand}-{stages}-stages"
    firsts = first_words(operand, seed)
    yield UnitCase(name, f"{command} --case {name}", lambda: check_multipliers_of(operand, [stages], firsts))


def first_words(operand: FloatFormat, seed: int) -> list[int]:
    """Return the ends of every class of words of a format, both signs in turn, and a few words at random."""
    one = operand.bias << operand.fraction_bits
    least_normal = 1 << operand.fraction_bits
    ends = [0, 1, least_normal - 1, least_normal, one, one + 1, operand.infinity - 1, operand.infinity]
    magnitudes = [*ends, operand.infinity + 1, operand.canonical_nan]
    signed = [word | operand.sign * (place % 2) for place, word in enumerate(magnitudes)]
    drawn = np.random.default_rng(seed).integers(0, 1 << operand.width, _RANDOM_FIRST_WORDS)
    return [*signed, *map(int, drawn)]
