"""Coefficients: each has unit, source and uncertainty, and the documentation lists them as they stand."""

import math
from pathlib import Path

from heddle.arch.coefficients import coefficients
from heddle.arch.energy import coefficients_table, energy_table


def test_every_coefficient_has_a_unit_and_a_source():
    for entry in coefficients_table():
        assert entry.unit
        assert entry.source


def test_names_are_unique():
    names = [entry.name for entry in coefficients_table()]
    assert len(names) == len(set(names))


def test_values_are_positive_and_finite():
    assert all(math.isfinite(entry.value) and entry.value > 0 for entry in coefficients_table())


def test_nothing_claims_to_be_calibrated_before_a_synthesis_on_the_part():
    assert not any(entry.calibrated for entry in coefficients_table())


def test_an_assumption_is_never_stated_as_exact_unless_it_counts_units():
    for entry in coefficients():
        if entry.source.startswith("assumption") and entry.unit != "1/lane":
            assert entry.uncertainty > 0, entry.name


def test_the_table_for_documentation_holds_inputs_and_derived_energies():
    table = coefficients_table()
    assert set(coefficients()) <= set(table)
    assert set(energy_table()) <= set(table)


def documented_row(entry):
    return f"| `{entry.name}` | {entry.value:.4g} | {entry.unit} | {entry.uncertainty:.0%} | {entry.source} |"


def test_the_documentation_lists_every_coefficient_as_it_stands():
    page = (Path(__file__).parents[2] / "docs" / "arch.md").read_text(encoding="utf-8").splitlines()
    assert [row for row in map(documented_row, coefficients_table()) if row not in page] == []
