# amaranth: UnusedElaboratable=no
"""Components that refuse their parameters: what Amaranth sees of them is never elaborated, and this file says so."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from amaranth.lib import wiring


def assert_refused(make: Callable[[], wiring.Component], error: type[Exception], match: str) -> None:
    """Assert that ``make``, a functools.partial, raises ``error`` with a message that ``match`` finds."""
    with pytest.raises(error, match=match):
        make()
