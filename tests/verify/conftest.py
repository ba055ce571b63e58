"""What several tests of RTL share: the compiled model of the smallest machine."""

from __future__ import annotations

import pytest

from heddle.arch.boards import load_board
from heddle.arch.design_io import load_design
from heddle.verify.machine import Machine


@pytest.fixture(scope="session")
def machine() -> Machine:
    """The whole machine of the design ``tiny``."""
    design = load_design("tiny")
    return Machine(design, load_board(design.board))
