"""Where keys stand in a TOML text: at the position there is the key, and there is a position of every key."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from heddle.arch.toml_positions import Key, Position, key_positions

KEYS = st.sampled_from(["a", "b", "c-1", "2", '"d e"', "'f.g'", '"h\\"#]="', '""', '"\\u00e9"'])
DOTTED = st.lists(KEYS, min_size=1, max_size=3).flatmap(
    lambda keys: st.sampled_from([".", " . ", "\t."]).map(lambda dot: dot.join(keys))
)
SIMPLE = st.sampled_from(
    [
        "1", "-0.5e3", "true", "inf", "0xff", "1979-05-27 07:32:00Z", '"x"', "'[x]'", '"\\"]#,"', '""', "''",
        '"""\n] = [a]\n# no\n"""', '"""a\\""""', '"""b"""""', "'''c = 1'''''", "'''\n[d]\n'''", '""""""',
    ]
)  # fmt: skip


def arrays(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    ends = st.sampled_from(["[{}]", "[ {} ]", "[\n  {}, # ]\n]"])
    return st.tuples(st.lists(values, min_size=1, max_size=3), ends).map(
        lambda each: each[1].format(", ".join(each[0]))
    )


def inline_tables(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    pairs = st.tuples(DOTTED, values).map(" = ".join)
    return st.lists(pairs, min_size=1, max_size=3).map(lambda each: f"{{ {', '.join(each)} }}")


VALUES = st.recursive(
    SIMPLE | st.sampled_from(["[]", "{}"]), lambda inner: arrays(inner) | inline_tables(inner), max_leaves=5
)
LINES = st.one_of(
    st.tuples(DOTTED, st.sampled_from(["=", " = ", "\t="]), VALUES).map("".join),
    DOTTED.map(lambda key: f"[{key}]"),
    DOTTED.map(lambda key: f"  [ {key} ] # table"),
    DOTTED.map(lambda key: f"[[{key}]]"),
    st.sampled_from(["", "# comment = 1", "   "]),
)


def parsed(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


@st.composite
def documents(draw: st.DrawFn) -> str:
    """A text that TOML's parser takes: lines that it refuses after those before are left out."""
    text = ""
    for line in draw(st.lists(LINES, max_size=12)):
        longer = text + line + draw(st.sampled_from(["\n", "\r\n"]))
        text = longer if parsed(longer) is not None else text
    return text


def keys_of(value: Any, key: Key = ()) -> set[Key]:
    """Every key and index below ``value``."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return {found for name, each in inner for found in ({(*key, name)} | keys_of(each, (*key, name)))}


def at(text: str, position: Position) -> str:
    return text.replace("\r\n", "\n").split("\n", position.line - 1)[-1][position.column - 1 :]


def starts_with_key(text: str, name: str) -> bool:
    """Whether a key that means ``name`` stands at the start of ``text``."""
    return any(parsed(f"{text[:length]} = 1") == {name: 1} for length in range(1, min(len(text), 20) + 1))


@settings(max_examples=400)
@given(documents())
def test_every_key_and_element_has_a_position_and_there_the_key_stands(text: str) -> None:
    data = parsed(text)
    assume(data)
    positions = key_positions(text)
    assert positions.keys() == keys_of(data)
    for key, position in positions.items():
        if isinstance(key[-1], str):
            assert starts_with_key(at(text, position), key[-1]), (key, position)


@pytest.mark.parametrize(
    ("text", "key", "position"),
    [
        ("a = 1\nb.c = 2", ("b", "c"), Position(2, 3)),
        ("[x.y]\n[x]\nz = 1", ("x",), Position(1, 2)),
        ("[[t]]\nk = 1\n[[t]]\nk = 2\n[t.u]\nv = 3", ("t", 1, "u", "v"), Position(6, 1)),
        ('s = """\nk = 1\n"""\nk = 2', ("k",), Position(4, 1)),
        ("a = [1,\n  [2, 3],\n]", ("a", 1, 1), Position(2, 7)),
        ("a = { b = { c = 1 } }", ("a", "b", "c"), Position(1, 13)),
        ('"\u00e9" = 1\r\nb = 2', ("b",), Position(2, 1)),
    ],
)
def test_positions_of_each_form(text: str, key: Key, position: Position) -> None:
    assert key_positions(text)[key] == position
