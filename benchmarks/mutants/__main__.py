"""The mutation check: ``python -m benchmarks.mutants [--set SET] [--quick] [--list] [NAME ...]``.

Seeds each fault, one at a time, into a copy of ``hls`` and runs the check that must catch it; before that, each of
those checks on a copy without fault, where it must pass. Exit status 0 when every fault is caught, 1 when one is not
(it survives, or its check ends without a verdict) or a check fails without a fault, 2 on bad input.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

from benchmarks.mutants.ahead_faults import AHEAD_FAULTS
from benchmarks.mutants.arithmetic_faults import ARITHMETIC_FAULTS
from benchmarks.mutants.array_faults import ARRAY_FAULTS
from benchmarks.mutants.axi_faults import AXI_FAULTS
from benchmarks.mutants.fault import Fault
from benchmarks.mutants.lane_faults import LANE_FAULTS
from benchmarks.mutants.machine_block_faults import CONTROL_BLOCK_FAULTS, MEMORY_FAULTS
from benchmarks.mutants.machine_feed_faults import FEED_FAULTS, TRANSFER_FAULTS
from benchmarks.mutants.register_faults import CUT_FAULTS, LITE_FAULTS, REGISTER_FAULTS, STOP_FAULTS
from benchmarks.mutants.trial import Outcome, Trial, control, mutant
from benchmarks.mutants.verify_faults import VERIFY_FAULTS, VERIFY_KINDS
from heddle.arch.errors import HeddleError, unknown

#: By the part of the suite that must catch them: tests, proofs and vectors; those of the whole machine's blocks, and of
#: a host's control of it; ``heddle verify`` by itself.
SETS = {
    "suite": (*ARRAY_FAULTS, *ARITHMETIC_FAULTS, *LANE_FAULTS, *AXI_FAULTS, *AHEAD_FAULTS),
    "machine": (*MEMORY_FAULTS, *CONTROL_BLOCK_FAULTS, *TRANSFER_FAULTS, *FEED_FAULTS),
    "registers": (*LITE_FAULTS, *CUT_FAULTS, *REGISTER_FAULTS, *STOP_FAULTS),
    "verify": VERIFY_FAULTS,
}
FAULTS = {fault.name: fault for faults in SETS.values() for fault in faults}
#: One for each kind of check.
QUICK = ("first-slot-from-the-ring", "infinity-minus-infinity", "fork-remembers", "narrowed-half-up")

_OF_MUTANTS = {Outcome.CAUGHT: "caught", Outcome.PASSED: "SURVIVED", Outcome.BROKEN: "BROKEN"}
_OF_CONTROLS = {Outcome.CAUGHT: "FAILED", Outcome.PASSED: "sound", Outcome.BROKEN: "BROKEN"}
_SAID_CHARACTERS = 120


def check_faults(faults: Sequence[Fault], jobs: int) -> bool:
    """Run the checks of ``faults``, first without and then with them, ``jobs`` at a time; print a line for each.

    Those of a kind are counted together too.
    Return True when all checks pass without and none with its fault. Raises HeddleError where a fault no longer fits
    the sources.
    """
    checks = tuple(dict.fromkeys(fault.check for fault in faults))
    started = time.monotonic()
    sound = 0
    caught: set[str] = set()
    with ThreadPoolExecutor(jobs) as pool:
        for trial in pool.map(control, checks):
            _print_trial(_OF_CONTROLS[trial.outcome], "no fault", trial)
            sound += trial.outcome is Outcome.PASSED
        for fault, trial in zip(faults, pool.map(mutant, faults), strict=True):
            _print_trial(_OF_MUTANTS[trial.outcome], fault.name, trial)
            caught |= {fault.name} if trial.outcome is Outcome.CAUGHT else set()
    _print_kinds({fault.name for fault in faults}, caught)
    seconds = time.monotonic() - started
    sound_checks = f"{sound} of {len(checks)} checks sound without a fault"
    print(f"{len(caught)} of {len(faults)} caught, {sound_checks} ({seconds:.0f} s)")
    return len(caught) == len(faults) and sound == len(checks)


def _print_kinds(seeded: set[str], caught: set[str]) -> None:
    """Print a line for each kind of which faults were seeded."""
    for kind, faults in VERIFY_KINDS.items():
        names = seeded & {fault.name for fault in faults}
        if names:
            print(f"{kind}: {len(names & caught)} of {len(names)} caught")


def _print_trial(verdict: str, name: str, trial: Trial) -> None:
    said = f": {trial.said[:_SAID_CHARACTERS]}" if trial.said else ""
    print(f"{verdict:8} {name:27} {trial.seconds:5.0f} s  {trial.check.name}{said}", flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what ``arguments`` name; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mutants", description="The mutation check of the RTL.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="faults to seed; none means all")
    parser.add_argument("--set", choices=SETS, help="faults that one part of the suite must catch")
    parser.add_argument("--quick", action="store_true", help="only a handful, one for each kind of check")
    parser.add_argument("--list", action="store_true", help="say which faults there are and seed none")
    parser.add_argument("--jobs", type=int, default=2, help="trials at a time")
    chosen = parser.parse_args(arguments)
    try:
        every = [fault.name for fault in SETS[chosen.set]] if chosen.set else FAULTS
        faults = _named(chosen.names or (QUICK if chosen.quick else every))
        if chosen.list:
            print("\n".join(f"{fault.name:27} {fault.path:23} {fault.breaks}" for fault in faults))
            return 0
        return 0 if check_faults(faults, chosen.jobs) else 1
    except HeddleError as error:
        print(f"heddle: {error}", file=sys.stderr)
        return 2


def _named(names: Iterable[str]) -> list[Fault]:
    for name in names:
        if name not in FAULTS:
            raise unknown("fault", name, FAULTS)
    return [FAULTS[name] for name in names]


if __name__ == "__main__":
    sys.exit(main())
