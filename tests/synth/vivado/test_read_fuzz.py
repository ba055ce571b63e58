"""Damaged reports: never an exception, and never a number that the whole report does not say."""

import tempfile
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vivado_samples import EACH, utilisation_of_7_series

from heddle.synth.vivado.read import read_report
from heddle.synth.vivado.reports import Slack, Use

SAMPLES = {**EACH, "7 series": utilisation_of_7_series()}
SINGLE = ("lut", "lut_as_memory", "ff", "carry8", "bram36", "uram", "dsp")
SINGLE_OF_KIND = {
    "utilisation": SINGLE,
    "hierarchy": (),
    "timing": ("setup", "hold", "pulse_width", "met"),
    "power": ("total_w", "dynamic_w", "static_w", "junction_c"),
}
LISTS_OF_KIND = {"utilisation": (), "hierarchy": ("modules",), "timing": ("clocks",), "power": ("components",)}
# Whatever may stand in a file but digits, signs, points and bounds, which would be another number.
STRAYS = st.text(st.characters(codec="utf-8", exclude_characters="0123456789.-<"), min_size=1, max_size=8)


def read(content):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.rpt"
        path.write_bytes(content)
        return read_report(path)


def holds(ours, theirs):
    """Tell whether a value, or each number of a use or a slack, is that of the whole report or None."""
    if isinstance(ours, Use | Slack) and theirs is not None:
        return all(holds(getattr(ours, field.name), getattr(theirs, field.name)) for field in fields(ours))
    return ours is None or ours == theirs


def numbers(item):
    """The figures of a module, a clock or a part, without its name."""
    return tuple(value for field in fields(item) if not isinstance(value := getattr(item, field.name), str))


def is_part_of(some, every):
    """Tell whether ``some`` are among ``every`` in the same order, values that could not be read left out."""
    rest = iter(every)
    return all(any(all(holds(a, b) for a, b in zip(one, other, strict=True)) for other in rest) for one in some)


def check(found, whole):
    """Every figure of ``found`` is the whole report's or None; every list is a part of the whole report's."""
    for kind, names in SINGLE_OF_KIND.items():
        for report in getattr(found, kind):
            (original,) = getattr(whole, kind)
            for name in names:
                assert holds(getattr(report, name), getattr(original, name)), name
            for name in LISTS_OF_KIND[kind]:
                ours, theirs = ([numbers(item) for item in getattr(each, name)] for each in (report, original))
                assert is_part_of(ours, theirs), name
    for item in found.unread:
        assert item.reason
        assert item.reason.isprintable()
        assert len(item.reason) < 200


WHOLE = {name: read(text.encode()) for name, text in SAMPLES.items()}


@pytest.mark.parametrize("name", SAMPLES)
def test_the_samples_are_whole(name):
    assert WHOLE[name].unread == ()
    check(WHOLE[name], WHOLE[name])


@pytest.mark.parametrize("name", SAMPLES)
def test_a_report_cut_at_any_line_says_less_and_nothing_else(name):
    lines = SAMPLES[name].splitlines(keepends=True)
    for end in range(len(lines)):
        check(read("".join(lines[:end]).encode()), WHOLE[name])


@pytest.mark.parametrize("name", SAMPLES)
@settings(max_examples=120)
@given(data=st.data())
def test_a_report_cut_at_any_byte_says_less_and_nothing_else(name, data):
    content = SAMPLES[name].encode()
    found = read(content[: data.draw(st.integers(0, len(content)))])
    check(found, WHOLE[name])


@pytest.mark.parametrize("name", SAMPLES)
@settings(max_examples=120)
@given(data=st.data())
def test_a_report_without_some_of_its_lines_says_less_and_nothing_else(name, data):
    lines = SAMPLES[name].splitlines(keepends=True)
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(lines)))
        del lines[start : start + data.draw(st.integers(1, 12))]
    check(read("".join(lines).encode()), WHOLE[name])


@pytest.mark.parametrize("name", SAMPLES)
@settings(max_examples=120)
@given(data=st.data())
def test_strays_in_a_report_change_no_number(name, data):
    text = SAMPLES[name]
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(text)))
        text = text[:place] + data.draw(STRAYS) + text[place:]
    check(read(text.encode()), WHOLE[name])


@pytest.mark.parametrize("name", SAMPLES)
@settings(max_examples=120)
@given(data=st.data())
def test_garbage_is_survived(name, data):
    content = SAMPLES[name].encode()
    for _ in range(data.draw(st.integers(1, 6))):
        start = data.draw(st.integers(0, len(content)))
        end = min(len(content), start + data.draw(st.integers(0, 40)))
        middle = data.draw(
            st.one_of(st.binary(max_size=6), st.just(content[start:end][::-1]), st.just(content[start:]))
        )
        content = content[:start] + middle + content[end:]
    for item in read(content).unread:
        assert item.reason.isprintable()
