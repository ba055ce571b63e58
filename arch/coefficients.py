"""Every estimated number of the resource, clock and energy models, once, with its source and uncertainty.

What synthesised parts take of an FPGA is not here: it is counted and fitted to synthesised designs
(``heddle.arch.calibration``). The numbers of this page are those of all other parts, of the clock and of energy;
none of them is calibrated, as no design of this tool has been placed and routed on the target part. ``uncertainty`` is
relative: 0.3 means that the true value is expected within 30 % either way.

"Assumption" in a source means an estimate that nobody has published for this circuit; its reasoning follows.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Coefficient:
    """One number of a cost model: value, unit, where it comes from, relative uncertainty."""

    name: str
    value: float
    unit: str
    source: str
    uncertainty: float
    calibrated: bool = False


_SYNTHESIS = "measured: yosys 0.70 synth_xilinx -family xcup of the generated Verilog"
_HOROWITZ = "Horowitz, ISSCC 2014, 45 nm at 0.9 V"

FP32_ADD_LUT = Coefficient("fp32_add_lut", 347, "LUT", f"{_SYNTHESIS}: FP32 adder of 5 stages", 0.15)
FP32_ADD_FF = Coefficient("fp32_add_ff", 233, "FF", f"{_SYNTHESIS}: FP32 adder of 5 stages", 0.15)
FP32_MUL_LUT = Coefficient(
    "fp32_mul_lut",
    100,
    "LUT",
    "assumption: exponent, rounding, joining of two DSP products, subnormals flushed; WUVE keeps them and takes 388",
    0.5,
)
FP32_MUL_FF = Coefficient("fp32_mul_ff", 150, "FF", "assumption: as fp32_mul_lut, three stages", 0.5)
FP32_MUL_DSP = Coefficient("fp32_mul_dsp", 2, "DSP", "architecture: 24 x 24 bits need two 27 x 18 multipliers", 0.0)
CONVERT_LUT = Coefficient("convert_lut", 60, "LUT", "assumption: FP32 to FP16 rounding and saturation", 0.5)
WUVE_MULTIPLIERS = Coefficient(
    "wuve_multipliers",
    4,
    "1/lane",
    "architecture: SGD with momentum and weight decay multiplies four times a weight in the RTL; Adam is not in it",
    0.0,
)
WUVE_ADDERS = Coefficient("wuve_adders", 3, "1/lane", "architecture: as wuve_multipliers, three additions", 0.0)
VECTOR_MULTIPLIERS = Coefficient(
    "vector_multipliers", 1, "1/lane", "assumption: scale of a normalisation, one element a cycle", 0.0
)
VECTOR_ADDERS = Coefficient("vector_adders", 1, "1/lane", "assumption: shift, residual sum, reduction", 0.0)
VECTOR_OTHER_LUT = Coefficient(
    "vector_other_lut", 150, "LUT/lane", "assumption: maximum, rectifier, operand selection", 0.5
)
DRAM_CONTROLLER_LUT = Coefficient(
    "dram_controller_lut", 18000, "LUT/channel", "assumption: a vendor DDR4 controller, 72 bit", 0.3
)
DRAM_CONTROLLER_FF = Coefficient("dram_controller_ff", 22000, "FF/channel", "assumption: as dram_controller_lut", 0.3)
DRAM_CONTROLLER_BRAM36 = Coefficient(
    "dram_controller_bram36", 26, "BRAM36/channel", "assumption: as dram_controller_lut", 0.3
)
DRAM_CONTROLLER_DSP = Coefficient("dram_controller_dsp", 3, "DSP/channel", "assumption: as dram_controller_lut", 0.3)
HOST_LUT = Coefficient("host_lut", 40000, "LUT", "assumption: a vendor PCIe DMA bridge, Gen 3 x16", 0.4)
HOST_FF = Coefficient("host_ff", 45000, "FF", "assumption: as host_lut", 0.4)
HOST_BRAM36 = Coefficient("host_bram36", 60, "BRAM36", "assumption: as host_lut", 0.4)
ROUTABLE_SHARE = Coefficient(
    "routable_share",
    0.85,
    "ratio",
    "assumption: the share of a device's LUTs and FFs that still routes at these clocks",
    0.1,
)
URAM_THRESHOLD_BYTES = Coefficient(
    "uram_threshold_bytes", 262144, "byte", "choice: smaller buffers leave most of an UltraRAM empty", 0.0
)

ROUTED_DELAY = Coefficient(
    "routed_delay",
    1.1,
    "ratio",
    "assumption: this part and its routing against the longest path of the slowest block by yosys sta (Artix-7 arcs, "
    "those of DSP slices with them, no routing); the faster part and the routing roughly cancel",
    0.3,
)

FP16_MUL_PJ = Coefficient("fp16_mul_pj", 1.1, "pJ", f"{_HOROWITZ}: FP16 multiply", 0.1)
FP32_MUL_PJ = Coefficient("fp32_mul_pj", 3.7, "pJ", f"{_HOROWITZ}: FP32 multiply", 0.1)
FP32_ADD_PJ = Coefficient("fp32_add_pj", 0.9, "pJ", f"{_HOROWITZ}: FP32 add", 0.1)
INT16_COMPARE_PJ = Coefficient(
    "int16_compare_pj",
    0.05,
    "pJ",
    f"{_HOROWITZ}: half of a 32-bit integer add (0.1 pJ), a 16-bit compare",
    0.3,
)
SMALL_RAM_PJ_PER_BYTE = Coefficient(
    "small_ram_pj_per_byte", 1.25, "pJ/byte", f"{_HOROWITZ}: 64 bits of an 8 KB cache, 10 pJ", 0.3
)
LARGE_RAM_PJ_PER_BYTE = Coefficient(
    "large_ram_pj_per_byte", 2.5, "pJ/byte", f"{_HOROWITZ}: 64 bits of a 32 KB cache, 20 pJ", 0.3
)
NODE_SCALE = Coefficient(
    "node_scale",
    0.4,
    "ratio",
    "assumption: 45 nm at 0.9 V to 16 nm FinFET at 0.85 V, by capacitance and V^2",
    0.4,
)
LOGIC_GAP = Coefficient(
    "logic_gap",
    14,
    "ratio",
    "Kuon and Rose, IEEE TCAD 26(2), 2007: FPGA over ASIC dynamic power, LUT logic",
    0.4,
)
HARD_BLOCK_GAP = Coefficient(
    "hard_block_gap",
    5,
    "ratio",
    "assumption: Kuon and Rose report a smaller gap where hard blocks serve; DSP slice with routing to it",
    0.5,
)
HARD_RAM_GAP = Coefficient(
    "hard_ram_gap",
    2,
    "ratio",
    "assumption: a hard RAM and the routing of its ports against an ASIC's SRAM",
    0.5,
)
NET_FARADS = Coefficient("net_farads", 0.5e-12, "F", "assumption: a routed net between neighbouring cells", 0.7)
CLOCK_FARADS_PER_FF = Coefficient(
    "clock_farads_per_ff", 15e-15, "F/FF", "assumption: clock pin and its share of the clock tree", 0.7
)
TOGGLE_RATE = Coefficient("toggle_rate", 0.5, "1/cycle", "assumption: random data changes every second bit", 0.4)
CORE_VOLTS = Coefficient("core_volts", 0.85, "V", "DS923: VCCINT of the part's -2 speed grade", 0.03)
DRAM_PJ_PER_BIT = Coefficient(
    "dram_pj_per_bit",
    17,
    "pJ/bit",
    "assumption: between 14 (GDDR5: O'Connor et al., MICRO 2017) and 20 (Horowitz, ISSCC 2014: "
    "1.3 nJ for 64 bits at the least), interface included",
    0.4,
)
DEVICE_STATIC_W = Coefficient("device_static_w", 3, "W", "assumption: leakage of a large 16 nm FPGA, warm", 0.6)

_ALL = tuple(value for value in tuple(globals().values()) if isinstance(value, Coefficient))


def coefficients() -> tuple[Coefficient, ...]:
    """Return every coefficient of the resource, clock and energy models, in the order of this page."""
    return _ALL
