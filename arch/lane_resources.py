"""What the lanes beside the array take: SORE and WUVE by fitted coefficients, the vector unit by assumption."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from heddle.arch import coefficients as c
from heddle.arch.calibration import fitted
from heddle.arch.resource_inputs import ResourceInputs, ResourceTable, index_bits_of, table


def sore(i: ResourceInputs) -> ResourceTable:
    """Lanes that prune an M-wide row a cycle, in both directions."""
    features = sore_features(i)
    return table(**{name: i.sore_lanes * fitted("sore", name, features) for name in ("lut", "lut_as_memory", "ff")})


def sore_features(i: ResourceInputs) -> Mapping[str, npt.ArrayLike]:
    """What a lane depends on: elements to hold, pairs to compare and to count for N ranks, bits of the N kept."""
    pairs = i.m * (i.m - 1) // 2
    return {
        "one": 1,
        "elements": i.m,
        "pairs": pairs,
        "counted_pairs": pairs * np.log2(i.n),
        "kept_bits": i.n * (i.operand_bits + index_bits_of(i.m)),
    }


def wuve(i: ResourceInputs) -> ResourceTable:
    """Lanes of the FP32 optimiser, SGD with momentum, one weight a cycle each."""
    features = wuve_features(i)
    return table(
        **{name: i.wuve_lanes * fitted("wuve", name, features) for name in ("lut", "lut_as_memory", "ff", "dsp")}
    )


def wuve_features(i: ResourceInputs) -> Mapping[str, npt.ArrayLike]:
    """What a lane depends on: the format that the updated weights are narrowed to."""
    return {"one": 1, "bf16": i.has_bf16}


def vector(i: ResourceInputs) -> ResourceTable:
    """Lanes of the vector unit, one element a cycle each. Uncalibrated: it has no RTL."""
    multipliers, adders = c.VECTOR_MULTIPLIERS.value, c.VECTOR_ADDERS.value
    other = c.CONVERT_LUT.value + c.VECTOR_OTHER_LUT.value
    return table(
        lut=i.vector_lanes * (multipliers * c.FP32_MUL_LUT.value + adders * c.FP32_ADD_LUT.value + other),
        ff=i.vector_lanes * (multipliers * c.FP32_MUL_FF.value + adders * c.FP32_ADD_FF.value),
        dsp=i.vector_lanes * multipliers * c.FP32_MUL_DSP.value,
    )
