"""Faults of the N:M generator, of the weight updater, and of the stream components in them."""

from __future__ import annotations

from benchmarks.mutants.checks import proof, unit_tests
from benchmarks.mutants.fault import Fault

STREAM_FAULTS = (
    Fault(
        "queue-overfull",
        "hls/stream/queue.py",
        "self.level != self.depth",
        "self.level != self.depth + 1",
        "a full queue takes a word more",
        proof("queue-1"),
    ),
    Fault(
        "queue-wraps-late",
        "hls/stream/queue.py",
        "place == self.depth - 1",
        "place == self.depth",
        "a depth that is no power of two wraps a place late",
        proof("queue-3"),
    ),
    Fault(
        "fork-remembers",
        "hls/stream/fork.py",
        "(self.taken[way] | transfer(output)) & ~transfer(self.input)",
        "self.taken[way] | transfer(output)",
        "what an output took of one word counts for all later ones",
        proof("fork-2"),
    ),
    Fault(
        "third-block-taken",
        "hls/stream/transpose.py",
        "self.full_blocks != 2",
        "self.full_blocks != 3",
        "a third block is written over the first",
        unit_tests("hls/stream/test_transpose.py"),
    ),
    Fault(
        "diagonal-mirrored",
        "hls/stream/transpose.py",
        "_rotated(elements, -self.row)",
        "_rotated(elements, self.row)",
        "column groups get elements of other columns",
        unit_tests("hls/stream/test_transpose.py"),
    ),
)

RANKING_FAULTS = (
    Fault(
        "tie-to-higher-index",
        "hls/lanes/ranking.py",
        "self._magnitude(i) >= self._magnitude(j)",
        "self._magnitude(i) > self._magnitude(j)",
        "of equal magnitudes the later one is kept",
        proof("ranking-1:4"),
    ),
    Fault(
        "sign-ranked",
        "hls/lanes/ranking.py",
        "magnitude: Value = self.input.payload[i][:-1]",
        "magnitude: Value = self.input.payload[i]",
        "negative values rank above positive ones",
        proof("ranking-1:4"),
    ),
    Fault(
        "compaction-reversed",
        "hls/lanes/ranking.py",
        "_count(self.keep[:i])",
        "_count(self.keep[i + 1 :])",
        "kept elements are packed from the highest index down",
        proof("ranking-2:4"),
    ),
    Fault(
        "group-not-held-up",
        "hls/lanes/ranking.py",
        "free.eq(~self.output.valid | self.output.ready)",
        "free.eq(1)",
        "a packed group that is not taken is overwritten",
        unit_tests("hls/lanes/test_sore.py"),
    ),
)

UPDATE_FAULTS = (
    Fault(
        "decay-before-scaling",
        "hls/lanes/wuve.py",
        'stream("gradient") * scalar("gradient_scale") + master * scalar("weight_decay")',
        '(stream("gradient") + master * scalar("weight_decay")) * scalar("gradient_scale")',
        "the loss scale divides the weight decay too",
        unit_tests("hls/lanes/test_wuve.py"),
    ),
    Fault(
        "momentum-one-step-old",
        "hls/lanes/wuve.py",
        'master - scalar("learning_rate") * momentum',
        'master - scalar("learning_rate") * stream("momentum")',
        "weights move by the last step's momentum",
        unit_tests("hls/lanes/test_wuve.py"),
    ),
    Fault(
        "epsilon-inside-root",
        "hls/lanes/wuve.py",
        'square_root(variance) * scalar("root_scale") + scalar("epsilon")',
        'square_root(variance + scalar("epsilon")) * scalar("root_scale")',
        "Adam's epsilon is added under the root",
        unit_tests("hls/lanes/test_wuve.py"),
    ),
    Fault(
        "old-master-narrowed",
        "hls/lanes/wuve.py",
        'narrow(rule.state["master"])',
        'narrow(stream("master"))',
        "the operand is the weight before the update",
        unit_tests("hls/lanes/test_wuve.py"),
    ),
    Fault(
        "operand-not-delayed",
        "hls/fp/datapath.py",
        "age = step - self.schedule.ready[node]",
        "age = max(0, step - self.schedule.ready[node] - 1)",
        "an operand that waits for another comes a step early",
        unit_tests("hls/fp/test_datapath.py"),
    ),
    Fault(
        "narrowed-half-up",
        "hls/fp/rounding.py",
        "up = guard & (sticky | fraction[0])",
        "up = guard",
        "narrowing rounds ties up, not to even",
        unit_tests("hls/fp/test_narrower.py"),
    ),
    Fault(
        "narrowed-sticky-dropped",
        "hls/fp/narrower.py",
        "wide.significand[:dropped].any()",
        "wide.significand[dropped - 1]",
        "narrowing forgets the lowest bits",
        unit_tests("hls/fp/test_narrower.py"),
    ),
    Fault(
        "quotient-remainder-dropped",
        "hls/fp/divider.py",
        "(last != 0) & (last + state.divisor != 0)",
        "last != 0",
        "an exact quotient passes for an inexact one",
        unit_tests("hls/fp/test_divider.py"),
    ),
    Fault(
        "root-exponent-parity",
        "hls/fp/square_root.py",
        "odd = twice_biased[0]",
        "odd = ~twice_biased[0]",
        "the significand is doubled for the even exponents",
        unit_tests("hls/fp/test_square_root.py"),
    ),
)

LANE_FAULTS = (*STREAM_FAULTS, *RANKING_FAULTS, *UPDATE_FAULTS)
