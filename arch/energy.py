"""Energy of the machine's elementary actions, as plain numbers for the cost models.

Each is made of a published figure, a step from its technology to this FPGA, and stated assumptions, all of
them in ``heddle.arch.coefficients``. None is calibrated: compare designs with them, do not quote watts.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from heddle.arch import coefficients as c
from heddle.arch.coefficients import Coefficient
from heddle.arch.errors import HeddleError
from heddle.arch.formats import BF16, FP16, FloatFormat

_PJ = 1e-12

#: The published energy of a multiplication, by the format of its operands. BF16's, of a narrower significand, is taken
#: to be FP16's.
_MULTIPLY_PJ = {FP16.name: c.FP16_MUL_PJ, BF16.name: c.FP16_MUL_PJ}
_BITS = 8


@dataclass(frozen=True)
class EnergyCoefficients:
    """Joules of one action, and the watts that flow regardless.

    ``mac_j``: one FP16 x FP16 + FP32 in a PE. ``bram_byte_j``, ``uram_byte_j``: a byte read from or written to
    a buffer of that RAM. ``link_byte_hop_j``: a byte passed to the neighbouring PE. ``dram_byte_j``: a byte
    over the DRAM interface. ``sore_compare_j``: one comparison of two magnitudes. ``wuve_weight_j``: one weight
    updated. ``vector_element_j``: one element through the vector unit. ``ff_cycle_j``: the clock of one
    flip-flop for one cycle. ``device_static_w``: leakage of the device. The rest of the card
    (regulators, fan, host link) is the same for every design and is left out.
    """

    mac_j: float
    bram_byte_j: float
    uram_byte_j: float
    link_byte_hop_j: float
    dram_byte_j: float
    sore_compare_j: float
    wuve_weight_j: float
    vector_element_j: float
    ff_cycle_j: float
    device_static_w: float


@cache
def energy_coefficients() -> EnergyCoefficients:
    """Return the energy of every elementary action. Uncalibrated."""
    return EnergyCoefficients(**{entry.name: float(entry.value) for entry in energy_table()})


def check_multiply_energy(operand: FloatFormat) -> None:
    """Raise HeddleError for a format whose multiplication has no published energy here."""
    if operand.name not in _MULTIPLY_PJ:
        known = ", ".join(_MULTIPLY_PJ)
        raise HeddleError(
            f"the energy of a multiplication of {operand} operands is not known (arch/energy.py: {known})"
        )


def energy_table() -> tuple[Coefficient, ...]:
    """Return the derived energies with the formula of each as its source and its relative uncertainty.

    Uncertainties of the factors add as independent ones do, by the root of their squares' sum.
    """
    return (
        _derived(
            "mac_j",
            _logic_pj(c.FP32_ADD_PJ.value) + _dsp_pj(c.FP16_MUL_PJ.value),
            "J",
            "(fp32_add_pj x logic_gap + fp16_mul_pj x hard_block_gap) x node_scale",
            c.FP32_ADD_PJ,
            c.LOGIC_GAP,
            c.NODE_SCALE,
        ),
        _ram("bram_byte_j", c.SMALL_RAM_PJ_PER_BYTE),
        _ram("uram_byte_j", c.LARGE_RAM_PJ_PER_BYTE),
        _derived(
            "link_byte_hop_j",
            _BITS * c.TOGGLE_RATE.value * _switch_j(c.NET_FARADS.value) / 2 / _PJ,
            "J/byte",
            "8 x toggle_rate x net_farads x core_volts^2 / 2",
            c.TOGGLE_RATE,
            c.NET_FARADS,
        ),
        _derived("dram_byte_j", _BITS * c.DRAM_PJ_PER_BIT.value, "J/byte", "8 x dram_pj_per_bit", c.DRAM_PJ_PER_BIT),
        _derived(
            "sore_compare_j",
            _logic_pj(c.INT16_COMPARE_PJ.value),
            "J/comparison",
            "int16_compare_pj x logic_gap x node_scale",
            c.INT16_COMPARE_PJ,
            c.LOGIC_GAP,
            c.NODE_SCALE,
        ),
        _derived(
            "wuve_weight_j",
            _fp32_pj(c.WUVE_MULTIPLIERS.value, c.WUVE_ADDERS.value),
            "J/weight",
            "(wuve_multipliers x fp32_mul_pj x hard_block_gap + wuve_adders x fp32_add_pj x logic_gap) x node_scale",
            c.FP32_MUL_PJ,
            c.HARD_BLOCK_GAP,
            c.NODE_SCALE,
        ),
        _derived(
            "vector_element_j",
            _fp32_pj(c.VECTOR_MULTIPLIERS.value, c.VECTOR_ADDERS.value),
            "J/element",
            "as wuve_weight_j, with vector_multipliers and vector_adders",
            c.FP32_MUL_PJ,
            c.HARD_BLOCK_GAP,
            c.NODE_SCALE,
        ),
        _derived(
            "ff_cycle_j",
            _switch_j(c.CLOCK_FARADS_PER_FF.value) / _PJ,
            "J/(FF cycle)",
            "clock_farads_per_ff x core_volts^2",
            c.CLOCK_FARADS_PER_FF,
        ),
        c.DEVICE_STATIC_W,
    )


def coefficients_table() -> tuple[Coefficient, ...]:
    """Return every coefficient for documentation: the inputs of all models, then the energies made of them."""
    inputs = c.coefficients()
    return inputs + tuple(entry for entry in energy_table() if entry not in inputs)


def _derived(name: str, picojoules: float, unit: str, formula: str, *factors: Coefficient) -> Coefficient:
    uncertainty = sum(factor.uncertainty**2 for factor in factors) ** 0.5
    return Coefficient(name, picojoules * _PJ, unit, formula, round(uncertainty, 2))


def _logic_pj(asic_pj: float) -> float:
    return asic_pj * c.LOGIC_GAP.value * c.NODE_SCALE.value


def _dsp_pj(asic_pj: float) -> float:
    return asic_pj * c.HARD_BLOCK_GAP.value * c.NODE_SCALE.value


def _fp32_pj(multipliers: float, adders: float) -> float:
    return _dsp_pj(multipliers * c.FP32_MUL_PJ.value) + _logic_pj(adders * c.FP32_ADD_PJ.value)


def _ram(name: str, asic: Coefficient) -> Coefficient:
    picojoules = asic.value * c.HARD_RAM_GAP.value * c.NODE_SCALE.value
    formula = f"{asic.name} x hard_ram_gap x node_scale"
    return _derived(name, picojoules, "J/byte", formula, asic, c.HARD_RAM_GAP, c.NODE_SCALE)


def _switch_j(farads: float) -> float:
    return farads * c.CORE_VOLTS.value**2
