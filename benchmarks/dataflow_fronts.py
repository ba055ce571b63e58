"""``python -m benchmarks.dataflow_fronts``: what each set of dataflows reaches within the same LUTs, as Markdown.

Explores the default space for each set by itself, for the networks and batches of ``STEPS`` under BDWP. A cell is the
least time of a training step among all designs of at most so many LUTs on a VCU1525. About three minutes on two cores.
"""

from __future__ import annotations

import pandas as pd

from heddle.arch.boards import load_board
from heddle.dataflow.recipes import recipe_named
from heddle.dataflow.zoo.registry import zoo_network
from heddle.dse.explore import explore
from heddle.dse.request import ExploreRequest
from heddle.dse.space import Space, load_space

STEPS = (("resnet18", 512), ("resnet18", 8), ("vit-small", 32))
BUDGETS_LUT = (200_000, 400_000, 600_000, 800_000, 1_000_000)
SETS = ("ws", "os", "os+ws")


def front(network: str, batch: int, space: Space) -> pd.DataFrame:
    """Return the front over time and LUTs of a space."""
    request = ExploreRequest(
        network=zoo_network(network),
        batch=batch,
        recipe=recipe_named("bdwp"),
        board=load_board("vcu1525"),
        space=space,
        objectives=("time", "lut"),
    )
    return explore(request).front


def cell(found: pd.DataFrame, budget_lut: int) -> str:
    """Return the least time within ``budget_lut`` and the array that takes it."""
    within = found[found["lut"] <= budget_lut]
    if within.empty:
        return "none"
    best = within.loc[within["time_s"].idxmin()]
    return f"{best['time_s']:.4g} s, {best['rows']} × {best['cols']}"


def main() -> None:
    """Print the table."""
    print(f"| step | dataflows | {' | '.join(f'{budget:,} LUT' for budget in BUDGETS_LUT)} |")
    print("|---" * (2 + len(BUDGETS_LUT)) + "|")
    for network, batch in STEPS:
        for dataflows in SETS:
            space = load_space("default").model_copy(update={"dataflows": (dataflows,)})
            found = front(network, batch, space)
            cells = " | ".join(cell(found, budget) for budget in BUDGETS_LUT)
            print(f"| {network}, batch {batch} | {dataflows} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
