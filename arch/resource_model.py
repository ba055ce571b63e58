"""The resource formulas: what each module of a design takes of an FPGA, in closed form.

One set of formulas serves a single design and arrays of a million: every field of ``ResourceInputs`` holds one
number or many, and the fields broadcast. Array, SORE, WUVE and buffers are calibrated against synthesis
(``heddle.arch.calibration``); the numbers of the other modules, in ``heddle.arch.coefficients``, are estimates.
"""

from __future__ import annotations

from collections.abc import Mapping

from heddle.arch import coefficients as c
from heddle.arch.array_resources import array
from heddle.arch.buffer_resources import buffers
from heddle.arch.feed_resources import left_feeder
from heddle.arch.lane_resources import sore, vector, wuve
from heddle.arch.resource_inputs import ResourceInputs, ResourceTable, ceil_div, table, total

#: The modules whose numbers are calibrated.
CALIBRATED = ("array", "sore", "wuve", "buffers")

_BUFFERS = 3


def resource_table(inputs: ResourceInputs) -> ResourceTable:
    """Return the resources of whole designs: the sum over ``module_tables``."""
    return total(tuple(module_tables(inputs).values()))


def module_tables(inputs: ResourceInputs) -> Mapping[str, ResourceTable]:
    """Return the resources of each module.

    ``dram_controllers`` and ``host_link`` are vendor blocks around the accelerator, in the total because they
    share its device.
    """
    return {
        "array": array(inputs),
        "sore": sore(inputs),
        "wuve": wuve(inputs),
        "vector": vector(inputs),
        "buffers": buffers(inputs),
        "left_feeder": left_feeder(inputs),
        "dma": _dma(inputs),
        "controller": _controller(),
        "dram_controllers": _dram_controllers(inputs),
        "host_link": table(lut=c.HOST_LUT.value, ff=c.HOST_FF.value, bram36=c.HOST_BRAM36.value),
    }


def _dma(i: ResourceInputs) -> ResourceTable:
    """One DMA engine with an AXI4 master a channel, a FIFO of the bus' width in each direction."""
    lut = c.DMA_LUT.value + c.DMA_LUT_PER_BIT.value * i.axi_bits
    ff = c.DMA_FF.value + c.DMA_FF_PER_BIT.value * i.axi_bits
    fifo_blocks = c.DMA_FIFOS.value * ceil_div(i.axi_bits, int(c.RAM_WORD_BITS.value))
    return table(lut=i.channels * lut, ff=i.channels * ff, bram36=i.channels * fifo_blocks)


def _controller() -> ResourceTable:
    """Queues, tokens, program memory, and the address generators of the three buffers."""
    return table(
        lut=c.CONTROLLER_LUT.value + _BUFFERS * c.BUFFER_CONTROL_LUT.value,
        ff=c.CONTROLLER_FF.value + _BUFFERS * c.BUFFER_CONTROL_FF.value,
        bram36=c.CONTROLLER_BRAM36.value,
    )


def _dram_controllers(i: ResourceInputs) -> ResourceTable:
    return table(
        lut=i.channels * c.DRAM_CONTROLLER_LUT.value,
        ff=i.channels * c.DRAM_CONTROLLER_FF.value,
        dsp=i.channels * c.DRAM_CONTROLLER_DSP.value,
        bram36=i.channels * c.DRAM_CONTROLLER_BRAM36.value,
    )
