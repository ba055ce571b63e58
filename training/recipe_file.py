"""Recipes by name, or from a user's own file: TOML, which is data, or Python, which is run."""

from __future__ import annotations

from pathlib import Path

from heddle.arch.toml_file import load_model
from heddle.training.catalogue import RECIPE_PROGRAM, RECIPE_TABLE
from heddle.training.ramps import Fade, FadeLaw, FrameOrder, Frames
from heddle.training.recipe import (
    BackwardWeights,
    Choice,
    GradientTerm,
    TrainingRecipe,
    WeightGradientPruning,
    WeightPruning,
)
from heddle.training.recipe_program import run_recipe_program
from heddle.training.recipe_table import (
    BackwardTable,
    FadeTable,
    FramesTable,
    PruningTable,
    RecipeTable,
    TermTable,
)
from heddle.training.recipes import training_recipe
from heddle.training.selections import NEVER, Held, PermutedTopN, RandomN, Selection, TopN, Transposable
from heddle.training.terms import DecayOfPruned, OnlyKept


def is_recipe_file(text: str) -> bool:
    """True when ``text`` is the path of a user's recipe, and not a name."""
    return text.endswith((RECIPE_TABLE, RECIPE_PROGRAM))


def is_recipe_program(text: str) -> bool:
    """True when ``text`` is the path of a recipe whose own code runs at every step."""
    return text.endswith(RECIPE_PROGRAM)


def resolve_recipe(text: str) -> TrainingRecipe:
    """Return the recipe called ``text``, or that of the file ``text``: its path ends in .toml, or in .py, which is run.

    Raises HeddleError for an unknown name and for a file that is not one recipe.
    """
    if not is_recipe_file(text):
        return training_recipe(text)
    path = Path(text)
    return run_recipe_program(path) if is_recipe_program(text) else recipe_of_table(load_model(RecipeTable, path))


def recipe_of_table(table: RecipeTable) -> TrainingRecipe:
    """Return the recipe that ``table`` describes."""
    backward = BackwardWeights.AS_FORWARD if table.bp_weights == "as-forward" else BackwardWeights.DENSE
    return TrainingRecipe(
        name=table.name,
        source=table.source,
        machine=table.machine,
        ff=_pruning(table.ff) if table.ff is not None else None,
        bp=_pruning(table.bp) if table.bp is not None else backward,
        bp_gradient=_choice(table.bp_gradient) if table.bp_gradient is not None else None,
        wu=WeightGradientPruning(table.wu.operand, _choice(table.wu.choice), table.wu.until)
        if table.wu is not None
        else None,
        terms=tuple(_term(each) for each in table.terms),
    )


def _pruning(table: PruningTable) -> WeightPruning:
    return WeightPruning(
        _selection(table),
        begins=table.begins,
        until=table.until,
        refresh_share=table.refresh_share,
        frames=_frames(table.frames) if table.frames is not None else None,
        fade=_fade(table.fade) if table.fade is not None else None,
        after_forward=isinstance(table, BackwardTable) and table.after_forward,
    )


def _selection(table: PruningTable) -> Selection:
    steps = table.refresh_steps
    if table.axis is None:
        return Transposable() if steps is None else Held(Transposable(), steps)
    if table.selection == "random-n":
        return RandomN(table.axis, NEVER if steps is None else steps)
    if table.selection == "permuted-top-n":
        usual = PermutedTopN(table.axis)
        return PermutedTopN(
            table.axis,
            usual.candidates if table.candidates is None else table.candidates,
            usual.refresh_steps if steps is None else steps,
        )
    return TopN(table.axis) if steps is None else Held(TopN(table.axis), steps)


def _frames(table: FramesTable) -> Frames:
    order = FrameOrder[table.order.upper()]
    if table.last_is_equal:
        return Frames(order, until=None)
    return Frames(order) if table.until is None else Frames(order, table.until)


def _fade(table: FadeTable) -> Fade:
    return Fade(FadeLaw[table.law.upper()], table.until)


def _choice(word: str) -> Choice:
    return Choice[word.upper()]


def _term(table: TermTable) -> GradientTerm:
    return OnlyKept() if table.strength is None else DecayOfPruned(table.strength)
