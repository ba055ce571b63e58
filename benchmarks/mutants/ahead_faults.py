"""Faults of what is there before a clock waits for it: heads of queues, ends that are foreseen, sums side by side."""

from __future__ import annotations

from benchmarks.mutants.checks import machine, proof, sweep, unit_tests
from benchmarks.mutants.fault import Fault

_SMALLEST = sweep("2x2-os+ws-m4-i1-l1-p0-fp16")
_WIDE = sweep("2x3-os+ws-m4-i4-l2-p1-fp16")
_STATES = proof("commands-os+ws")

HEAD_FAULTS = (
    Fault(
        "word-past-those-that-wait",
        "hls/stream/headed_queue.py",
        "comes.valid & (oldest.valid | ~is_taken)",
        "comes.valid & ~is_taken",
        "a word that comes as the head leaves is lost where others wait",
        proof("headed-queue-3"),
    ),
    Fault(
        "head-without-a-word",
        "hls/stream/headed_queue.py",
        "oldest.valid | (comes.valid & comes.ready)",
        "oldest.valid | comes.valid | comes.ready",
        "the head counts as a word while none has come",
        proof("headed-queue-3"),
    ),
    Fault(
        "level-that-only-rises",
        "hls/stream/level.py",
        "level ^ falls",
        "level ^ rises",
        "a word that leaves counts as one that has come",
        proof("queue-3"),
    ),
    Fault(
        "end-is-not-looked-at",
        "hls/control/dispatch.py",
        "refuses.eq(check.refuses | (is_end != comes.last))",
        "refuses.eq(check.refuses)",
        "a program may end anywhere, or go on beyond its end",
        unit_tests("hls/control/test_dispatch.py"),
    ),
)

END_FAULTS = (
    Fault(
        "tile-of-one-step-goes-on",
        "hls/array/sequencer.py",
        "self.last_phase.eq(ends.single_phase)",
        "self.last_phase.eq(0)",
        "behind the first tile of one step each takes all steps that there are",
        _STATES,
    ),
    Fault(
        "last-tile-a-tile-late",
        "hls/array/sequencer.py",
        "self.last_tile.eq(tile == ends.tile_before_last)",
        "self.last_tile.eq(tile == ends.tile_before_last + 1)",
        "a command takes a tile more",
        _STATES,
    ),
    Fault(
        "no-lead-without-a-settle",
        "hls/array/sequencer.py",
        "self.in_lead.eq(offered.settle == 0)",
        "self.in_lead.eq(0)",
        "a command that settles for nothing takes its first partial sums a step late",
        _STATES,
    ),
    Fault(
        "last-slot-a-slot-late",
        "hls/array/os_steps.py",
        "is_last.eq(slot == ends.slot_before_last)",
        "is_last.eq(slot == ends.slot)",
        "an OS tile's sums leave a slot late",
        _SMALLEST,
    ),
    Fault(
        "one-tile-streams",
        "hls/array/ws_steps.py",
        "m.d.sync += has_streamed.eq(0)",
        "pass",
        "behind a command's first WS tile no activations are taken",
        _SMALLEST,
    ),
    Fault(
        "sums-come-at-once-and-once",
        "hls/array/os_steps.py",
        "in_first_turn.eq(1), comes.eq(ends.comes_at_once)",
        "in_first_turn.eq(1), comes.eq(1)",
        "the next tile's partial sums are asked for from a tile's first step on",
        _WIDE,
    ),
    Fault(
        "row-of-one-pixel-goes-on",
        "hls/feed/walks.py",
        "Mux(is_last, self._is_single, position == self._before_last)",
        "position == self._before_last",
        "a map of one column, or of one row, is walked beyond its end",
        machine("tiny"),
    ),
    Fault(
        "long-command-too-early",
        "hls/array/command_check.py",
        "is_short & (turns < until_results - settled)",
        "(turns < until_results - settled)",
        "a long command is refused for what its lowest bits say",
        unit_tests("hls/array/test_command_check.py"),
    ),
    Fault(
        "far-end-at-hand",
        "hls/feed/left_address.py",
        "Mux(is_far, _FURTHEST_PIXELS, pixels[: _NEAR.width])",
        "pixels[: _NEAR.width]",
        "the end of a map that is far away counts as near",
        unit_tests("hls/feed/test_left_address.py"),
    ),
)

BESIDE_FAULTS = (
    Fault(
        "full-word-waits",
        "hls/gear/slicer.py",
        "return (self.offset + self._taken(-1))",
        "return (self.offset + self._taken(0))",
        "a piece that ends with its word waits for the next one",
        proof("gear-slices-3"),
    ),
    Fault(
        "row-ends-where-its-piece-does",
        "hls/gear/slicer.py",
        "Mux(ends, self._taken(row_units - 1), self._taken(0))",
        "self._taken(0)",
        "the row behind one that ends within a byte begins in that byte",
        unit_tests("hls/gear/test_slicer.py"),
    ),
    Fault(
        "fold-begins-and-ends-in-one-group",
        "hls/feed/left_folds.py",
        "Mux(wraps & begins, with_two,",
        "Mux(wraps & begins, with_one,",
        "a fold that begins in one group and ends in another has a group less",
        unit_tests("hls/feed/test_left_feeder.py"),
    ),
)

AHEAD_FAULTS = (*HEAD_FAULTS, *END_FAULTS, *BESIDE_FAULTS)
