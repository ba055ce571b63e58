"""All files of a generated design, as text."""

from __future__ import annotations

import json

import pytest

from heddle.arch.boards import load_board
from heddle.arch.design_io import load_design, override
from heddle.arch.errors import HeddleError
from heddle.hls.files import MANIFEST_NAME, generated_design

TINY = load_design("tiny")


def test_the_manifest_names_every_other_file_and_the_top_is_a_module_of_one_of_them() -> None:
    generated = generated_design(TINY, load_board(TINY.board))
    document = json.loads(generated.files[MANIFEST_NAME])
    assert sorted(document["files"]) == sorted(set(generated.files) - {MANIFEST_NAME})
    assert any(f"module {generated.top}(" in text for text in generated.files.values())


def test_an_idealisation_has_no_files() -> None:
    ideal = override(TINY, {"array.drain": "direct"}, "test")
    with pytest.raises(HeddleError, match="an idealisation without RTL"):
        generated_design(ideal, load_board(ideal.board))
