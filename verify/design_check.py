"""A design verified from Python: its RTL on cases, held against the simulator, and the verdicts as a table."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from heddle.arch.boards import Board, load_board
from heddle.arch.design import Dataflow, Design
from heddle.dataflow.input_sizes import InputSizes
from heddle.hls.generate import check_generable
from heddle.verify.model import Simulator
from heddle.verify.operands import Extents
from heddle.verify.results import Verdict, all_passed
from heddle.verify.run_benches import Follow, run_benches, unfollowed
from heddle.verify.selection import Selection, selected_benches

if TYPE_CHECKING:  # takes a while to load, and only a frame needs it
    import pandas as pd

_COLUMNS = ("name", "bit_exact", "rtl_cycles", "sim_cycles", "passed")


@dataclass(frozen=True)
class Verified:
    """The verdicts on a design's cases, in order; ``seed`` drew their operands and stalls."""

    design: Design
    simulator: Simulator
    seed: int
    verdicts: tuple[Verdict, ...]

    @property
    def passed(self) -> bool:
        """True when every case passed."""
        return all_passed(self.verdicts)

    def frame(self) -> pd.DataFrame:
        """Return a row a case: ``name``, ``bit_exact``, ``rtl_cycles``, ``sim_cycles``, ``passed``.

        Cycles are whole numbers; ``sim_cycles`` is missing where streams stall on purpose, which claims bits only.
        """
        import pandas as pd

        rows = pd.DataFrame([{name: getattr(each, name) for name in _COLUMNS} for each in self.verdicts])
        return rows.astype({"rtl_cycles": "Int64", "sim_cycles": "Int64"})


def verify_design(
    design: Design,
    *,
    board: Board | None = None,
    gemm: tuple[int, int, int] | None = None,
    workload: str | None = None,
    sizes: InputSizes | None = None,
    recipe: str = "bdwp",
    weights: Path | None = None,
    layer: str | None = None,
    dataflow: Dataflow | None = None,
    case: str | None = None,
    seed: int = 0,
    simulator: Simulator = "verilator",
    out: Path | None = None,
    follow: Follow = unfollowed,
) -> Verified:
    """Run the RTL of ``design`` on products and hold it against the simulator: every bit, every cycle.

    Without ``gemm`` (m, k, n), ``workload`` and ``weights``, of which one may be given, a suite of products and the
    lanes beside the array are run. Logs stay in the folder ``out`` where it is given. A wrong bit raises nothing: it
    is a verdict. Raises HeddleError for a design that is no hardware, names that there are not, and missing tools.

    >>> heddle.verify(heddle.load_design("tiny"), gemm=(4, 16, 4)).passed  # doctest: +SKIP
    True
    """
    check_generable(design)
    selection = Selection(
        gemm=Extents(*gemm) if gemm is not None else None,
        workload=workload,
        sizes=sizes or InputSizes(),
        weights=weights,
        layer=layer,
        recipe=recipe,
        dataflow=dataflow,
        seed=seed,
        case=case,
    )
    benches = selected_benches(selection, design, board or load_board(design.board), "heddle verify")
    verdicts = run_benches(benches, simulator, out, follow=follow)
    return Verified(design, simulator, seed, tuple(verdicts))
