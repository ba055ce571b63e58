"""The units behind the operations of an expression."""

import pytest

from heddle.hls.fp.expression import Operation
from heddle.hls.fp.units import Units


def test_operands_are_not_built():
    with pytest.raises(ValueError, match=r"Operation.SCALAR is an operand, not computed by a unit"):
        Units().build(Operation.SCALAR)
