"""What ``verify`` and ``train`` left in their folders, as the page shows it."""

from __future__ import annotations

from pathlib import Path

from heddle.arch.design import Design
from heddle.arch.errors import HeddleError
from heddle.arch.json_file import read_json
from heddle.reports.review.content import AgreementPart, AgreementRow
from heddle.reports.runs.documents.training import TrainingDocument
from heddle.reports.runs.documents.verification import AcceleratorVerification, StalledCase, Verification
from heddle.reports.training_facts import TrainingFacts


def read_agreement(path: Path) -> tuple[AgreementPart, Design]:
    """Return the cases of a ``verify.json``, and the design that was run; raises HeddleError for a damaged file."""
    if read_json(path).get("top") == "accelerator":
        of_machine = AcceleratorVerification.read(path)
        machine_rows = tuple(_agreement(case, case.sim_cycles) for case in of_machine.cases)
        return AgreementPart(of_machine.design.name, of_machine.simulator, machine_rows), of_machine.design
    found = Verification.read(path)
    rows = [_agreement(case, case.sim_cycles) for case in found.cases]
    rows += [_agreement(case, None) for case in found.stalled_cases]
    return AgreementPart(found.design.name, found.simulator, tuple(rows)), found.design


def _agreement(case: StalledCase, sim_cycles: int | None) -> AgreementRow:
    return AgreementRow(case.name, case.bit_exact, case.rtl_cycles, sim_cycles, case.passed)


def read_training(path: Path) -> tuple[TrainingFacts, Design | None]:
    """Return what a ``train.json`` says, and the design that it was simulated on, where there is one.

    Raises HeddleError for a damaged file, and where no seed has finished both with the recipe and dense.
    """
    found = TrainingDocument.read(path)
    if not found.runs or found.accuracy_mean is None or found.accuracy_std is None:
        raise HeddleError(f"{path}: no seed has finished both with the recipe and dense")
    recipe = Path(found.recipe).stem if found.recipe.endswith(".py") else found.recipe
    return training_facts(found, recipe), found.design


def training_facts(found: TrainingDocument, recipe: str) -> TrainingFacts:
    """Return what tables and pages say of a training; ``recipe`` is what its recipe calls itself.

    At least one seed must have finished both with the recipe and dense. Times and energies are means over all steps.
    """
    assert found.accuracy_mean is not None
    assert found.accuracy_std is not None
    runs, costs = found.runs, found.machine
    # Runs that prune nothing are the dense ones themselves, written twice.
    has_dense = any((run.accuracy, run.loss) != (run.dense_accuracy, run.dense_loss) for run in runs)
    return TrainingFacts(
        model=found.model,
        data=found.data,
        recipe=recipe,
        sparsity=found.sparsity,
        arithmetic=found.arithmetic,
        epochs=found.epochs,
        seeds=tuple(run.seed for run in runs),
        accuracies=tuple(run.accuracy for run in runs),
        accuracy_mean=found.accuracy_mean,
        accuracy_std=found.accuracy_std,
        mac_fraction=found.mac_fraction,
        dense_accuracies=tuple(run.dense_accuracy for run in runs) if has_dense else (),
        dense_accuracy_mean=found.dense_accuracy_mean if has_dense else None,
        dense_accuracy_std=found.dense_accuracy_std if has_dense else None,
        difference_mean=found.difference_mean if has_dense else None,
        difference_std=found.difference_std if has_dense else None,
        design=costs.design if costs else None,
        step_time_s=costs.time_s / found.steps if costs else None,
        dense_step_time_s=costs.dense_time_s / found.steps if costs else None,
        step_energy_j=costs.energy_j / found.steps if costs else None,
        dense_step_energy_j=costs.dense_energy_j / found.steps if costs else None,
    )
