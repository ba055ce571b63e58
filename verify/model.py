"""A simulator's compiled model of emitted Verilog."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

Simulator = Literal["verilator", "icarus"]
SIMULATORS: tuple[Simulator, ...] = get_args(Simulator)


@dataclass(frozen=True)
class Model:
    """What ``simulator`` made in ``folder`` of the Verilog whose top module is ``top``; ``waves``: it can write FST."""

    simulator: Simulator
    folder: Path
    top: str
    waves: bool

    def wave_arguments(self, path: Path) -> list[str]:
        """Arguments of the simulator that make it write its waves to ``path``; none without waves."""
        if not self.waves:
            return []
        return ["--trace-file", str(path)] if self.simulator == "verilator" else [f"+dumpfile_path={path}"]
