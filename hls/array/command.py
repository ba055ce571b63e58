"""What the sequencer is told: one command an instruction, every count worked out beforehand by the scheduler.

========================  ======================================================================================
``ws``                    weight-stationary (else output-stationary)
``reload``                the sums go on from partial sums that the core is given
``length``                OS: packed slots of the reduction; WS: activation rows that stream through
``tiles``                 array tiles, one each ``interval`` steps
``interval``              steps from one array tile to the next
``settle``                OS: steps before it begins, and, reloading, before it takes its first partial sum
``group_slots``           OS: slots that one activation group serves (N of N:M; M for dense)
``interleave_cols``       OS: how many of a PE's I outputs share an activation group
``fresh_tiles``           WS: tiles that start new sums; each later one goes on from that many tiles before it
========================  ======================================================================================
"""

from __future__ import annotations

from amaranth.lib import data

#: Slots, rows, and tiles: beyond what any buffer of the tool's range holds of one instruction.
COUNT_BITS = 24
#: An interval is a length times the ring (up to 64), or the drain of up to 512 rows.
INTERVAL_BITS = 32

COMMAND = data.StructLayout(
    {
        "ws": 1,
        "reload": 1,
        "length": COUNT_BITS,
        "tiles": COUNT_BITS,
        "interval": INTERVAL_BITS,
        "settle": COUNT_BITS,
        "group_slots": 6,  # up to M = 32
        "interleave_cols": 7,  # up to I = 64
        "fresh_tiles": COUNT_BITS,
    }
)
