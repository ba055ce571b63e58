"""What runs over several seeds say together: means, spreads, and differences to dense training seed by seed."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from heddle.training.run import RunResult
from heddle.training.settings import TrainSettings


@dataclass(frozen=True)
class Spread:
    """Mean and sample standard deviation (n - 1) of ``count`` values; 0 for a single one."""

    mean: float
    std: float
    count: int

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Return the spread of ``values``, at least one."""
        return cls(statistics.fmean(values), statistics.stdev(values) if len(values) > 1 else 0.0, len(values))


@dataclass(frozen=True)
class Comparison:
    """Runs of one recipe over seeds, and dense runs of the same seeds in the same order. Accuracies are in per cent."""

    runs: tuple[RunResult, ...]
    dense: tuple[RunResult, ...]

    @property
    def settings(self) -> TrainSettings:
        """The settings of the first run; the others differ in their seed."""
        return self.runs[0].settings

    @property
    def is_of_dense(self) -> bool:
        """True where the runs are the dense ones themselves."""
        return self.runs == self.dense

    @property
    def accuracy(self) -> Spread:
        """Of the recipe's final accuracies."""
        return Spread.of([run.accuracy for run in self.runs])

    @property
    def dense_accuracy(self) -> Spread:
        """Of the dense runs' final accuracies."""
        return Spread.of([run.accuracy for run in self.dense])

    @property
    def difference(self) -> Spread:
        """Of recipe minus dense, seed by seed, in percentage points."""
        return Spread.of([run.accuracy - dense.accuracy for run, dense in zip(self.runs, self.dense, strict=True)])


def compared(runs: Sequence[RunResult], dense: Sequence[RunResult]) -> Comparison | None:
    """Pair ``runs`` with the ``dense`` runs of the same seed; None where no seed has both."""
    by_seed = {run.settings.seed: run for run in dense}
    paired = [(run, by_seed[run.settings.seed]) for run in runs if run.settings.seed in by_seed]
    return Comparison(tuple(run for run, _ in paired), tuple(other for _, other in paired)) if paired else None


def mean_curve(runs: Sequence[RunResult]) -> list[tuple[Spread, Spread]]:
    """Return loss and test accuracy over the runs, epoch by epoch."""
    by_epoch = zip(*(run.points for run in runs), strict=True)
    return [
        (Spread.of([point.loss for point in points]), Spread.of([point.test_accuracy for point in points]))
        for points in by_epoch
    ]
