"""Faults of arithmetic: the processing element's recoder, multiplier and accumulator, the lanes' adder."""

from __future__ import annotations

from benchmarks.mutants.checks import accumulator, adder, multiplier
from benchmarks.mutants.fault import Fault

_LEAST = multiplier("fp16", 0, 3)  # zero and subnormals
_NAN = multiplier("fp16", 0x7E00, 0x7E00)
_PRODUCT = accumulator("fp16", 5)
_BELOW_NORMAL = multiplier("bf16", 0x2041, 0x2042)

MULTIPLIER_FAULTS = (
    Fault(
        "subnormal-not-normalised",
        "hls/fp/recode.py",
        '_chosen(m, "normalised", left, shifted)',
        "placed",
        "a subnormal operand keeps its leading zeros",
        _LEAST,
    ),
    Fault(
        "subnormal-exponent-one-off",
        "hls/fp/recode.py",
        "subnormal[_FOUR + place] = offset - place",
        "subnormal[_FOUR + place] = offset - place - 1",
        "a subnormal operand counts half",
        _LEAST,
    ),
    Fault(
        "nan-taken-for-infinity",
        "hls/fp/recode.py",
        "is_nan = field.all() & fraction.any()",
        "is_nan = field.all() & fraction[:-1].any()",
        "the quiet NaN without payload passes for an infinity",
        _NAN,
    ),
    Fault(
        "zero-times-infinity",
        "hls/fp/multiplier.py",
        "(b == OperandClass.NAN) | zero & infinite",
        "(b == OperandClass.NAN)",
        "0 x infinity is not NaN",
        _LEAST,
    ),
    Fault(
        "zero-keeps-exponent",
        "hls/fp/multiplier.py",
        "exponent=Mux(zero, 0, exponent",
        "exponent=Mux(zero & 0, 0, exponent",
        "a zero product pushes bits of its addend out",
        _PRODUCT,
    ),
    Fault(
        "hidden-bit-of-zero",
        "hls/fp/multiplier.py",
        "unit.b.eq(Cat(self.b.fraction, ~_is_zero(self.b.exponent)))",
        "unit.b.eq(Cat(self.b.fraction, 1))",
        "something times zero is the something",
        _LEAST,
    ),
    Fault(
        "product-tie-goes-up",
        "hls/fp/multiplier.py",
        "total & rounding.kept & ~(odd & tie.replicate(len(odd)))",
        "total & rounding.kept",
        "a subnormal product in a tie goes up, not to even",
        _BELOW_NORMAL,
    ),
    Fault(
        "product-half-late",
        "hls/fp/multiplier.py",
        "exponents == lowest - 1 - place",
        "exponents == lowest - place",
        "a subnormal product is rounded one place too high",
        _BELOW_NORMAL,
    ),
    Fault(
        "product-overflow-late",
        "hls/fp/multiplier.py",
        "product.infinite | overflow",
        "product.infinite",
        "a BF16 product in the binade above the highest comes back by what is subtracted",
        accumulator("bf16", 5),
    ),
)

_SUM, _DEEPEST_SUM = accumulator("fp16", 5), accumulator("fp16", 6)

ACCUMULATOR_FAULTS = (
    Fault(
        "coarse-sticky-dropped",
        "hls/fp/accumulator.py",
        "coarse = Cat(lost, small",
        "coarse = Cat(Const(0, 1), small",
        "what leaves in a shift of 14 is forgotten",
        _SUM,
    ),
    Fault(
        "total-sticky-dropped",
        "hls/fp/accumulator.py",
        "Cat(total[:_LOWEST].any(), window)",
        "Cat(total[1:_LOWEST].any() & 0, window)",
        "what the slice shifted out of rounding's sight is forgotten",
        _SUM,
    ),
    Fault(
        "multiply-add-half-up",
        "hls/fp/accumulator.py",
        "below[-1] & (below[:-1].any() | fraction[0])",
        "below[-1]",
        "a sum in a tie goes up, not to even",
        _SUM,
    ),
    Fault(
        "negative-total-filled-with-zeros",
        "hls/fp/accumulator.py",
        "Cat(fill.replicate(count << place), word)",
        "Cat(Const(0, count << place), word)",
        "zeros follow an inverted sum on its way left",
        _SUM,
    ),
    Fault(
        "negative-total-keeps-sign",
        "hls/fp/accumulator.py",
        "sign=Mux(negative, x.small_sign, x.sign)",
        "sign=x.sign",
        "the operand with the larger exponent gives its sign even if it is the smaller",
        _SUM,
    ),
    Fault(
        "product-cancellation-keeps-sign",
        "hls/fp/accumulator.py",
        " & ~(zero & (x.sign ^ x.small_sign))",
        "",
        "-x + x is -0",
        _SUM,
    ),
    Fault(
        "infinite-product-minus-infinity",
        "hls/fp/accumulator.py",
        ".any() | product.infinite & opposite)",
        ".any())",
        "infinity - infinity is an infinity",
        _SUM,
    ),
    Fault(
        "subnormal-word-exponent",
        "hls/fp/accumulator.py",
        "Cat(field[0] | ~normal, field[1:])",
        "Cat(field[0], field[1:])",
        "a subnormal addend counts half",
        accumulator("bf16", 5),
    ),
    Fault(
        "multiply-add-normalised-too-far",
        "hls/fp/accumulator.py",
        "~parts[:n].any() & (spare | (left >= n))",
        "~parts[:n].any()",
        "a subnormal sum is normalised past the least exponent",
        accumulator("bf16", 5),
    ),
    Fault(
        "multiply-add-overflow-missed",
        "hls/fp/accumulator.py",
        "(window[-1] | exponent[0] & window[-2])",
        "(exponent[0] & window[-2])",
        "a sum that doubles the highest binade keeps its fraction",
        accumulator("bf16", 5),
    ),
    Fault(
        "nan-keeps-sign",
        "hls/fp/accumulator.py",
        "x.sign & ~x.nan",
        "x.sign",
        "NaN comes out with a sign",
        _SUM,
    ),
    Fault(
        "accumulator-register-missing",
        "hls/fp/accumulator.py",
        '6: ("measured", "placed", "added", "inverted", "normalised", "rounded"),',
        '6: ("measured", "placed", "added", "normalised", "rounded"),',
        "the accumulator of six stages has a register less",
        _DEEPEST_SUM,
    ),
)

_DEFAULT_DEPTH = adder(5)

ADDER_FAULTS = (
    Fault(
        "sticky-dropped",
        "hls/fp/shift.py",
        "Cat(kept[0] | Cat(lost).any(), kept[1:])",
        "Cat(kept[0] | Cat(lost[:-1]).any(), kept[1:])",
        "a bit that leaves in the longest shift of a digit is forgotten",
        _DEFAULT_DEPTH,
    ),
    Fault(
        "sum-half-up",
        "hls/fp/adder.py",
        "up = below[-1] & (below[:-1].any() | fraction[0])",
        "up = below[-1]",
        "a sum in a tie goes up, not to even",
        _DEFAULT_DEPTH,
    ),
    Fault(
        "cancellation-keeps-sign",
        "hls/fp/adder.py",
        "Mux(swap, b[-1], a[-1]) & ~cancels",
        "Mux(swap, b[-1], a[-1])",
        "-x + x is -0",
        _DEFAULT_DEPTH,
    ),
    Fault(
        "infinity-minus-infinity",
        "hls/fp/adder.py",
        "special & (fraction.any() | ordered.cancels)",
        "special & fraction.any()",
        "infinity - infinity is an infinity",
        _DEFAULT_DEPTH,
    ),
    Fault(
        "subnormal-addend-exponent",
        "hls/fp/adder.py",
        "Cat(field[0] | ~normal, field[1:])",
        "Cat(field[0], field[1:])",
        "a subnormal addend counts half",
        _DEFAULT_DEPTH,
    ),
    Fault(
        "sum-normalised-too-far",
        "hls/fp/adder.py",
        "~significand[-step * n :].any() & (spare | (left >= n))",
        "~significand[-step * n :].any()",
        "a subnormal sum is normalised past the least exponent",
        _DEFAULT_DEPTH,
    ),
    Fault(
        "sum-overflow-missed",
        "hls/fp/adder.py",
        "exponent[1:].all() & (exponent[0] | significand[-1])",
        "exponent[1:].all() & exponent[0]",
        "a sum that doubles the highest binade keeps its fraction",
        _DEFAULT_DEPTH,
    ),
    Fault(
        "pipeline-register-missing",
        "hls/fp/adder.py",
        '2: ("aligned", "rounded"),',
        '2: ("rounded",),',
        "the adder of two stages has a register less",
        adder(2, pairs=20_000),
    ),
)

ARITHMETIC_FAULTS = (*MULTIPLIER_FAULTS, *ACCUMULATOR_FAULTS, *ADDER_FAULTS)
