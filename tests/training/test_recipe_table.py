"""Recipes written as TOML: the same recipes as the built-in ones, and every slip told in one line."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn

import heddle
from heddle.arch.errors import HeddleError
from heddle.training.ramps import FrameOrder, Frames
from heddle.training.recipe import TrainingRecipe, WeightPruning
from heddle.training.recipe_file import is_recipe_program, resolve_recipe
from heddle.training.recipes import training_recipe, training_recipe_names
from heddle.training.selections import Held, TopN, Transposable

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "sampled.toml"
IN = 'ff = { selection = "top-n", axis = "in" }'
BDWP = f'{IN}\nbp = {{ selection = "top-n", axis = "out" }}'
FADING = 'ff = { selection = "top-n", axis = "in", fade = { law = "%s" } }\nbp_weights = "as-forward"'
FRAMED = 'ff = { selection = "top-n", axis = "in", frames = { order = "%s" } }\nbp_weights = "as-forward"'
DECAY = 'terms = [{ kind = "decay-of-pruned", strength = 2e-4 }]'
ONLY_KEPT = 'terms = [{ kind = "only-kept" }]\nbp_weights = "as-forward"'

#: The parts of every built-in recipe.
BUILT_IN = {
    "dense": "",
    "sr-ste": f'{IN}\nbp_weights = "as-forward"\n{DECAY}',
    "asp": f'ff = {{ selection = "top-n", axis = "in", refresh_steps = 0, begins = 0.5 }}\n{ONLY_KEPT}',
    "random": f'ff = {{ selection = "random-n", axis = "in" }}\n{ONLY_KEPT}',
    "sdgp": 'bp_gradient = "magnitude"',
    "sdgp-rescaled": 'bp_gradient = "rescaled"',
    "sdwp": 'bp = { selection = "top-n", axis = "out" }',
    "bdwp": BDWP,
    "bi-mask": f'{IN}\nbp = {{ selection = "permuted-top-n", axis = "out", after_forward = true }}\n{DECAY}',
    "transposable": 'ff = { selection = "transposable", refresh_steps = 40, refresh_share = 1e-4 }\n'
    'bp_weights = "as-forward"',
    "mdgf-linear": FADING % "linear",
    "mdgf-exponential": FADING % "exponential",
    "sdgf-stepwise": FRAMED % "stepwise",
    "sdgf-geometric": FRAMED % "geometric",
    "bdwp-wu": f'{BDWP}\nwu = {{ operand = "dy" }}',
    "bdwp-wu-x": f'{BDWP}\nwu = {{ operand = "x" }}',
    "bdwp-wu-sampled": f'{BDWP}\nwu = {{ operand = "dy", choice = "unbiased" }}',
    "bdwp-wu-x-sampled": f'{BDWP}\nwu = {{ operand = "x", choice = "unbiased" }}',
    "bdwp-wu-measured": f'{BDWP}\nwu = {{ operand = "measured" }}',
}


def written(folder: Path, parts: str, machine: str = "dense", name: str = "mine") -> Path:
    path = folder / "mine.toml"
    path.write_text(f'name = "{name}"\nsource = "me"\nmachine = "{machine}"\n{parts}\n')
    return path


def read(folder: Path, parts: str, machine: str = "dense") -> TrainingRecipe:
    return resolve_recipe(str(written(folder, parts, machine)))


def test_every_built_in_recipe_can_be_written() -> None:
    assert BUILT_IN.keys() == set(training_recipe_names())


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_table_is_the_recipe_that_the_program_is(name: str, tmp_path: Path) -> None:
    built_in = training_recipe(name)
    assert read(tmp_path, BUILT_IN[name], built_in.machine) == replace(built_in, name="mine", source="me")


def test_a_dense_finish_a_held_mask_and_an_equal_last_frame_can_be_written(tmp_path: Path) -> None:
    hu = 'ff = { selection = "transposable", refresh_steps = 40, until = 0.9 }'
    assert read(tmp_path, hu).ff == WeightPruning(Held(Transposable(), 40), until=0.9)
    equal = 'ff = { selection = "top-n", axis = "in", frames = { order = "stepwise", last_is_equal = true } }'
    assert read(tmp_path, equal).ff == WeightPruning(TopN("in"), frames=Frames(FrameOrder.STEPWISE, until=None))


def trained_weights(recipe: str | Path) -> list[torch.Tensor]:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 8))
    heddle.sparsify(model, recipe, "2:8", steps=6, seed=3)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    for _ in range(6):
        x, labels = torch.randn(24, 16), torch.randint(8, (24,))
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x), labels).backward()
        optimizer.step()
    return [parameter.detach().clone() for parameter in model.parameters()]


def test_the_example_trains_bit_for_bit_as_the_built_in_recipe_of_the_same_data() -> None:
    for ours, theirs in zip(trained_weights(EXAMPLE), trained_weights("bdwp-wu-sampled"), strict=True):
        assert torch.equal(ours, theirs)
    assert not all(map(torch.equal, trained_weights(EXAMPLE), trained_weights("bdwp-wu")))


def test_a_table_runs_nothing_of_the_user_s_at_a_step() -> None:
    assert is_recipe_program("mine.py")
    assert not is_recipe_program("mine.toml")


PERMUTED = 'bp = { selection = "permuted-top-n", axis = "out" }'
TOP_IN = 'ff = {{ selection = "top-n", axis = "in", {} }}'
WORDS = "'top-n', 'transposable', 'random-n' or 'permuted-top-n'"
#: Parts, and what is said against them, after line and column.
WRONG_PARTS = {
    "misspells a key": ("axes = 1", "4:1: unknown key 'axes' (valid: name, source, machine, ff, bp, "),
    "misspells a key of a part": (
        TOP_IN.format("untl = 1"),
        "4:42: unknown key 'ff.untl'; did you mean 'ff.until'?",
    ),
    "misspells a word": (
        'ff = { selection = "topn", axis = "in" }',
        f"4:8: ff.selection: must be {WORDS} (did you mean 'top-n'?), got 'topn'",
    ),
    "has a share above 1": (
        TOP_IN.format("until = 1.5"),
        "4:42: ff.until: must be less than or equal to 1, got 1.5",
    ),
    "has a share that is no number": (
        TOP_IN.format("until = nan"),
        "4:42: ff.until: must be a finite number, got nan",
    ),
    "leaves the axis out": ('ff = { selection = "top-n" }', "4:8: ff: top-n needs axis (valid: 'in', 'out')"),
    "has an axis of both": (
        'ff = { selection = "transposable", axis = "in" }',
        "4:36: ff: transposable lies along both axes; leave axis out",
    ),
    "has candidates of a selection without orders": (
        TOP_IN.format("candidates = 2"),
        "4:42: ff: candidates are orders of permuted-top-n",
    ),
    "has a share of nothing held": (
        TOP_IN.format("refresh_share = 0.1"),
        "4:42: ff: refresh_share shortens refresh_steps; give those, above 0",
    ),
    "holds a mask over frames": (
        'ff = { selection = "random-n", axis = "in", frames = { order = "stepwise" } }',
        "4:45: ff: a mask that is held would outlast its frame; choose at every step",
    ),
    "ends before it begins": (
        TOP_IN.format("begins = 0.5, until = 0.5"),
        "4:56: ff: until must be above begins (0.5), got 0.5",
    ),
    "gives BP twice": (
        f'{PERMUTED}\nbp_weights = "as-forward"',
        "5:1: BP has a pruning of its own ([bp]); leave bp_weights out",
    ),
    "follows an FF that prunes nothing": (
        'bp_weights = "as-forward"',
        "4:1: FF has no pruning ([ff]) for BP to follow",
    ),
    "decays what nothing prunes": (DECAY, "4:1: terms are of the weights that FF prunes; give [ff]"),
    "has a term without its strength": (
        f'{IN}\nterms = [{{ kind = "decay-of-pruned" }}]',
        "5:12: terms.0: decay-of-pruned needs strength",
    ),
}
#: A machine, parts that it does not fit, and what is said.
WRONG_MACHINES = {
    "names an unknown machine": ("bdpw", IN, "3:1: unknown recipe 'bdpw'; did you mean 'bdwp'? (valid: dense, "),
    "names a machine that saves what it does not": (
        "bdwp",
        IN,
        "3:1: 'bdwp' runs BP with sparse weight, which this recipe leaves dense to the array "
        "(FF reduces along in, BP along out)",
    ),
    "prunes WU's other operand": (
        "bdwp-wu",
        f'{BDWP}\nwu = {{ operand = "x" }}',
        "3:1: 'bdwp-wu' runs WU with sparse dy, which",
    ),
}
WRONG = {**{slip: ("dense", *rest) for slip, rest in WRONG_PARTS.items()}, **WRONG_MACHINES}


@pytest.mark.parametrize(("machine", "parts", "problem"), WRONG.values(), ids=WRONG)
def test_a_table_is_refused_in_one_line_with_its_place_when_it(
    machine: str, parts: str, problem: str, tmp_path: Path
) -> None:
    path = written(tmp_path, parts, machine)
    with pytest.raises(HeddleError, match=f"^{re.escape(f'{path}:{problem}')}[^\n]*$"):
        resolve_recipe(str(path))


def test_a_built_in_name_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, BDWP, "bdwp", name="BDWP")
    with pytest.raises(HeddleError, match=r"mine.toml:1:1: 'BDWP' is a built-in recipe; give it another name$"):
        resolve_recipe(str(path))


def test_a_file_that_is_missing_or_no_recipe_is_told(tmp_path: Path) -> None:
    with pytest.raises(HeddleError, match=r"mine.toml: no such file$"):
        resolve_recipe(str(tmp_path / "mine.toml"))
    (tmp_path / "mine.toml").write_text("")
    with pytest.raises(HeddleError, match=r"mine.toml: missing keys 'name', 'source', 'machine'$"):
        resolve_recipe(str(tmp_path / "mine.toml"))
