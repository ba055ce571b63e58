"""How pruning sets in: which frames, for how long, and how weights fade."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heddle.arch.design import SparsityConfig
from heddle.training.ramps import Fade, FadeLaw, Frame, FrameOrder, Frames

STEPWISE, GEOMETRIC = Frames(FrameOrder.STEPWISE), Frames(FrameOrder.GEOMETRIC)


def written(frames: tuple[Frame, ...]) -> list[str]:
    return [f"{frame.n}:{frame.m}" for frame in frames]


@pytest.mark.parametrize(
    ("final", "frames"),
    [
        ((1, 2), []),
        ((2, 4), ["3:4"]),
        ((1, 4), ["3:4", "2:4"]),
        ((3, 4), []),
        ((2, 8), ["7:8", "4:8"]),
        ((1, 8), ["7:8", "4:8", "2:8"]),
        ((3, 8), ["7:8", "4:8"]),
        ((1, 16), ["15:16", "8:16", "4:16", "2:16"]),
        ((8, 8), []),
    ],
)
def test_stepwise_halves_from_m_minus_one(final: tuple[int, int], frames: list[str]) -> None:
    assert written(STEPWISE.ramp(SparsityConfig(n=final[0], m=final[1]), 64)) == frames


@pytest.mark.parametrize(
    ("channels", "frames"),
    [(64, ["16:64", "8:32", "4:16"]), (32, ["8:32", "4:16"]), (48, ["4:16"]), (8, []), (96, ["8:32", "4:16"])],
)
def test_geometric_narrows_groups_that_the_channels_make_whole(channels: int, frames: list[str]) -> None:
    assert written(GEOMETRIC.ramp(SparsityConfig(n=2, m=8), channels)) == frames


@given(st.integers(1, 400), st.sampled_from([STEPWISE, GEOMETRIC]))
def test_every_step_has_the_frame_of_its_equal_share_of_the_first_half(steps: int, frames: Frames) -> None:
    final = SparsityConfig(n=1, m=8)
    ramp = frames.ramp(final, 64)
    for step in range(steps + 1):
        share = Fraction(2 * step, steps)
        expected = ramp[int(share * len(ramp))] if share < 1 else Frame(1, 8)
        assert frames.at(step / steps, final, 64) == expected


@pytest.mark.parametrize("order", FrameOrder)
def test_the_last_frame_may_be_as_long_as_the_others(order: FrameOrder) -> None:
    final, equal = SparsityConfig(n=1, m=8), Frames(order, until=None)
    frames = [*equal.ramp(final, 64), Frame(1, 8)]
    assert [equal.at(step / 400, final, 64) for step in range(400)] == [frame for frame in frames for _ in range(100)]
    assert equal.at(1.0, final, 64) == Frame(1, 8)


@pytest.mark.parametrize("law", FadeLaw)
def test_what_is_pruned_fades_from_all_to_nothing_and_never_grows(law: FadeLaw) -> None:
    fade = Fade(law)
    shares = [fade.share(step / 1000) for step in range(1001)]
    assert shares[0] == 1
    assert sorted(shares, reverse=True) == shares
    assert all(share == 0 for share in shares[500:])
    assert all(share > 0 for share in shares[:500])


def test_fades_follow_their_laws() -> None:
    assert Fade(FadeLaw.LINEAR).share(0.125) == 0.75
    assert Fade(FadeLaw.LINEAR, until=1.0).share(0.125) == 0.875
    assert Fade(FadeLaw.EXPONENTIAL).share(0.25) == pytest.approx(math.sqrt(1e-3))
    assert Fade(FadeLaw.EXPONENTIAL, until=1.0).share(1 / 3) == pytest.approx(0.1)
