"""What runs over several seeds say together: means, spreads, and differences to dense training seed by seed."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from heddle.training.run import RunResult
from heddle.training.settings import TrainSettings

# Two-sided 95 % points of Student's t for 1 to 30 degrees of freedom, and of the normal distribution.
_T_95 = (
    *(12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228),
    *(2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086),
    *(2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042),
)
_NORMAL_95 = 1.95996


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

    @property
    def half_width_95(self) -> float:
        """Half of the 95 % interval of the mean, by Student's t; infinite for a single value."""
        freedom = self.count - 1
        if freedom == 0:
            return math.inf
        z = _NORMAL_95
        quantile = _T_95[freedom - 1] if freedom <= len(_T_95) else z + (z**3 + z) / (4 * freedom)
        return quantile * self.std / math.sqrt(self.count)


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
