"""``heddle.compile_program``: what ``heddle compile`` does, from Python."""

from __future__ import annotations

from pathlib import Path

import pytest

import heddle
from heddle.cli.main import main


def test_python_writes_what_the_verb_writes(tmp_path: Path) -> None:
    design = heddle.load_design("tiny")
    network = heddle.zoo_network("mlp", image_size=8)
    compiled = heddle.compile_program(
        network, heddle.recipe_named("bdwp"), design, heddle.StepOptions(batch=2), tmp_path / "api", seed=3
    )
    command = ["compile", "--workload", "mlp", "--image-size", "8", "--batch", "2", "--design", "tiny", "--seed", "3"]
    assert main([*command, "--quiet", "--out", str(tmp_path / "cli")]) == 0
    names = ("program.bin", "listing.txt", "memory.bin", "memory.json")
    for name in names:
        assert (tmp_path / "api" / name).read_bytes() == (tmp_path / "cli" / name).read_bytes(), name
    assert (tmp_path / "api" / "program.bin").stat().st_size == 64 * (1 + len(compiled.program.words))


def test_what_the_verb_refuses_raises() -> None:
    with pytest.raises(heddle.HeddleError, match="recipe 'sdgp' prunes dy in bp"):
        heddle.compile_program(
            heddle.zoo_network("mlp"),
            heddle.recipe_named("sdgp"),
            heddle.load_design("tiny"),
            heddle.StepOptions(batch=2),
        )
