"""One line for the user, and the guess at what was meant."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heddle.arch.errors import HeddleError, nearest, unknown

NETWORKS = ("mlp", "resnet9", "resnet18", "resnet50")


def test_the_text_is_one_line() -> None:
    assert str(HeddleError("a\n  b")) == "a b"


@pytest.mark.parametrize(
    ("given_word", "valid", "guess"),
    [
        ("simualte", ("explore", "simulate"), "simulate"),
        ("sat", ("small", "sat-vcu1525"), "sat-vcu1525"),
        ("engine", ("estimate", "engines"), "engines"),
        ("MLP", NETWORKS, "mlp"),
        ("pb", ("ff", "bp", "wu"), "bp"),
        ("BP", ("ff", "bp", "wu"), "bp"),
        ("--rowz", ("--rows", "--cols"), "--rows"),
    ],
)
def test_a_slip_gets_the_word_that_was_meant(given_word: str, valid: tuple[str, ...], guess: str) -> None:
    assert nearest(given_word, valid) == guess


@pytest.mark.parametrize(
    ("given_word", "valid"),
    [
        ("resnet", NETWORKS),
        ("help", ("explore", "simulate", "schedule", "doctor")),
        ("f", ("ff", "bp")),
        ("fx", ("ff", "bp")),
        ("-x", ("--out", "--axi-bits")),
        ("", ("ff", "bp")),
    ],
)
def test_what_could_be_several_words_or_none_gets_no_guess(given_word: str, valid: tuple[str, ...]) -> None:
    assert nearest(given_word, valid) is None


def test_an_unknown_word_is_named_with_its_place_the_guess_and_all_words() -> None:
    error = unknown("pass", "pb", ("ff", "bp"), "--passes")
    assert str(error) == "--passes: unknown pass 'pb'; did you mean 'bp'? (valid: ff, bp)"


@settings(max_examples=50)
@given(st.text(max_size=8), st.lists(st.text(max_size=8), max_size=5))
def test_a_guess_is_always_one_of_the_words(word: str, valid: list[str]) -> None:
    assert nearest(word, valid) in (None, *valid)
