"""Faults of the processing element's arithmetic: recoder, multiplier, adder."""

from __future__ import annotations

from benchmarks.mutants.checks import adder, multiplier
from benchmarks.mutants.fault import Fault

_LEAST = multiplier("fp16", 0, 3)  # zero and subnormals
_NAN = multiplier("fp16", 0x7E00, 0x7E00)
_BELOW_NORMAL = multiplier("bf16", 0x2041, 0x2042)

MULTIPLIER_FAULTS = (
    Fault(
        "subnormal-not-normalised",
        "hls/fp/recode.py",
        "Mux(subnormal, fraction << left_by + 1, fraction)",
        "fraction",
        "a subnormal operand keeps its leading zeros",
        _LEAST,
    ),
    Fault(
        "subnormal-exponent-one-off",
        "hls/fp/recode.py",
        "Mux(subnormal, offset - left_by,",
        "Mux(subnormal, offset - left_by - 1,",
        "a subnormal operand counts half",
        _LEAST,
    ),
    Fault(
        "nan-taken-for-infinity",
        "hls/fp/recode.py",
        "code = Mux(fraction == 0, CLASS_INFINITY, CLASS_NAN)",
        "code = Mux(fraction[:-1] == 0, CLASS_INFINITY, CLASS_NAN)",
        "the quiet NaN without payload passes for an infinity",
        _NAN,
    ),
    Fault(
        "zero-times-infinity",
        "hls/fp/multiplier.py",
        "(class_b == CLASS_NAN) | zero & infinite",
        "(class_b == CLASS_NAN)",
        "0 x infinity is not NaN",
        _LEAST,
    ),
    Fault(
        "product-exponent-carry",
        "hls/fp/multiplier.py",
        "Cat(above_two, product.exponent_b)",
        "Cat(above_two & 0, product.exponent_b)",
        "a significand from 2 on does not raise the exponent",
        _LEAST,
    ),
    Fault(
        "nan-keeps-sign",
        "hls/fp/multiplier.py",
        "product.sign & ~product.nan",
        "product.sign",
        "NaN comes out with a sign",
        _NAN,
    ),
    Fault(
        "product-sticky-dropped",
        "hls/fp/multiplier.py",
        "(half & (sticky | kept[0]))",
        "(half & kept[0])",
        "a subnormal product just above a tie is rounded as a tie",
        _BELOW_NORMAL,
    ),
    Fault(
        "product-half-up",
        "hls/fp/multiplier.py",
        "(half & (sticky | kept[0]))",
        "half",
        "a subnormal product in a tie goes up, not to even",
        _BELOW_NORMAL,
    ),
    Fault(
        "product-overflow-late",
        "hls/fp/multiplier.py",
        "(exponent >= FP32.exponent_ones)",
        "(exponent > FP32.exponent_ones)",
        "BF16 products in the binade above the highest become NaN",
        multiplier("bf16", 0x7F01, 0x7F01),
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

ARITHMETIC_FAULTS = (*MULTIPLIER_FAULTS, *ADDER_FAULTS)
