"""``python -m benchmarks.gear_area``: what gearboxes on a 512-bit bus take, as a Markdown table, by yosys.

``benchmarks.yosys`` says what those numbers are worth.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from amaranth.lib import wiring

from benchmarks.yosys import HEADINGS, row, synthesise
from heddle.arch.formats import FP16
from heddle.hls.axi.channels import AxiShape
from heddle.hls.gear.left import LeftGearbox
from heddle.hls.gear.right import IndexCounter, RightGearbox
from heddle.hls.gear.store import StoreGearbox, StoreShape, SumsNarrower

_BUS = AxiShape()
_BITS = FP16.width

#: FP16 operands; ``sat-vcu1525`` has 32 columns and M = 8.
MADE: Mapping[str, Callable[[], wiring.Component]] = {
    "left, M = 4: 8 groups": lambda: LeftGearbox(_BITS, 4, _BUS),
    "left, M = 8: 4 groups": lambda: LeftGearbox(_BITS, 8, _BUS),
    "left, M = 32: 1 group": lambda: LeftGearbox(_BITS, 32, _BUS),
    "right, 5 columns": lambda: RightGearbox(5, _BITS, _BUS),
    "right, 32 columns": lambda: RightGearbox(32, _BITS, _BUS),
    "right, 64 columns": lambda: RightGearbox(64, _BITS, _BUS),
    "packed indices, 5 columns, M = 8": lambda: RightGearbox(5, 3, _BUS),
    "packed indices, 32 columns, M = 8": lambda: RightGearbox(32, 3, _BUS),
    "counted indices, 32 columns, M = 8": lambda: IndexCounter(32, 8),
    "store, 5 columns": lambda: StoreGearbox(StoreShape(5, FP16, _BUS)),
    "store, 32 columns": lambda: StoreGearbox(StoreShape(32, FP16, _BUS)),
    "of these, narrowing and choice of parts": lambda: SumsNarrower(StoreShape(32, FP16, _BUS)),
}


def main() -> None:
    """Print the table."""
    print(HEADINGS)
    with tempfile.TemporaryDirectory() as folder:
        for number, (name, make) in enumerate(MADE.items()):
            print(row(name, synthesise(make(), f"gear{number}", Path(folder))), flush=True)


if __name__ == "__main__":
    main()
