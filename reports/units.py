"""Numbers as people read them: three significant digits, decimal SI prefixes, units always named."""

from __future__ import annotations

import math

_PREFIXES = {-12: "p", -9: "n", -6: "µ", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T", 15: "P", 18: "E"}
_MISSING = "–"


def engineering(value: float, unit: str = "", digits: int = 3) -> str:
    """Return ``value`` with an SI prefix and its unit: 0.00123, "s" gives "1.23 ms".

    ``digits`` are significant digits. A value that is not finite gives a dash. Outside the prefixes' range
    (pico to exa) the nearest prefix is used.
    """
    if not math.isfinite(value):
        return _MISSING
    exponent = _exponent(value, digits)
    scaled = value / 10.0**exponent
    text = f"{scaled:.{_decimals(scaled, digits)}f}"
    return f"{text} {_PREFIXES[exponent]}{unit}".rstrip()


def _exponent(value: float, digits: int) -> int:
    """The power of ten, a multiple of 3, under which the rounded value has one to three digits before the point."""
    if value == 0:
        return 0
    rounded = float(f"{abs(value):.{digits - 1}e}")
    exponent = 3 * math.floor(math.log10(rounded) / 3)
    return min(max(exponent, min(_PREFIXES)), max(_PREFIXES))


def _decimals(scaled: float, digits: int) -> int:
    if scaled == 0:
        return 0
    before_point = math.floor(math.log10(float(f"{abs(scaled):.{digits - 1}e}"))) + 1
    return min(max(digits - before_point, 0), digits)


def seconds(value: float) -> str:
    """Return a time, "1.23 ms"; whole seconds and more stay seconds."""
    return f"{value:,.0f} s" if math.isfinite(value) and abs(value) >= 999.5 else engineering(value, "s")


def joules(value: float) -> str:
    """Return an energy, "4.56 J"."""
    return engineering(value, "J")


def bytes_(value: float) -> str:
    """Return an amount of data in decimal units, "57.3 GB"; below 1 kB whole bytes."""
    return f"{value:.0f} B" if abs(value) < 1000 else engineering(value, "B")


def percent(share: float) -> str:
    """Return a share of one, "93.4 %"; a share that is not zero never reads as 0.0 %."""
    if not math.isfinite(share):
        return _MISSING
    if 0 < abs(share) < 0.0005:
        return "<0.1 %"
    return f"{100 * share:.1f} %"


def accuracy(percentage: float) -> str:
    """Return an accuracy that is in per cent already, "95.85 %": two decimals, as differences are that small."""
    return f"{percentage:.2f} %" if math.isfinite(percentage) else _MISSING


def accuracy_spread(percentage: float, deviation: float | None) -> str:
    """Return an accuracy with its standard deviation, "95.60 ± 0.74 %"; without it where there is none."""
    if deviation is None or not deviation > 0:
        return accuracy(percentage)
    return f"{percentage:.2f} ± {deviation:.2f} %"


def points(difference: float, deviation: float | None) -> str:
    """Return a difference of accuracies in percentage points, "−0.25 ± 0.31 points"; the sign is always shown."""
    if not math.isfinite(difference):
        return _MISSING
    sign = "−" if round(difference, 2) < 0 else "+"
    spread = f" ± {deviation:.2f}" if deviation is not None and deviation > 0 else ""
    return f"{sign}{abs(difference):.2f}{spread} points"


def factor(ratio: float) -> str:
    """Return a ratio, "1.85×"."""
    return f"{ratio:.2f}×" if math.isfinite(ratio) else _MISSING


def count(value: float) -> str:
    """Return a whole number with its thousands set apart, "1,182,240"."""
    return f"{value:,.0f}" if math.isfinite(value) else _MISSING
