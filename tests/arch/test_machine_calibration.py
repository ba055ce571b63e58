"""The blocks around the array: the stored coefficients are those of the stored machines, and hold for others."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from benchmarks.calibration.designs import FIT, HELD_OUT
from benchmarks.calibration.machine_designs import feeders, machines
from benchmarks.calibration.machine_fit import MODELS, PARTS, block_errors, block_rows, fit, inputs_of, part_errors
from heddle.arch.block_models import BlockModel
from heddle.arch.calibration.machine import MACHINE_COLUMNS, machine_fitted, machine_fitted_document, machine_path
from heddle.arch.machine_widths import MachineWidths

FITTED = pd.read_csv(machine_path(FIT))
TESTED = pd.read_csv(machine_path(HELD_OUT))
EVERY = pd.concat([FITTED, TESTED], ignore_index=True)
ERRORS = part_errors(TESTED)


def test_the_coefficients_are_those_that_the_fit_finds_in_the_data() -> None:
    stored = machine_fitted_document()["coefficients"]
    for kind, by_resource in fit(FITTED).items():
        for resource, values in by_resource.items():
            assert values.keys() == stored[kind][resource].keys()
            for name, value in values.items():
                assert value == pytest.approx(stored[kind][resource][name], rel=1e-3, abs=1e-3), (kind, resource, name)


@pytest.mark.parametrize("part", PARTS)
def test_parts_of_machines_that_took_no_part_are_near_their_synthesis(part: str) -> None:
    errors = ERRORS[ERRORS["part"] == part][["lut", "ff"]].abs()
    assert len(errors) == TESTED[TESTED["kind"].isin([model.kind for model in PARTS[part]])]["design"].nunique()
    assert len(errors) >= 4
    assert (errors.median() <= 0.05).all(), errors.median()
    assert (errors.max() <= 0.10).all(), errors.max()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.kind)
def test_dsps_ram_blocks_and_luts_as_memory_of_every_machine_are_exact(model: BlockModel) -> None:
    measured = block_rows(EVERY, model.kind)
    inputs = inputs_of(measured)
    counted = model.counted(inputs, MachineWidths.of(inputs))
    for name, amount in (
        ("bram36", np.asarray(counted.half_brams) / 2),
        ("uram", counted.uram),
        ("dsp", counted.dsp),
        ("lut_as_memory", counted.lut_as_memory),
    ):
        assert np.broadcast_to(np.asarray(amount, float), len(measured)).tolist() == measured[name].tolist(), name


def test_no_held_out_machine_is_among_those_that_were_fitted() -> None:
    parameters = [name for name in MACHINE_COLUMNS[: MACHINE_COLUMNS.index("kind")] if name != "design"]
    both = pd.merge(FITTED[parameters].drop_duplicates(), TESTED[parameters].drop_duplicates(), on=parameters)
    assert both.empty
    assert 3 * TESTED["design"].nunique() >= EVERY["design"].nunique()


def test_the_data_are_of_the_machines_that_the_seeds_draw() -> None:
    for which, rows in ((FIT, FITTED), (HELD_OUT, TESTED)):
        drawn = [design.name for design in (*machines(which), *feeders(which))]
        assert drawn == list(dict.fromkeys(rows["design"]))
        assert set(rows["kind"]) <= {model.kind for model in MODELS}


def test_a_feature_that_the_fit_did_not_know_is_an_error() -> None:
    with pytest.raises(KeyError, match="moon"):
        machine_fitted("fetch", "lut", {"moon": 1})


@pytest.mark.parametrize("resource", ["lut", "ff"])
def test_each_block_that_was_fitted_is_near_its_measurement(resource: str) -> None:
    worst = {model.kind: float(np.abs(block_errors(FITTED, model, resource)).max()) for model in MODELS}
    assert max(worst.values()) <= 0.20, worst
