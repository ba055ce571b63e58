"""Recipes from a user's own file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from heddle.arch.errors import HeddleError
from heddle.training.recipe_file import is_recipe_file, resolve_recipe
from heddle.training.recipes import training_recipe

OWN = """
from __future__ import annotations

from dataclasses import dataclass, replace

from torch import Tensor

from heddle.training.recipe import TrainingRecipe
from heddle.training.recipes.bdwp import BDWP

@dataclass(frozen=True)
class Half:
    share: float = 0.5

    def __call__(self, gradient: Tensor, weight: Tensor, mask: Tensor) -> Tensor:
        return gradient * self.share

MINE = replace(BDWP, name="mine", terms=(Half(),))
"""


def recipe_file(folder: Path, text: str) -> str:
    path = folder / "mine.py"
    path.write_text(text)
    return str(path)


def test_a_name_is_one_of_the_built_in_recipes_and_a_path_ends_in_py() -> None:
    assert resolve_recipe("BDWP") is training_recipe("bdwp")
    assert is_recipe_file("mine.py")
    assert not is_recipe_file("bdwp")


def test_the_recipe_that_a_file_defines_is_found_beside_those_that_it_imports(tmp_path: Path) -> None:
    recipe = resolve_recipe(recipe_file(tmp_path, OWN))
    assert recipe.name == "mine"
    assert recipe.ff == training_recipe("bdwp").ff
    assert len(recipe.terms) == 1


def test_a_file_may_be_changed_and_read_again(tmp_path: Path) -> None:
    assert resolve_recipe(recipe_file(tmp_path, OWN)).name == "mine"
    assert resolve_recipe(recipe_file(tmp_path, OWN.replace('"mine"', '"ours"'))).name == "ours"


def test_what_a_file_prints_stays_off_stdout(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    resolve_recipe(recipe_file(tmp_path, OWN + "print('hello')"))
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "hello\n")


WRONG = {
    "is missing": (None, "there is no such recipe file"),
    "has a slip in its syntax": ("def", "cannot be run: SyntaxError: invalid syntax (mine.py, line 1)"),
    "raises": ("1 / 0", "cannot be run: ZeroDivisionError: division by zero"),
    "exits": ("raise SystemExit(3)", "cannot be run: SystemExit: 3"),
    "imports what is not there": ("import nowhere", "cannot be run: ModuleNotFoundError: No module named 'nowhere'"),
    "has no recipe": ("", "must define one TrainingRecipe, but has 0 (none)"),
    "has only imported ones": (
        "from heddle.training.recipes.bdwp import BDWP",
        "must define one TrainingRecipe, but has 0 (none)",
    ),
    "has two": (
        OWN + "OURS = replace(BDWP, name='ours')",
        "must define one TrainingRecipe, but has 2 (mine, ours)",
    ),
    "takes a built-in name": (
        OWN.replace('"mine"', '"sr-ste"'),
        "its recipe is called 'sr-ste' as a built-in one; give it another name",
    ),
}


@pytest.mark.parametrize(("text", "problem"), WRONG.values(), ids=WRONG)
def test_a_file_is_refused_in_one_line_when_it(text: str | None, problem: str, tmp_path: Path) -> None:
    path = recipe_file(tmp_path, text) if text is not None else str(tmp_path / "mine.py")
    with pytest.raises(HeddleError, match=f"^{re.escape(f'{path}: {problem}')}$"):
        resolve_recipe(path)


def test_an_unknown_machine_recipe_names_the_file_and_the_nearest(tmp_path: Path) -> None:
    path = recipe_file(tmp_path, OWN.replace('name="mine"', 'name="mine", machine="bdpw"'))
    with pytest.raises(HeddleError, match=r"mine.py: machine of recipe 'mine': unknown recipe 'bdpw'; did you"):
        resolve_recipe(path)
