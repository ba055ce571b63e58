"""The parts of the suite that faults are held against, each as small as shows them."""

from __future__ import annotations

from pathlib import Path

from benchmarks.mutants.fault import Check

ROOT = Path(__file__).resolve().parents[2]

_MISMATCH = r"^mismatch: .*"
_WRONG_WORD = r"give 0x[0-9a-f]+, not 0x[0-9a-f]+"


def sweep(build: str) -> Check:
    """The cases of one machine of the randomised sweep, up to the first that fails."""
    return Check(f"sweep {build}", ("-m", "benchmarks.mutants.array_check", build), _MISMATCH)


def adder(stages: int, pairs: int = 200_000) -> Check:
    """Random and directed pairs through an FP32 adder of one depth."""
    arguments = ("-m", "heddle.verify.vectors", "adder", "--count", str(pairs), "--stages", str(stages))
    return Check(f"vectors adder, {stages} stages", arguments, _WRONG_WORD)


def accumulator(operand: str, stages: int, count: int = 200_000) -> Check:
    """Random and directed operands through a multiply-add whose accumulator has one depth."""
    arguments = ("-m", "heddle.verify.vectors", "accumulator", "--operand", operand, "--count", str(count))
    return Check(f"vectors {operand} accumulator, {stages} stages", (*arguments, "--stages", str(stages)), _WRONG_WORD)


def multiplier(operand: str, first: int, last: int) -> Check:
    """All words with those from ``first`` to ``last`` through a multiplier of one stage."""
    words = ("--first", str(first), "--last", str(last), "--stages", "1")
    arguments = ("-m", "heddle.verify.vectors", "multiplier", "--operand", operand, *words)
    return Check(f"vectors {operand} multiplier, {first:#06x} to {last:#06x}", arguments, _WRONG_WORD)


def proof(name: str) -> Check:
    """One formal proof."""
    return Check(f"proof {name}", ("-m", "heddle.verify.formal", name), r"FAILED: .*")


def verified(design: str) -> Check:
    """The cases of ``heddle verify`` of a design, and nothing else of the suite, up to the first part that fails."""
    return Check(f"heddle verify --design {design}", ("-m", "benchmarks.mutants.verify_check", design), _MISMATCH)


def machine(design: str) -> Check:
    """The programs that ``heddle verify --top accelerator`` draws for a design, up to the first that fails."""
    return Check(f"machine {design}", ("-m", "benchmarks.mutants.machine_check", design), _MISMATCH)


def unit_tests(module: str) -> Check:
    """The tests of one module, up to the first that fails."""
    pytest = ("-m", "pytest", "-x", "--tb=line", "-p", "no:cacheprovider", "-c", str(ROOT / "pyproject.toml"))
    where = ("--rootdir", str(ROOT), str(ROOT / "tests" / module))
    return Check(f"tests/{module}", (*pytest, *where), r"(?<=\.py:)\d+: (?:AssertionError|assert ).*")
