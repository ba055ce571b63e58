"""The resource formulas: what each module of a design takes of an FPGA, in closed form.

One set of formulas serves a single design and arrays of a million: every field of ``ResourceInputs`` holds one
number or many, and the fields broadcast. The modules that have RTL are calibrated against its synthesis
(``heddle.arch.calibration``), but for the left feeder; the numbers of the others, in ``heddle.arch.coefficients``, are
estimates.
"""

from __future__ import annotations

from collections.abc import Mapping

from heddle.arch import coefficients as c
from heddle.arch.array_resources import array
from heddle.arch.buffer_resources import buffers
from heddle.arch.control_resources import controller
from heddle.arch.dma_resources import dma
from heddle.arch.double_buffer_resources import double_buffers
from heddle.arch.feed_resources import left_feeder
from heddle.arch.lane_resources import sore, vector, wuve
from heddle.arch.machine_widths import MachineWidths
from heddle.arch.resource_inputs import ResourceInputs, ResourceTable, table, total

#: The modules whose numbers are calibrated: on whole designs of the array and its lanes, on blocks of the machine.
CALIBRATED_ARRAY = ("array", "sore", "wuve")
CALIBRATED_MACHINE = ("buffers", "dma", "controller")
CALIBRATED = (*CALIBRATED_ARRAY, *CALIBRATED_MACHINE)
#: What is emitted beside the array where that stands by itself: the buffers are double buffers then.
ARRAY_PARTS = ("array", "sore", "wuve", "buffers")


def resource_table(inputs: ResourceInputs) -> ResourceTable:
    """Return the resources of whole designs: the sum over ``module_tables``."""
    return total(tuple(module_tables(inputs).values()))


def module_tables(inputs: ResourceInputs) -> Mapping[str, ResourceTable]:
    """Return the resources of each module.

    ``dram_controllers`` and ``host_link`` are vendor blocks around the accelerator, in the total because they
    share its device.
    """
    widths = MachineWidths.of(inputs)
    return {
        "array": array(inputs),
        "sore": sore(inputs),
        "wuve": wuve(inputs),
        "vector": vector(inputs),
        "buffers": buffers(inputs, widths),
        "left_feeder": left_feeder(inputs),
        "dma": dma(inputs, widths),
        "controller": controller(inputs, widths),
        "dram_controllers": _dram_controllers(inputs),
        "host_link": table(lut=c.HOST_LUT.value, ff=c.HOST_FF.value, bram36=c.HOST_BRAM36.value),
    }


def array_tables(inputs: ResourceInputs) -> Mapping[str, ResourceTable]:
    """Return the resources of ``ARRAY_PARTS``."""
    return {
        "array": array(inputs),
        "sore": sore(inputs),
        "wuve": wuve(inputs),
        "buffers": double_buffers(inputs),
    }


def _dram_controllers(i: ResourceInputs) -> ResourceTable:
    return table(
        lut=i.channels * c.DRAM_CONTROLLER_LUT.value,
        ff=i.channels * c.DRAM_CONTROLLER_FF.value,
        dsp=i.channels * c.DRAM_CONTROLLER_DSP.value,
        bram36=i.channels * c.DRAM_CONTROLLER_BRAM36.value,
    )
