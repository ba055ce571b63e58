"""Points a second of an exploration: ResNet-18, batch 512, BDWP, the whole training step a point.

Run ``python -m benchmarks.explore [space]``. Prints the figures for a person, then one JSON line. Nothing is
written to disk; compilation is timed apart, as it happens once an installation.
"""

from __future__ import annotations

import json
import resource
import sys
import time

from heddle.arch.boards import load_board
from heddle.dataflow.recipes import recipe_named
from heddle.dataflow.zoo.registry import zoo_network
from heddle.dse.explore import explore
from heddle.dse.request import ExploreRequest
from heddle.dse.space import load_space

WORKLOAD, BATCH, RECIPE, BOARD = "resnet18", 512, "bdwp", "vcu1525"


def main(space_name: str = "default") -> None:
    request = ExploreRequest(
        network=zoo_network(WORKLOAD),
        batch=BATCH,
        recipe=recipe_named(RECIPE),
        board=load_board(BOARD),
        space=load_space(space_name),
    )
    start_s = time.perf_counter()
    found = explore(request)
    whole_s = time.perf_counter() - start_s
    figures = {
        "space": space_name,
        "grid_points": request.space.points,
        "points": found.points,
        "front": len(found.front),
        "seconds": round(found.seconds, 3),
        "preparation_seconds": round(whole_s - found.seconds, 3),
        "points_per_second": round(found.points_per_second),
        "peak_rss_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }
    for name, value in figures.items():
        print(f"{name:20} {value:,}" if isinstance(value, int) else f"{name:20} {value}")
    print(json.dumps(figures))


if __name__ == "__main__":
    main(*sys.argv[1:2])
