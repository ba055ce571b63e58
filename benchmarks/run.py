"""All speed benchmarks in one run, each in a process of its own.

Exploration, engines, cold start, long topologies, RTL, SCALE-Sim.
"""

from __future__ import annotations

import subprocess
import sys

BENCHMARKS = ("explore", "engines", "cold_start", "topology_rows", "rtl_speed", "scalesim")


def main() -> int:
    failed = [
        name
        for name in BENCHMARKS
        if subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=False).returncode != 0
    ]
    for name in failed:
        print(f"benchmark {name} failed", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
