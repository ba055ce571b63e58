"""What all tests share: Hypothesis draws the same examples in every run, without a stop-watch; hardware is marked."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")

_HARDWARE = [Path(__file__).parent / folder for folder in ("hls", "verify")]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what stands in the folders of hardware as ``rtl``."""
    for item in items:
        if any(folder in item.path.parents for folder in _HARDWARE):
            item.add_marker("rtl")
