"""Checks of a synthesis by modules: the array mapped as one block, and one PE placed and routed."""

from __future__ import annotations

from heddle.arch.design import Design
from heddle.arch.scratch_folder import scratch_folder
from heddle.hls.generate import array_core_blocks
from heddle.hls.names import ARRAY_CORE_MODULE
from heddle.synth.nextpnr import PlacedElement, place_element
from heddle.synth.result import Usage
from heddle.synth.yosys.cells import usage_of
from heddle.synth.yosys.mapping import map_flat
from heddle.synth.yosys.plan import texts_of


def flat_array(design: Design) -> Usage:
    """Return what the array takes when it is mapped as one block: minutes for more than 16 PEs.

    Raises HeddleError where the mapping fails; the log that it names then stays.
    """
    with scratch_folder("flat") as folder:
        block = map_flat("\n".join(texts_of(*array_core_blocks(design))), ARRAY_CORE_MODULE, folder)
    return usage_of(block.cells, ARRAY_CORE_MODULE)


def placed_pe(design: Design) -> PlacedElement:
    """Return one PE placed and routed; raises HeddleError where a tool is missing or fails (its log then stays)."""
    with scratch_folder("place") as folder:
        return place_element(design, folder)
