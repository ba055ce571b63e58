"""What selects the cases of a verification: options that need each other."""

from __future__ import annotations

import pytest

from heddle.arch.errors import HeddleError
from heddle.dataflow.input_sizes import input_sizes
from heddle.verify.selection import Selection


def test_sizes_of_inputs_need_the_file_that_they_are_of() -> None:
    assert Selection(workload="m.onnx", sizes=input_sizes(["x=1x2"])).products == ("--workload",)
    with pytest.raises(
        HeddleError, match=r"^--input, --batch-axis and --no-batch need --workload FILE, the .onnx file$"
    ):
        Selection(sizes=input_sizes(no_batch=True))
