"""Python in the pages: every block runs as it stands, and every name and call in a sentence is one that exists."""

from __future__ import annotations

import ast
import inspect
import pkgutil
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

import torch

import heddle
from benchmarks.documented.pages import PAGES, ROOT
from benchmarks.imports import FLOORS
from heddle.training.recipe import TrainingRecipe
from heddle.training.recipe_file import resolve_recipe

BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
DEFINED = re.compile(r"^(?:def|class) (\w+)", re.MULTILINE)
INLINE = re.compile(r"`([^`\n]+)`")
#: Its blocks after the first each show one name of the API: tests/test_api.py runs those.
OF_NAMES = "api.md"
#: Named as Python would be, and something else.
OTHER = {
    "heddle.tcl": "a file of the Vivado project",
    "heddle.xdc": "the same",
    "freeze()": "a method of the optimiser that the sentence names",
    "frame()": "a method of most results",
}


class YourModel(torch.nn.Sequential):
    """What a reader has."""

    def __init__(self) -> None:
        super().__init__(torch.nn.Linear(8, 16), torch.nn.Linear(16, 16), torch.nn.Linear(16, 8))


def nothing() -> dict[str, Any]:
    return {}


def a_model() -> dict[str, Any]:
    return {"heddle": heddle, "torch": torch, "YourModel": YourModel, "model": YourModel(), "images": torch.ones(2, 8)}


def two_steps() -> dict[str, Any]:
    design = heddle.load_design("tiny")
    board, network = heddle.load_board(design.board), heddle.load_network("mlp")
    recipes = [heddle.recipe_named(name) for name in ("bdwp", "dense")]
    steps = [heddle.training_step(network, each, design.sparsity, heddle.StepOptions(batch=4)) for each in recipes]
    result, dense = (heddle.estimate(step, design, board) for step in steps)
    return {"board": board, "result": result, "dense": dense}


def exported_weights() -> dict[str, Any]:
    heddle.export_weights(heddle.sparsify(YourModel(), "bdwp", "2:8"), "net.safetensors")
    return {}


#: What a page takes a reader to have, by the first line of its block.
GIVEN: Mapping[str, Callable[[], dict[str, Any]]] = {
    "import heddle": a_model,
    'torch.onnx.export(heddle.densify(model), (images,), "model.onnx", dynamo=False)': a_model,
    "from pathlib import Path": two_steps,
    "import json, struct": exported_weights,
}


def blocks() -> Iterator[tuple[str, str]]:
    """Every block with its page and line."""
    for page in PAGES:
        text = page.read_text()
        found = list(BLOCK.finditer(text))
        for each in found[:1] if page.name == OF_NAMES else found:
            yield f"{page.name}:{text[: each.start()].count(chr(10)) + 1}", each[1]


def names_after(block: str) -> dict[str, Any]:
    """What the names stand for when ``block`` has run, where its reader would run it."""
    given = GIVEN.get(block.partition("\n")[0], nothing)()
    exec(compile(block, "a page", "exec"), given)
    return given


@pytest.mark.parametrize("block", [pytest.param(text, id=place) for place, text in blocks()])
def test_a_block_runs(block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names_after(block)


def test_nothing_is_given_to_a_block_that_is_gone() -> None:
    assert set(GIVEN) - {text.partition("\n")[0] for _, text in blocks()} == set()


def test_the_recipe_is_the_same_as_data_and_in_python(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "training.md").read_text()
    (data,) = re.findall(r"^```toml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    (program,) = [text for text in BLOCK.findall(page) if "MINE = " in text]
    mine = names_after(program)["MINE"]
    assert isinstance(mine, TrainingRecipe)
    (tmp_path / "mine.toml").write_text(data)
    assert resolve_recipe(str(tmp_path / "mine.toml")) == mine


def sentences() -> Iterator[tuple[str, ast.expr]]:
    """Every dotted name of ours, and every call, that stands in a sentence of a page."""
    for page in PAGES:
        for words in INLINE.findall(FENCED.sub("", page.read_text())):
            if words not in OTHER and re.fullmatch(r"heddle(\.\w+)+|\w[\w.]*\(.*\)", words):
                with_dots = words.replace("…", "...")
                yield f"{page.name}: {words}", ast.parse(with_dots, mode="eval").body


def wrong_in(expression: ast.expr) -> list[str]:
    """The names in ``expression`` that do not exist, and the calls that Python would refuse."""
    if isinstance(expression, ast.Attribute):
        return [] if named(ast.unparse(expression)) else [ast.unparse(expression)]
    problems = []
    for call in (node for node in ast.walk(expression) if isinstance(node, ast.Call)):
        name = ast.unparse(call.func)
        found = named(name)
        if not found:
            problems.append(name)
        elif not any(takes(each, call) for each in found):
            problems.append(ast.unparse(call))
    return problems


def named(name: str) -> list[Any]:
    """What ``name`` is: the one thing of a dotted name, all of ours that have a bare one, or pathlib's Path."""
    if name == "Path":
        return [Path]
    places = [name] if "." in name else [f"{home}.{name}" for home in homes()[name]]
    try:
        found = [pkgutil.resolve_name(place) for place in places]
    except (ImportError, AttributeError):
        return []
    return [each.__call__ if callable(each) and inspect.ismodule(each) else each for each in found]


@cache
def homes() -> Mapping[str, list[str]]:
    """The modules of ours by the functions and classes that they define."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for folder in FLOORS:
        for file in (ROOT / folder).rglob("*.py"):
            module = ".".join(file.relative_to(ROOT).with_suffix("").parts)
            module = module if folder == "heddle" else f"heddle.{module}"
            for name in DEFINED.findall(file.read_text()):
                found[name].append(module)
    return found


def takes(function: Callable[..., Any], call: ast.Call) -> bool:
    """Whether ``function`` has a place for each argument of ``call``."""
    keywords = {each.arg: None for each in call.keywords if each.arg}
    try:
        inspect.signature(function).bind_partial(*call.args, **keywords)
    except TypeError:
        return False
    return True


def test_every_name_and_call_of_a_sentence_is_one_that_exists() -> None:
    wrong = {place: wrong_in(expression) for place, expression in sentences()}
    assert {place: problems for place, problems in wrong.items() if problems} == {}


@pytest.mark.parametrize(
    "words",
    ["heddle.arch.pack.packt", "heddle.sparsify(model, stepz=3)", "zoo_networkz(name)", "heddle.densify(a, b, c)"],
)
def test_what_does_not_exist_is_seen(words: str) -> None:
    assert wrong_in(ast.parse(words, mode="eval").body)
