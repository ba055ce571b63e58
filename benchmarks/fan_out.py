"""``python -m benchmarks.fan_out [DESIGN]``: the nets of a design's array that drive the most, one of each module.

A line a module: how many inputs its largest net drives, over all modules that the net passes through.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from heddle.arch.design_io import load_design
from heddle.arch.errors import HeddleError
from heddle.arch.scratch_folder import scratch_folder
from heddle.hls.generate import array_rtl
from heddle.synth.yosys.fan_out import fan_outs

_MOST_LINES = 12


def main(arguments: Sequence[str]) -> int:
    """Print the lines; 2 when the design or yosys is not there."""
    try:
        rtl = array_rtl(load_design(arguments[0] if arguments else "small"))
        with scratch_folder("fan-out") as folder:
            nets = fan_outs(rtl.verilog.values(), rtl.top, folder)
    except HeddleError as error:
        print(f"heddle: {error}", file=sys.stderr)
        return 2
    shown: set[str] = set()
    for net in nets:
        if net.module not in shown and len(shown) < _MOST_LINES:
            shown.add(net.module)
            print(f"{net.loads:7,} {net.module} {net.net}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
