"""Time of ``heddle simulate`` in a cold process with cached kernels, against an empty Python process.

Prints one JSON line: medians of five runs each in seconds, and how many times longer the command takes.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time

RUNS = 5
COMMAND = [sys.executable, "-m", "heddle.cli.main", "simulate", "--workload", "resnet18", "--batch", "512", "--json"]
EMPTY = [sys.executable, "-c", "pass"]


def median_seconds(command: list[str]) -> float:
    taken = []
    for _ in range(RUNS):
        begun = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        taken.append(time.perf_counter() - begun)
    return statistics.median(taken)


def main() -> None:
    subprocess.run(COMMAND, check=True, stdout=subprocess.DEVNULL)  # compiles the kernels where they are not cached
    simulate_s, empty_s = median_seconds(COMMAND), median_seconds(EMPTY)
    print(
        json.dumps(
            {
                "benchmark": "cold_start",
                "runs": RUNS,
                "simulate_s": round(simulate_s, 3),
                "empty_python_s": round(empty_s, 3),
                "ratio_to_empty_python": round(simulate_s / empty_s, 1),
            }
        )
    )


if __name__ == "__main__":
    main()
