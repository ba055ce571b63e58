"""``python -m benchmarks.calibration.machine_fit [--check]``: fit the blocks around the array, and test the fit.

Reads ``arch/calibration/machine-fit.csv``, writes ``arch/calibration/machine-fitted.json``, and prints as Markdown
tables the errors of each part of machines that took no part in the fit (``machine-held-out.csv``), and those of each
kind of block. ``--check`` writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.calibration.designs import FIT, HELD_OUT
from benchmarks.calibration.fit import fitted_by, only_checks, solved, write_document
from benchmarks.docs_tables.pages import Table, table
from heddle.arch.block_models import BlockModel, Features, part_of
from heddle.arch.buffer_resources import BUFFERS
from heddle.arch.calibration.machine import machine_fitted_path, machine_path
from heddle.arch.control_resources import CONTROLLER
from heddle.arch.dma_resources import LOAD_UNIT, STORE_UNIT
from heddle.arch.feed_resources import LEFT_FEEDER
from heddle.arch.formats import BF16, operand_format
from heddle.arch.machine_widths import MachineWidths
from heddle.arch.resource_inputs import ResourceInputs

Vector = npt.NDArray[np.float64]
#: The parts of the machine by their blocks.
PARTS: Mapping[str, tuple[BlockModel, ...]] = {
    "dma": (*LOAD_UNIT, *STORE_UNIT),
    "controller": CONTROLLER,
    "buffers": BUFFERS,
    "left_feeder": LEFT_FEEDER,
}
#: Every kind of block once.
MODELS = tuple({model.kind: model for models in PARTS.values() for model in models}.values())
_FITTED = ("lut", "ff")
_TESTED = ("lut", "lut_as_memory", "ff", "dsp", "bram36", "uram")
_DIGITS = 6
_MEASURED = (
    "rows",
    "cols",
    "n",
    "m",
    "interleave",
    "activation_bytes",
    "weight_bytes",
    "output_bytes",
    "group_ports",
)
#: What only the array and the lanes depend on.
_OTHERS: dict[str, Any] = {
    "adder_stages": 3,
    "multiplier_stages": 1,
    "chain_drain": 1,
    "sore_lanes": 1,
    "wuve_lanes": 1,
    "vector_lanes": 1,
    "channels": 1,
    "board_has_uram": 1,
}


def inputs_of(rows: pd.DataFrame) -> ResourceInputs:
    """Return the resource formulas' inputs of measured rows, as columns; a port is one channel."""
    given: dict[str, Any] = {name: rows[name].to_numpy(np.int64) for name in _MEASURED}
    return ResourceInputs(
        **given,
        axi_bits=rows["port_bits"].to_numpy(np.int64),
        operand_bits=rows["operand"].map(lambda name: operand_format(name).width).to_numpy(np.int64),
        has_bf16=(rows["operand"] == BF16.name).to_numpy(np.int64),
        has_os=rows["dataflows"].str.contains("os").to_numpy(np.int64),
        has_ws=rows["dataflows"].str.contains("ws").to_numpy(np.int64),
        interleave_cols_only=(rows["interleave_axes"] == "cols").to_numpy(np.int64),
        **_OTHERS,
    )


def block_rows(rows: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Return the rows of ``kind``, one of each machine that has it measured."""
    return rows[rows["kind"] == kind].reset_index(drop=True)


def features_of(model: BlockModel, resource: str) -> Callable[[ResourceInputs, MachineWidths], Features]:
    """Return what gives the features of a block's ``resource``."""
    return model.lut_features if resource == "lut" else model.ff_features


def fit(rows: pd.DataFrame) -> dict[str, dict[str, dict[str, float]]]:
    """Return the coefficients by kind, resource and feature."""
    return {model.kind: {resource: _fit(rows, model, resource) for resource in _FITTED} for model in MODELS}


def _fit(rows: pd.DataFrame, model: BlockModel, resource: str) -> dict[str, float]:
    """Least relative squares of what is not counted; errors are relative to the whole block."""
    measured = block_rows(rows, model.kind)
    inputs = inputs_of(measured)
    widths = MachineWidths.of(inputs)
    features = features_of(model, resource)(inputs, widths)
    if not features:
        return {}
    columns = np.stack([np.broadcast_to(np.asarray(v, float), len(measured)) for v in features.values()], axis=1)
    whole = measured[resource].to_numpy(float)
    counted = np.broadcast_to(np.asarray(getattr(model.counted(inputs, widths), resource), float), len(measured))
    values = solved(columns, whole - counted, whole)
    return {name: float(f"{value:.{_DIGITS}g}") for name, value in zip(features, values, strict=True)}


def part_errors(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the errors of each part of each machine: of LUTs and flip-flops relative, of the others differences.

    A part is what was measured of it: what stands between the parts is measured of small machines only, and of some
    designs the left feeder alone.
    """
    found = []
    for design, of_design in rows.groupby("design", sort=False):
        inputs, by_kind = inputs_of(of_design.iloc[:1]), of_design.set_index("kind")
        for part, models in PARTS.items():
            measured = [model for model in models if model.kind in by_kind.index]
            if not measured:
                continue
            modelled = part_of(inputs, MachineWidths.of(inputs), measured)
            truth = {name: float(sum(by_kind.loc[model.kind, name] for model in measured)) for name in _TESTED}
            guess = {name: float(np.asarray(getattr(modelled, name)).item()) for name in _TESTED}
            errors = {name: guess[name] / truth[name] - 1 for name in _FITTED}
            others = {name: guess[name] - truth[name] for name in _TESTED if name not in _FITTED}
            found.append({"design": design, "part": part, **errors, **others})
    return pd.DataFrame(found)


def block_errors(rows: pd.DataFrame, model: BlockModel, resource: str) -> Vector:
    """Return the relative errors of the blocks of one kind; of a block that has none, what it is given."""
    measured = block_rows(rows, model.kind)
    inputs = inputs_of(measured)
    widths = MachineWidths.of(inputs)
    guess = model.lut(inputs, widths) if resource == "lut" else model.ff(inputs, widths)
    off, whole = guess - measured[resource].to_numpy(float), measured[resource].to_numpy(float)
    return np.divide(off, whole, out=np.asarray(off, float), where=whole > 0)


def main() -> None:
    """Fit, write, test, print."""
    check = only_checks(__doc__)
    rows = pd.read_csv(machine_path(FIT))
    document = {**fitted_by(rows), "coefficients": fit(rows)}
    if not check:
        write_document(machine_fitted_path(), document)
    print("\n".join([*parts_table().lines, "", *blocks_table().lines]))


def parts_table() -> Table:
    """Errors of the parts of machines that took no part in the fit, then their median and the worst."""
    errors = part_errors(pd.read_csv(machine_path(HELD_OUT)))
    rows = []
    for part, of_part in errors.groupby("part", sort=False):
        for _, row in of_part.iterrows():
            others = [_difference(row[name]) for name in _BLOCKS]
            rows.append([part, row["design"], f"{row['lut']:+.1%}", f"{row['ff']:+.1%}", *others])
        sizes = of_part[list(_FITTED)].abs()
        for name, figure in (("median", sizes.median()), ("worst", sizes.max())):
            rows.append([part, f"**{name}**", f"{figure['lut']:.1%}", f"{figure['ff']:.1%}", *("" for _ in _BLOCKS)])
    return table(("part", "machine", "lut", "ff", *_BLOCKS), rows)


_BLOCKS = ("dsp", "bram36", "uram")


def _difference(amount: float) -> str:
    return f"{amount:+g}" if amount else "0"


def blocks_table() -> Table:
    """Errors of each kind of block of these machines."""
    tested, rows = pd.read_csv(machine_path(HELD_OUT)), []
    for model in MODELS:
        for resource in _FITTED:
            errors = np.abs(block_errors(tested, model, resource))
            rows.append([model.kind, resource, len(errors), f"{np.median(errors):.1%}", f"{errors.max():.1%}"])
    return table(("block", "resource", "machines", "median error", "worst error"), rows)


if __name__ == "__main__":
    main()
