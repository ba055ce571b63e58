"""The mutation check: its faults fit the sources, its verdicts are right, and a handful of faults is caught."""

from __future__ import annotations

import re

import pytest

from benchmarks.mutants import __main__ as mutants
from benchmarks.mutants.checks import ROOT, unit_tests
from benchmarks.mutants.fault import Check, Fault
from benchmarks.mutants.trial import Outcome, control, judged, mutant
from heddle.arch.errors import HeddleError

# As quick as a check can be: it looks at one constant of the sources, and its evidence is printed by hand.
PEEK = Check(
    "peek",
    ("-c", "from heddle.hls.stream.queue import Queue\nif Queue.latency != 1:\n    raise SystemExit('wrong latency')"),
    "wrong latency",
)


def fault(old: str, new: str) -> Fault:
    return Fault("tried", "hls/stream/queue.py", old, new, "something", PEEK)


@pytest.mark.parametrize("name", mutants.FAULTS)
def test_every_fault_fits_the_sources_in_one_place_and_leaves_them_python(name: str) -> None:
    seeded = mutants.FAULTS[name]
    source = (ROOT / seeded.path).read_text()
    changed = seeded.applied(source)
    assert changed != source
    compile(changed, seeded.path, "exec")


def test_a_fault_that_no_longer_fits_is_named() -> None:
    with pytest.raises(
        HeddleError, match=r"fault tried: 'latency = 7' stands 0 times in hls/stream/queue.py, not once"
    ):
        mutant(fault("latency = 7", "latency = 8"))


def test_a_check_that_sees_the_fault_catches_it_and_passes_without() -> None:
    assert mutant(fault("latency = 1\n", "latency = 2\n")).outcome is Outcome.CAUGHT
    assert control(PEEK).outcome is Outcome.PASSED


def test_a_fault_that_no_check_sees_survives() -> None:
    assert mutant(fault("a first-in first-out buffer", "a buffer")).outcome is Outcome.PASSED


def test_a_mutant_that_does_not_even_import_is_not_caught() -> None:
    trial = mutant(fault("latency = 1\n", "latency = undefined\n"))
    assert (trial.outcome, trial.said) == (Outcome.BROKEN, "NameError: name 'undefined' is not defined")


def test_the_repository_is_left_as_it_was() -> None:
    before = (ROOT / "hls/stream/queue.py").read_bytes()
    mutant(fault("latency = 1\n", "latency = 2\n"))
    assert (ROOT / "hls/stream/queue.py").read_bytes() == before


@pytest.mark.parametrize(
    ("exit_status", "output", "outcome"),
    [
        (0, "", Outcome.PASSED),
        (1, "test_queue.py:30: assert [1] == [2]", Outcome.CAUGHT),
        (1, "test_queue.py:30: AttributeError: no attribute 'x'", Outcome.BROKEN),
        (2, "collected nothing", Outcome.BROKEN),
    ],
)
def test_only_a_failed_comparison_in_a_test_is_evidence(exit_status: int, output: str, outcome: Outcome) -> None:
    assert judged(unit_tests("hls/stream/test_queue.py"), exit_status, output)[0] is outcome


def test_a_survivor_fails_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    survivor = fault("a first-in first-out buffer", "a buffer")
    assert not mutants.check_faults([survivor], jobs=1)
    sound, survived, total = capsys.readouterr().out.splitlines()
    assert sound.startswith("sound    no fault")
    assert survived.startswith("SURVIVED tried")
    assert re.fullmatch(r"0 of 1 caught, 1 of 1 checks sound without a fault \(\d+ s\)", total)


def test_an_unknown_fault_is_named_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert mutants.main(["ring-one-lon"]) == 2
    assert capsys.readouterr().err.startswith("heddle: unknown fault 'ring-one-lon'; did you mean 'ring-one-long'?")


def test_the_list_seeds_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert mutants.main(["--list", "queue-overfull"]) == 0
    assert (
        capsys.readouterr().out
        == "queue-overfull              hls/stream/queue.py     a full queue takes a word more\n"
    )


@pytest.mark.parametrize("name", mutants.QUICK)
def test_a_fault_of_each_kind_is_caught(name: str) -> None:
    """Without the fault each check is a part of the suite; ``make mutants`` runs the two beside each other."""
    assert mutant(mutants.FAULTS[name]).outcome is Outcome.CAUGHT
