"""Run folders for the tests of ``heddle report``: real ones of the quick verbs, made-up documents of the slow ones."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from heddle.arch.design import Design
from heddle.arch.resources import RESOURCE_NAMES
from heddle.cli.main import main
from heddle.reports.runs.documents.synthesis import YosysSynthesis
from heddle.reports.runs.documents.training import MachineCosts, SeedRun, TrainingDocument
from heddle.reports.runs.documents.verification import AcceleratorVerification, Verification
from heddle.sim.stalls import STALL_CAUSES
from heddle.verify.results import MachineVerdict, Verdict

EXPLORE = ["explore", "--workload", "mlp", "--batch", "16", "--space", "small"]
SIMULATE = ["simulate", "--workload", "mlp", "--batch", "8", "--design", "tiny"]


def heddle(*words: str) -> None:
    """Run a verb that is to succeed."""
    assert main(list(words)) == 0


def write_json(path: Path, document: dict[str, Any]) -> Path:
    """Write a document, its folder too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document))
    return path


def verify_document(design: Design) -> dict[str, Any]:
    """What ``heddle verify`` writes of two cases, of which one claims bits only."""
    rerun = "heddle verify --case a"
    verdicts = [Verdict("a", True, 120, 120, (), rerun), Verdict("b", True, 140, None, (), rerun)]
    return Verification.of(verdicts, design, "verilator", 0).model_dump(mode="json")


def accelerator_document(design: Design) -> dict[str, Any]:
    """What ``heddle verify --top accelerator`` writes of two programs, of which one is not simulated in time."""
    waits = dict.fromkeys(STALL_CAUSES, 5)
    verdicts = [
        MachineVerdict("a", True, 120, 120, 90, 90, waits, waits, (), "heddle verify --top accelerator --case a"),
        MachineVerdict("b", True, 140, None, 110, None, waits, None, (), "heddle verify --top accelerator --case b"),
    ]
    return AcceleratorVerification.of(verdicts, design, 0).model_dump(mode="json")


def synth_document(design: Design) -> dict[str, Any]:
    """What ``heddle synth`` writes of an array of one kind of PE and of one lane."""
    pes, pe = design.array.processing_elements, _module("heddle_uspe", "array", design.array.processing_elements, 700)
    lane = _module("heddle_sore_lane", "sore", design.lanes.sore, 300)
    totals = {name: pes * pe[name] + design.lanes.sore * lane[name] for name in RESOURCE_NAMES}
    return YosysSynthesis.model_validate(
        {
            **totals,
            "fits": True,
            "tool": "Yosys 0.0",
            "design": design,
            "board": design.board,
            "modules": (pe, lane),
            "stages": (
                {"module": "heddle_uspe", "start": "a", "end": "b", "delay_ns": 4.0, "relative": 1.0},
                {"module": "heddle_sore_lane", "start": "", "end": "c", "delay_ns": 2.0, "relative": 0.5},
            ),
            "covers": ("array", "sore"),
            "missing": ("wuve",),
            "estimated": {},
            "flat_array": None,
            "placed_pe": None,
            "notes": ("Without routing.",),
        }
    ).model_dump(mode="json")


def _module(name: str, part: str, count: int, lut: int) -> dict[str, Any]:
    return {
        "name": name,
        "part": part,
        "count": count,
        "lut": lut,
        "lut_as_memory": 8,
        "ff": 500,
        "dsp": 1,
        "bram36": 0.5,
        "uram": 0,
    }


def train_document(design: Design | None, seeds: Sequence[int] = (0, 1)) -> dict[str, Any]:
    """What ``heddle train`` writes of two seeds under BDWP and dense."""
    runs = (
        SeedRun(
            seed=seed,
            accuracy=90.0 + seed,
            dense_accuracy=91.0 + seed,
            loss=0.5,
            dense_loss=0.25,
            skipped_steps=0,
        )
        for seed in seeds
    )
    costs = {"time_s": 2.0, "energy_j": 4.0, "dense_time_s": 3.0, "dense_energy_j": 8.0}
    machine = MachineCosts(design=design.name, design_sparsity="2:4", **costs) if design else None
    return TrainingDocument(
        model="mlp",
        data="digits",
        recipe="bdwp",
        sparsity="2:4",
        epochs=3,
        steps=10,
        seeds=tuple(seeds),
        mac_fraction=0.5,
        accuracy_mean=90.5,
        accuracy_std=0.7,
        dense_accuracy_mean=91.5,
        dense_accuracy_std=0.7,
        difference_mean=-1.0,
        difference_std=0.0,
        runs=tuple(runs),
        failures=(),
        wu_operands={},
        machine=machine,
        design=design,
    ).model_dump(mode="json")
