"""The clocks of the machine around the array: its part of the timing contract.

``heddle.arch.timing`` has the array, ``heddle.arch.left_feed`` its left words. What stands here is what a program waits
for on the way to the array and from it: fetch, dispatch, the way to memory, gearboxes, buffers, preparation. Each name
is a latency or a size of the RTL, which a test asks of its components. All values are clock cycles of the design
unless their names say otherwise.
"""

from __future__ import annotations

from heddle.arch.jit import kernel

#: From a word that enters a queue to the word at its other end. The same for a register with valid and ready.
QUEUE_CYCLES = 1
#: A queue in block RAM, between memory's beats and what takes them.
RAM_QUEUE_CYCLES = 2

#: From the program's start to the walk of its header: the address is taken.
FETCH_ASK_CYCLES = 1

#: From a token that comes to the instruction that an engine takes.
TOKEN_CYCLES = 1
#: Instructions that an engine has taken and not done.
ENGINE_INSTRUCTIONS = 2

#: From a tile to the first of its pixels, beside one for each bit of its first position.
WALK_CYCLES = 2
#: Pieces of pages between the walk and the joiner.
PIECE_QUEUE = 2
#: Bursts that a master has asked for and memory has not ended; as many wait for their beats.
OUTSTANDING_BURSTS = 8
#: From a span to its request.
REQUEST_CYCLES = 1
#: From a beat that leaves the queue of a read engine to the burst that its room lets begin.
ROOM_CYCLES = 2
#: From what a cutter takes to its first piece: pixels at pages, bursts into beats.
CUTTER_CYCLES = 1
#: From a span to the first of its beats beside the data: the queue of bursts and the cutter.
BEAT_CYCLES = QUEUE_CYCLES + CUTTER_CYCLES
#: From the last answer of a store's memory to its end.
STORE_DONE_CYCLES = 1

#: Bits of a lane's amount that a rotator takes in a clock.
_ROTATED_BITS = 2
_STEP_BYTES = 2

#: From the rows of a tile to the first cut of them.
CUT_CYCLES = 2
#: From a cut that is taken to its piece.
PIECE_CYCLES = 1
#: From a piece to its groups.
SPREAD_CYCLES = 1
#: From a word's last piece to the word, where a word has several.
COLLECT_CYCLES = 1
#: From the sums of a part to their bytes.
NARROW_CYCLES = 2
#: From the last word in a half to ``done``: the count of ended tiles.
LOADED_CYCLES = 1

#: From an address to its word: the RAM, a register behind it, a queue.
BUFFER_CYCLES = 3
#: Words that a buffer was asked for and that nobody has taken: one more than its latency.
BUFFER_ANSWERS = 4

#: From a computation to what its feeders need of it.
PREPARE_CYCLES = 22
#: From a prepared computation to the first word of an order.
ORDER_CYCLES = 2
#: From a read to its address.
LEFT_ADDRESS_CYCLES = 5
#: From an address to the rows of the array that its groups are for.
LEFT_ROWS_CYCLES = 2
#: From the last of M reads that are turned to the first of M groups of pixels.
LEFT_TURN_CYCLES = 1
#: From a read, or a turned group, to the register before the hold; from the last one there to the chunk's first word.
LEFT_LAY_CYCLES, LEFT_HOLD_CYCLES = 1, 2
#: From a result in the buffer to the count of results, and to ``done``.
WRITTEN_CYCLES = 1
#: From a result at the array's edge to the same as the partial sum that a tile goes on from.
SUM_RETURN_CYCLES = QUEUE_CYCLES + WRITTEN_CYCLES + BUFFER_CYCLES


@kernel
def first_word_cycles(reads: int, turned: int, group_m: int, group_turn: int) -> int:
    """Return the clocks from a prepared computation to its first left word, whose chunk takes ``reads``."""
    to_read = ORDER_CYCLES + LEFT_ADDRESS_CYCLES + LEFT_ROWS_CYCLES + BUFFER_CYCLES + group_turn
    turning = LEFT_TURN_CYCLES + group_m - 1 if turned else 0
    return to_read + reads - 1 + turning + LEFT_LAY_CYCLES + LEFT_HOLD_CYCLES


def group_turn_cycles(ports: int) -> int:
    """Return the clocks in which the groups of a read are turned to begin with the one that was asked for."""
    return -(-(ports - 1).bit_length() // _ROTATED_BITS)


def rotation_cycles(data_bytes: int) -> int:
    """Return the clocks that the bytes of a beat take to be shifted to their lanes."""
    lanes = data_bytes // _STEP_BYTES
    return -(-(lanes - 1).bit_length() // _ROTATED_BITS)


def packing_cycles(data_bytes: int) -> int:
    """Return the clocks from the beat that fills a word to the word."""
    return rotation_cycles(data_bytes) + 1


def computation_start_cycles() -> int:
    """Return the clocks from the tokens of a computation to its first left word, beside the reads of its chunk."""
    return TOKEN_CYCLES + PREPARE_CYCLES + int(first_word_cycles(1, 0, 0, 0))


def tile_load_cycles(word_bytes: int) -> int:
    """Return what loads and the start of their computation take beside memory: to a request, to a half, to a step."""
    asked = TOKEN_CYCLES + WALK_CYCLES + CUTTER_CYCLES + 2 * QUEUE_CYCLES + REQUEST_CYCLES
    laid = RAM_QUEUE_CYCLES + packing_cycles(word_bytes) + CUT_CYCLES + PIECE_CYCLES + SPREAD_CYCLES + LOADED_CYCLES
    return asked + laid + computation_start_cycles()


def tile_store_cycles(word_bytes: int) -> int:
    """Return what a store takes beside memory: to its first beat, and from its last answer to the end."""
    asked = TOKEN_CYCLES + WALK_CYCLES + CUTTER_CYCLES + 2 * QUEUE_CYCLES + BEAT_CYCLES
    return asked + rotation_cycles(word_bytes) + STORE_DONE_CYCLES


def burst_window_cycles() -> int:
    """Return the clocks from a burst that is asked for to the one in its place, beside memory's latency."""
    return REQUEST_CYCLES + QUEUE_CYCLES
