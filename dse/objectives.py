"""What an exploration minimises, and the one thing that it maximises."""

from __future__ import annotations

from heddle.dse.points import RESOURCES

#: What can be minimised: seconds and joules of a training step, and resources of the device.
OBJECTIVES = ("time", "energy", *RESOURCES)
DEFAULT_OBJECTIVES = ("time", "energy", "lut")
#: What can be maximised where measured accuracies are given: test accuracy in per cent.
ACCURACY = "accuracy"
#: The result column of each objective.
OBJECTIVE_COLUMNS = {name: {"time": "time_s", "energy": "energy_j"}.get(name, name) for name in (*OBJECTIVES, ACCURACY)}
