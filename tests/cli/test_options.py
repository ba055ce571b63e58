"""Where options stand, and the words that their help lists: those of the registries."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

from heddle.arch.boards import board_names
from heddle.arch.design_io import preset_names
from heddle.cli import options
from heddle.cli.main import app, main
from heddle.cli.options.values import listed, one_of_words
from heddle.dataflow.choices import DATAFLOW_CHOICES, MINIMISE_CHOICES, OPTIMIZERS
from heddle.dataflow.recipes import RECIPES
from heddle.dataflow.zoo import zoo_names
from heddle.dse.objectives import OBJECTIVES
from heddle.dse.space import space_names
from heddle.sim.levels import LEVELS
from heddle.synth.result import TOOLS
from heddle.training.catalogue import DATA_SETS, MODELS, RATIO_RULES
from heddle.verify.model import SIMULATORS

NOT_OF_ONE_VERB = {"shared", "values"}

WORDS = {
    "a network": ("simulate", zoo_names()),
    "a recipe": ("schedule", RECIPES),
    "a training recipe": ("train", RECIPES),
    "a preset": ("simulate", preset_names()),
    "a board": ("explore", board_names()),
    "a space": ("explore", space_names()),
    "an objective": ("explore", OBJECTIVES),
    "a level": ("simulate", [one_of_words(LEVELS)]),
    "a dataflow": ("schedule", [one_of_words(DATAFLOW_CHOICES)]),
    "what is minimised": ("simulate", [one_of_words(MINIMISE_CHOICES)]),
    "an optimizer": ("synth", [one_of_words(OPTIMIZERS)]),
    "a tool": ("synth", [one_of_words(TOOLS)]),
    "a simulator": ("verify", [one_of_words(SIMULATORS)]),
    "a model": ("train", MODELS),
    "a data set": ("train", DATA_SETS),
    "a rule of ratios": ("train", [one_of_words(RATIO_RULES)]),
}


def test_every_verb_has_a_module_of_options_named_as_it_is() -> None:
    modules = {module.name for module in pkgutil.iter_modules(options.__path__)}
    verbs = {command.callback.__name__ for command in app.registered_commands if command.callback}
    assert modules - NOT_OF_ONE_VERB == verbs
    for verb in verbs:
        module = importlib.import_module(f"heddle.cli.options.{verb}")
        assert f"{verb.capitalize()}Options" in vars(module)


@pytest.mark.parametrize(("verb", "words"), WORDS.values(), ids=WORDS)
def test_help_lists_the_words_of_the_registry(
    verb: str, words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "2000")
    assert main([verb, "--help"]) == 0
    shown = capsys.readouterr().out
    assert [word for word in words if word not in shown] == []


def test_words_are_listed_as_a_sentence_does() -> None:
    assert listed(["one"]) == "one"
    assert listed(["one", "two", "three"]) == "one, two or three"
