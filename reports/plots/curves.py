"""Curves of training as plain data: what the plots of a run are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class AccuracyCurve:
    """Test accuracy (per cent) along training, mean and standard deviation over the runs, all [points].

    ``time_s`` and ``energy_j`` are simulated and count from the beginning of training. Raises ValueError for
    columns of different lengths, or of none.
    """

    name: str
    time_s: Sequence[float]
    energy_j: Sequence[float]
    accuracy_mean: Sequence[float]
    accuracy_std: Sequence[float]

    def __post_init__(self) -> None:
        _check_lengths(self.name, (self.time_s, self.energy_j, self.accuracy_mean, self.accuracy_std))


@dataclass(frozen=True)
class TrainingCurve:
    """Training loss and test accuracy (per cent) by epoch, mean and standard deviation over the runs, all [points].

    Raises ValueError for columns of different lengths, or of none.
    """

    name: str
    epoch: Sequence[float]
    loss_mean: Sequence[float]
    loss_std: Sequence[float]
    accuracy_mean: Sequence[float]
    accuracy_std: Sequence[float]

    def __post_init__(self) -> None:
        columns = (self.epoch, self.loss_mean, self.loss_std, self.accuracy_mean, self.accuracy_std)
        _check_lengths(self.name, columns)


def _check_lengths(name: str, columns: Sequence[Sequence[float]]) -> None:
    lengths = {len(column) for column in columns}
    if len(lengths) != 1 or lengths == {0}:
        raise ValueError(f"curve {name!r}: its columns have {sorted(lengths)} points; all need the same, at least one")
