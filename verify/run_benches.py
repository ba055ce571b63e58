"""Runs benches: each top module compiled once, its cases run in a folder named as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from heddle.arch.scratch_folder import scratch_folder
from heddle.verify.benches import Bench
from heddle.verify.icarus import build_icarus_model
from heddle.verify.model import Simulator
from heddle.verify.results import Verdict
from heddle.verify.simulation import Report, run_cases
from heddle.verify.unit_bench import UnitBench
from heddle.verify.verilator import build_verilator_model

#: Called with a top module before it is compiled; the block that it opens is left when its cases have run, and what
#: it yields is called with how many of how many cases are done.
Follow = Callable[[str], AbstractContextManager[Report]]


@contextmanager
def unfollowed(top: str) -> Iterator[Report]:
    """Tell nobody how far the cases of ``top`` are."""
    yield lambda done, total: None


def run_benches(
    benches: Iterable[Bench | UnitBench],
    simulator: Simulator,
    out: Path | None = None,
    *,
    waves: bool = False,
    follow: Follow = unfollowed,
) -> list[Verdict]:
    """Return the verdicts on all cases of ``benches``, in order.

    Units are programs that Verilator compiles: with another simulator they are left out.

    Cases, logs and (with ``waves``) waves go to ``out``, or to a folder that goes with the run. Raises HeddleError
    where the simulator is missing or ends early; the folder, whose log the error names, then stays.
    """
    with scratch_folder("verify") if out is None else nullcontext(out) as folder:
        verdicts: list[Verdict] = []
        for bench in benches:
            if isinstance(bench, UnitBench):
                verdicts += _run_units(bench, follow) if simulator == "verilator" else ()
            else:
                verdicts += _run_bench(bench, simulator, folder, waves, follow)
        return verdicts


def _run_units(bench: UnitBench, follow: Follow) -> Iterator[Verdict]:
    with follow("the floating-point units") as report:
        for done, case in enumerate(bench.cases):
            report(done, len(bench.cases))
            yield case.verdict()


def _run_bench(bench: Bench, simulator: Simulator, folder: Path, waves: bool, follow: Follow) -> list[Verdict]:
    rtl = bench.rtl()
    work = folder / rtl.top
    work.mkdir(exist_ok=True)
    with follow(rtl.top) as report:
        if simulator == "icarus":
            model = build_icarus_model(rtl, work / "icarus", waves=waves)
        else:
            model = build_verilator_model(rtl, waves=waves)
        return run_cases(model, bench.cases, work, report)
