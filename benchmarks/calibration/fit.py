"""``python -m benchmarks.calibration.fit [--check]``: fit the resource model to the synthesised designs and test it.

Reads ``arch/calibration/fit.csv``, writes ``arch/calibration/fitted.json``, and prints as Markdown tables: the errors
of each kind of block by leave-one-out cross-validation, and those of whole designs that took no part in the fit
(``held-out.csv``). ``--check`` writes nothing.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.calibration.designs import FIT, HELD_OUT
from benchmarks.docs_tables.pages import Table, table
from heddle.arch.array_resources import core_exact, core_features, pe_exact, pe_features, recoder_features
from heddle.arch.calibration import RESOURCES, fitted_path, measured_path
from heddle.arch.calibration.ranges import RANGED
from heddle.arch.formats import BF16, operand_format
from heddle.arch.lane_resources import sore_features, wuve_features
from heddle.arch.resource_inputs import ResourceInputs
from heddle.arch.resource_model import ARRAY_PARTS, array_tables
from heddle.arch.run_dir import write_atomically
from heddle.synth.yosys.tool import yosys_version

Vector = npt.NDArray[np.float64]
#: Vector lanes, channels and the like have no part in what is fitted.
_OTHERS: dict[str, Any] = {
    "interleave_cols_only": 0,
    "chain_drain": 1,
    "vector_lanes": 1,
    "channels": 1,
    "group_ports": 1,
    "axi_bits": 512,
    "board_has_uram": 1,
}
_DIGITS = 6
_MEASURED = (
    "rows",
    "cols",
    "n",
    "m",
    "interleave",
    "adder_stages",
    "multiplier_stages",
    "sore_lanes",
    "wuve_lanes",
    "activation_bytes",
    "weight_bytes",
    "output_bytes",
)


@dataclass(frozen=True)
class Model:
    """A kind of block: the resources that are fitted, what of them is counted exactly, and the features of the rest."""

    kind: str
    resources: tuple[str, ...]
    features: Callable[[ResourceInputs], Mapping[str, npt.ArrayLike]]
    exact: Callable[[ResourceInputs], tuple[npt.ArrayLike, npt.ArrayLike]] | None = None

    def counted(self, inputs: ResourceInputs, resource: str) -> npt.ArrayLike:
        """What of ``resource`` is not fitted."""
        return dict(zip(("lut", "ff"), self.exact(inputs), strict=True))[resource] if self.exact else 0


MODELS = (
    Model("pe", ("lut", "ff"), pe_features, pe_exact),
    Model("core", ("lut", "ff"), core_features, core_exact),
    Model("recoders", ("lut",), recoder_features),
    Model("sore", ("lut", "lut_as_memory", "ff"), sore_features),
    Model("wuve", ("lut", "lut_as_memory", "ff", "dsp"), wuve_features),
)


def inputs_of(rows: pd.DataFrame) -> ResourceInputs:
    """Return the resource formulas' inputs of measured rows, as columns."""
    flows = rows["dataflows"].str.split("+")
    given: dict[str, Any] = {name: rows[name].to_numpy(np.int64) for name in _MEASURED}
    return ResourceInputs(
        **given,
        operand_bits=rows["operand"].map(lambda name: operand_format(name).width).to_numpy(np.int64),
        has_bf16=(rows["operand"] == BF16.name).to_numpy(np.int64),
        has_os=np.array(["os" in names for names in flows], np.int64),
        has_ws=np.array(["ws" in names for names in flows], np.int64),
        **_OTHERS,
    )


def block_rows(rows: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Return the rows of ``kind``, a block of each design; lanes are given as one of them."""
    chosen = rows[rows["kind"] == kind]
    return chosen.reset_index(drop=True)


def columns(model: Model, inputs: ResourceInputs, length: int) -> tuple[list[str], npt.NDArray[np.float64]]:
    """Return the names of the features, and the features as columns."""
    found = model.features(inputs)
    return list(found), np.stack([np.broadcast_to(np.asarray(v, float), length) for v in found.values()], axis=1)


def solved(features: npt.NDArray[np.float64], target: Vector, whole: Vector) -> Vector:
    """Return the coefficients of the least squares relative to ``whole``, the shortest ones where several are as good.

    ``target`` is what of ``whole`` is to be fitted.
    """
    weights = 1.0 / np.maximum(whole, 1.0)
    scale = np.maximum(np.abs(features).max(axis=0), 1.0)
    coefficients, *_ = np.linalg.lstsq(features / scale * weights[:, None], target * weights, rcond=1e-9)
    return np.asarray(coefficients / scale)


def fit(rows: pd.DataFrame) -> dict[str, dict[str, dict[str, float]]]:
    """Return the coefficients by kind, resource and feature."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    for model in MODELS:
        measured = block_rows(rows, model.kind)
        inputs = inputs_of(measured)
        names, features = columns(model, inputs, len(measured))
        found[model.kind] = {}
        for resource in model.resources:
            target = measured[resource].to_numpy(float) - np.asarray(model.counted(inputs, resource))
            values = [float(f"{value:.{_DIGITS}g}") for value in solved(features, target, target)]
            found[model.kind][resource] = dict(zip(names, values, strict=True))
    return found


def cross_validated(rows: pd.DataFrame, model: Model, resource: str) -> Vector:
    """Return the relative errors of blocks, each predicted by a fit to all others."""
    measured = block_rows(rows, model.kind)
    inputs = inputs_of(measured)
    _, features = columns(model, inputs, len(measured))
    counted = np.broadcast_to(np.asarray(model.counted(inputs, resource), float), len(measured))
    truth = measured[resource].to_numpy(float)
    errors = []
    for left_out in range(len(measured)):
        others = np.arange(len(measured)) != left_out
        rest = (truth - counted)[others]
        coefficients = solved(features[others], rest, rest)
        guess = float(features[left_out] @ coefficients + counted[left_out])
        errors.append(guess / truth[left_out] - 1 if truth[left_out] else float(guess > 0))
    return np.array(errors)


def held_out_errors(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the relative error of each resource of each held-out design, over all calibrated parts together."""
    designs = rows.drop_duplicates("design").reset_index(drop=True)
    measured = rows.groupby("design", sort=False)[list(RESOURCES)].sum()
    tables = array_tables(inputs_of(designs))
    errors = {}
    for resource in RESOURCES:
        guess = sum(np.asarray(getattr(tables[part], resource), float) for part in ARRAY_PARTS)
        truth = measured[resource].to_numpy(float)
        errors[resource] = np.where(truth > 0, np.asarray(guess) / np.maximum(truth, 1e-9) - 1, np.sign(guess))
    return pd.DataFrame(errors, index=designs["design"])


def ranges(rows: pd.DataFrame) -> dict[str, list[Any]]:
    """Return least and most of each ranged parameter of the designs, and the words of the others."""
    numbers = {name: [int(rows[name].min()), int(rows[name].max())] for name in RANGED}
    return {**numbers, "operand": sorted(set(rows["operand"])), "dataflows": sorted(set(rows["dataflows"]))}


def main() -> None:
    """Fit, write, test, print."""
    check = only_checks(__doc__)
    rows = pd.read_csv(measured_path(FIT))
    document = {**fitted_by(rows), "ranges": ranges(rows), "coefficients": fit(rows)}
    if not check:
        write_document(fitted_path(), document)
    print("\n".join([*blocks_table().lines, "", *held_out_table().lines]))


def only_checks(about: str | None) -> bool:
    """Return whether the command line of a fit, described by ``about``, asks to write nothing."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing")
    return bool(parser.parse_args().check)


def fitted_by(rows: pd.DataFrame) -> dict[str, Any]:
    """Return what the tool is that measured ``rows``, and how many designs they are of."""
    return {
        "tool": f"yosys {yosys_version()} synth_xilinx -family xcup",
        "designs": int(rows["design"].nunique()),
    }


def write_document(path: Path, document: Mapping[str, Any]) -> None:
    """Write a fit's document as JSON."""
    write_atomically(path, (json.dumps(document, indent=1) + "\n").encode())


def blocks_table() -> Table:
    """Errors of each kind of block, predicted by a fit to all others."""
    measured, rows = pd.read_csv(measured_path(FIT)), []
    for model in MODELS:
        for resource in model.resources:
            errors = np.abs(cross_validated(measured, model, resource))
            rows.append([model.kind, resource, len(errors), f"{np.median(errors):.1%}", f"{errors.max():.1%}"])
    return table(("block", "resource", "blocks", "median error", "worst error"), rows)


def held_out_table() -> Table:
    """Errors of whole designs that took no part in the fit, then their median and the worst."""
    errors = held_out_errors(pd.read_csv(measured_path(HELD_OUT)))
    rows = [[design, *(f"{row[name]:+.1%}" for name in RESOURCES)] for design, row in errors.iterrows()]
    for name, figure in (("median", errors.abs().median()), ("worst", errors.abs().max())):
        rows.append([f"**{name}**", *(f"{figure[resource]:.1%}" for resource in RESOURCES)])
    return table(("design", *RESOURCES), rows)


if __name__ == "__main__":
    main()
