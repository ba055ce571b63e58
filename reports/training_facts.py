"""A training run as people read it: the accuracy that it reached, what it costs, and both against dense training."""

from __future__ import annotations

from dataclasses import dataclass

from heddle.reports.units import accuracy, accuracy_spread, factor, joules, percent, points, seconds

AGAINST_DENSE = "compared with dense"


@dataclass(frozen=True)
class TrainingFacts:
    """What was trained, how, and how it went; accuracies are test accuracies in per cent.

    ``accuracies`` and ``dense_accuracies`` are those of the ``seeds``, in their order; ``difference_mean`` and
    ``difference_std`` are of their differences seed by seed, in percentage points. What is about dense training is
    empty or None where nothing dense was trained. ``mac_fraction`` is the run's multiply-adds over those of dense
    training. Times and energies are simulated, of one training step on ``design``, and None without one.

    Raises ValueError when the accuracies are not one a seed, or only some figures of dense training are given.
    """

    model: str
    data: str
    recipe: str
    sparsity: str
    arithmetic: str
    epochs: int
    seeds: tuple[int, ...]
    accuracies: tuple[float, ...]
    accuracy_mean: float
    accuracy_std: float
    mac_fraction: float
    dense_accuracies: tuple[float, ...] = ()
    dense_accuracy_mean: float | None = None
    dense_accuracy_std: float | None = None
    difference_mean: float | None = None
    difference_std: float | None = None
    design: str | None = None
    step_time_s: float | None = None
    dense_step_time_s: float | None = None
    step_energy_j: float | None = None
    dense_step_energy_j: float | None = None

    def __post_init__(self) -> None:
        lengths = len(self.seeds), len(self.accuracies), len(self.dense_accuracies) or len(self.seeds)
        if len(set(lengths)) != 1:
            raise ValueError(
                f"{len(self.seeds)} seeds need as many accuracies, got {lengths[1]} and {lengths[2]} dense"
            )
        means = self.dense_accuracy_mean, self.difference_mean
        if {mean is not None for mean in means} != {self.has_dense}:
            raise ValueError("dense accuracies, their mean and the mean difference are given together or not at all")

    @property
    def has_dense(self) -> bool:
        """True where the same seeds were trained dense as well."""
        return bool(self.dense_accuracies)


@dataclass(frozen=True)
class AccuracyRow:
    """A figure of the run as text; ``dense`` and ``against_dense`` are empty where there is nothing to compare."""

    name: str
    value: str
    dense: str = ""
    against_dense: str = ""


@dataclass(frozen=True)
class SeedRow:
    """One seed's accuracy as text, and against dense training from the same seed."""

    seed: int
    accuracy: str
    dense: str = ""
    against_dense: str = ""


def training_line(facts: TrainingFacts) -> str:
    """Return the run in one line: "mlp on digits, bdwp 2:8, 5 seeds of 30 epochs, float arithmetic"."""
    seeds, epochs = _plural(len(facts.seeds), "seed"), _plural(facts.epochs, "epoch")
    what = f"{facts.model} on {facts.data}, {facts.recipe} {facts.sparsity}".rstrip()
    return f"{what}, {seeds} of {epochs}, {facts.arithmetic} arithmetic"


def training_notes(facts: TrainingFacts) -> tuple[str, ...]:
    """Return what a reader of the run's figures has to know, as sentences without their stop."""
    spread = "± is one standard deviation over the seeds; differences are taken seed by seed"
    costs = f"Time and energy are simulated, of one training step on {facts.design}"
    return (*([spread] if len(facts.seeds) > 1 else []), *([costs] if facts.design else []))


def accuracy_rows(facts: TrainingFacts) -> tuple[AccuracyRow, ...]:
    """Return the run's figures: accuracy, multiply-adds and, on a design, time and energy of a step."""
    rows = [_mean_row(facts), AccuracyRow("share of dense multiply-adds", percent(facts.mac_fraction))]
    if facts.step_time_s is not None:
        dense_s = facts.dense_step_time_s
        dense, ratio = (seconds(dense_s), _ratio(dense_s, facts.step_time_s)) if dense_s is not None else ("", "")
        rows.append(AccuracyRow("time of a step", seconds(facts.step_time_s), dense, ratio))
    if facts.step_energy_j is not None:
        dense_j = facts.dense_step_energy_j
        dense, ratio = (joules(dense_j), _ratio(dense_j, facts.step_energy_j)) if dense_j is not None else ("", "")
        rows.append(AccuracyRow("energy of a step", joules(facts.step_energy_j), dense, ratio))
    return tuple(rows)


def seed_rows(facts: TrainingFacts) -> tuple[SeedRow, ...]:
    """Return each seed's accuracy, in the seeds' order."""
    if not facts.has_dense:
        return tuple(SeedRow(seed, accuracy(own)) for seed, own in zip(facts.seeds, facts.accuracies, strict=True))
    runs = zip(facts.seeds, facts.accuracies, facts.dense_accuracies, strict=True)
    return tuple(SeedRow(seed, accuracy(own), accuracy(dense), points(own - dense, None)) for seed, own, dense in runs)


def _mean_row(facts: TrainingFacts) -> AccuracyRow:
    value = accuracy_spread(facts.accuracy_mean, facts.accuracy_std)
    if facts.dense_accuracy_mean is None or facts.difference_mean is None:
        return AccuracyRow("test accuracy", value)
    dense = accuracy_spread(facts.dense_accuracy_mean, facts.dense_accuracy_std)
    return AccuracyRow("test accuracy", value, dense, points(facts.difference_mean, facts.difference_std))


def _ratio(dense: float, own: float) -> str:
    """How a cost compares with dense training's: "1.85× less", or "1.02× more"."""
    if not dense or not own:
        return ""
    return f"{factor(dense / own)} less" if dense >= own else f"{factor(own / dense)} more"


def _plural(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
