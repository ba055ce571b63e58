"""Energies of elementary actions: from published figures to this FPGA."""

from dataclasses import asdict

import pytest

from heddle.arch.energy import energy_coefficients, energy_table

ENERGY = energy_coefficients()


def test_every_energy_is_a_plain_positive_float():
    assert all(type(value) is float and value > 0 for value in asdict(ENERGY).values())


def test_a_multiply_add_is_the_published_energies_scaled_to_the_fpga():
    assert pytest.approx((0.9 * 14 + 1.1 * 5) * 0.4e-12) == ENERGY.mac_j


def test_a_dram_byte_is_eight_bits_of_the_interface():
    assert pytest.approx(8 * 17e-12) == ENERGY.dram_byte_j


def test_data_costs_more_the_further_away_it_lies():
    assert ENERGY.link_byte_hop_j < ENERGY.bram_byte_j < ENERGY.uram_byte_j < ENERGY.dram_byte_j


def test_an_fp32_update_costs_more_than_an_fp16_multiply_add():
    assert ENERGY.wuve_weight_j > ENERGY.vector_element_j > ENERGY.mac_j


def test_every_energy_states_its_formula_and_uncertainty():
    for entry in energy_table():
        assert entry.uncertainty > 0
        assert entry.source


def test_the_uncertainty_of_a_product_is_the_root_of_the_squares_sum():
    link = next(entry for entry in energy_table() if entry.name == "link_byte_hop_j")
    assert link.uncertainty == pytest.approx((0.4**2 + 0.7**2) ** 0.5, abs=0.005)
