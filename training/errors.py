"""The one-line answer to a missing PyTorch."""

from __future__ import annotations

from importlib.util import find_spec

from heddle.arch.errors import HeddleError


def needs_torch() -> None:
    """Raise HeddleError where PyTorch is not installed; it is an extra, as it is large."""
    if find_spec("torch") is None:
        raise HeddleError("training needs PyTorch, which is not installed: pip install 'heddle-npu[train]'")
