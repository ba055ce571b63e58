"""The N:M notation as people write it: ``2:8`` keeps 2 of every 8."""

from __future__ import annotations

import re

from heddle.arch.design import GROUP_SIZES, SparsityConfig
from heddle.arch.errors import HeddleError

_NOTATION = re.compile(r"([0-9]{1,9}):([0-9]{1,9})")


def parse_sparsity(text: str) -> SparsityConfig:
    """Return the sparsity that ``N:M`` stands for; N = M is dense.

    Raises HeddleError when the text is not N:M, M is unsupported, or N is not within 1 and M.

    >>> heddle.parse_sparsity("2:8").n
    2
    """
    match = _NOTATION.fullmatch(text.strip())
    if match is None:
        raise HeddleError(f"sparsity {text!r} is not of the form N:M, as in 2:8")
    return checked_sparsity(int(match[1]), int(match[2]))


def checked_sparsity(n: int, m: int) -> SparsityConfig:
    """Return ``n:m`` as a SparsityConfig, or raise HeddleError saying which of the two is out of range."""
    if m not in GROUP_SIZES:
        raise HeddleError(f"sparsity {n}:{m}: M = {m} is not supported; M is one of {_group_sizes()}")
    if not 1 <= n <= m:
        raise HeddleError(f"sparsity {n}:{m}: N = {n} is not within 1 and M = {m}")
    return SparsityConfig(n=n, m=m)


def _group_sizes() -> str:
    return ", ".join(map(str, GROUP_SIZES))
