"""docs/api.md, made from the docstrings of ``import heddle``.

``python -m benchmarks.docs_api`` writes the page; a test compares it with what would be written.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from pathlib import Path

import heddle

PAGE = Path(__file__).resolve().parent.parent / "docs" / "api.md"

GROUPS = {
    "Designs and boards": (
        "load_design", "preset_names", "override", "to_toml", "load_board", "board_names", "resources",
        "resources_by_module", "check_fit", "Design", "SparsityConfig", "Board", "Resources",
    ),
    "Networks and recipes": (
        "load_network", "with_layer_sparsities", "input_sizes", "zoo_network", "zoo_names", "recipe_named", "RECIPES",
        "parse_sparsity", "training_step", "StepOptions", "TrainingStep", "Network", "InputSizes", "Recipe",
    ),
    "Schedule and simulate": ("schedule", "estimate", "simulate", "Schedule", "StepResult", "PassResult"),
    "Explore": (
        "explore", "ExploreRequest", "load_space", "default_space", "with_sparsities", "Space", "Exploration",
    ),
    "Compile": ("compile_program", "StepProgram"),
    "Generate, verify, synthesise": (
        "generate", "verify_design", "synthesise", "GeneratedDesign", "Verified", "Synthesis",
    ),
    "Train": (
        "train", "TrainSettings", "Trained", "sparsify", "densify", "Policy", "training_recipe", "TrainingRecipe",
        "model_network", "export_weights", "import_weights",
    ),
    "Reports and figures": (
        "report", "ReportPage",
        "compare",
        "Comparison", "layers_figure", "roofline_figure", "pareto_figures", "training_figure",
        "time_to_accuracy_figures",
    ),
    "N:M encoding": ("mask", "pack", "unpack", "Packed"),
    "Errors": ("HeddleError",),
}  # fmt: skip

INTRODUCTION = """# The Python API

`import heddle` does everything that the `heddle` command does. Results are objects; most have a `frame()`, which is
a pandas table, and figures are matplotlib's. [examples/whole_loop.ipynb](examples/whole_loop.ipynb) goes through the
whole loop. This page is made from the docstrings by `python -m benchmarks.docs_api`.

Bad input raises `HeddleError`, whose text is the line that the command prints. A name is loaded when it is first used,
so `import heddle` takes milliseconds; the names under *Train* need PyTorch (`pip install 'heddle-npu[train]'`).

Two verbs are also folders of the package. `heddle.verify(…)` and `heddle.synth(…)` can be called all the same: they are
`heddle.verify_design(…)` and `heddle.synthesise(…)`, which are the names to use where types are checked.

The examples below use these:

```python
import numpy as np
import heddle

design = heddle.load_design("tiny")
board = heddle.load_board(design.board)
network = heddle.load_network("mlp")
step = heddle.training_step(network, heddle.recipe_named("bdwp"), design.sparsity, heddle.StepOptions(batch=4))
```
"""


def page() -> str:
    """Return the text of docs/api.md."""
    parts = [INTRODUCTION]
    for title, names in GROUPS.items():
        parts.append(f"## {title}\n")
        parts += [_entry(name) for name in names]
    return "\n".join(parts)


def _entry(name: str) -> str:
    documented = getattr(heddle, name)
    if not callable(documented):
        return f"### `{name}`\n\n{', '.join(f'`{key}`' for key in documented)}, each a `Recipe`.\n"
    if inspect.isclass(documented):
        members = [line for line in map(_member(documented), vars(documented)) if line]
        return "\n".join([f"### `{name}`\n", _text(documented), *members, *([""] if members else [])])
    return f"### `{name}`\n\n```python\n{name}{_signature(documented)}\n```\n\n{_text(documented)}"


def _member(documented: type) -> Callable[[str], str]:
    """Return what tells a public method or property of ``documented`` in a line, or nothing of what else is there."""

    def line(name: str) -> str:
        member = vars(documented)[name]
        if name.startswith("_") or not (isinstance(member, property) or inspect.isfunction(member)):
            return ""
        first = (inspect.getdoc(member) or "").split("\n")[0]
        if not first or name.startswith("model_"):
            return ""
        call = "" if isinstance(member, property) else "()"
        return f"- `.{name}{call}`: {_plain(first)}"

    return line


def _signature(function: Callable[..., object]) -> str:
    """The signature as it is written in the source, a parameter a line where it is long."""
    text = re.sub(r"(: |-> )'([^']*)'", r"\1\2", str(inspect.signature(function)))
    text = re.sub(r"<function (\w+) at 0x[0-9a-f]+>", r"\1", text)
    if len(text) < 90:
        return text
    inner, _, result = text.rpartition(") -> ")
    parameters = re.split(r", (?=\w+:|\*)", inner[1:])
    return "(\n" + "".join(f"    {parameter},\n" for parameter in parameters) + f") -> {result}"


def _text(documented: object) -> str:
    """The docstring as Markdown: its examples fenced."""
    prose: list[str] = []
    example: list[str] = []
    for text in (inspect.getdoc(documented) or "").split("\n"):
        (example if example or text.startswith(">>>") else prose).append(text)
    shown = [re.sub(r"\s*# doctest: \+SKIP", "", text) for text in example]
    fenced = ["```python", *shown, "```", ""] if shown else []
    return "\n".join([_plain("\n".join(prose)).strip(), "", *fenced])


def _plain(text: str) -> str:
    """Single backticks, as Markdown has them."""
    return text.replace("``", "`")


def main() -> int:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.name}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
