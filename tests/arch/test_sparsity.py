"""The N:M notation: what is read, and what is refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heddle.arch.design import GROUP_SIZES
from heddle.arch.errors import HeddleError
from heddle.arch.sparsity import parse_sparsity


@pytest.mark.parametrize("m", GROUP_SIZES)
def test_every_supported_n_and_m_is_read(m):
    for n in range(1, m + 1):
        sparsity = parse_sparsity(f"{n}:{m}")
        assert (sparsity.n, sparsity.m) == (n, m)


def test_surrounding_spaces_do_not_matter():
    assert parse_sparsity(" 2:8 ") == parse_sparsity("2:8")


@pytest.mark.parametrize("text", ["2:8:1", "a:b", "", ":", "2:", ":8", "-1:8", "2.0:8", "2 : 8", "²:8", "2/8"])
def test_text_of_another_form_is_refused(text):
    with pytest.raises(HeddleError) as caught:
        parse_sparsity(text)
    assert str(caught.value) == f"sparsity {text!r} is not of the form N:M, as in 2:8"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2:6", "sparsity 2:6: M = 6 is not supported; M is one of 2, 4, 8, 16, 32"),
        ("2:64", "sparsity 2:64: M = 64 is not supported; M is one of 2, 4, 8, 16, 32"),
        ("9:8", "sparsity 9:8: N = 9 is not within 1 and M = 8"),
        ("0:8", "sparsity 0:8: N = 0 is not within 1 and M = 8"),
    ],
)
def test_a_value_out_of_range_is_named(text, message):
    with pytest.raises(HeddleError) as caught:
        parse_sparsity(text)
    assert str(caught.value) == message


def refusal_of(text):
    try:
        parse_sparsity(text)
    except HeddleError as error:
        return str(error)
    return None


@settings(max_examples=200, deadline=None, derandomize=True)
@given(text=st.text(max_size=12))
def test_any_text_is_read_or_refused_as_a_sparsity(text):
    refusal = refusal_of(text)
    assert refusal is None or refusal.startswith("sparsity ")
