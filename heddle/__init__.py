"""Heddle in a notebook or a script: everything that the ``heddle`` command does, as functions.

A design, a network and a recipe make a training step; a step is scheduled, estimated or simulated:

>>> import heddle
>>> design = heddle.load_design("sat-vcu1525")
>>> board = heddle.load_board(design.board)
>>> network = heddle.load_network("resnet9")
>>> options = heddle.StepOptions(batch=64)
>>> sparse = heddle.training_step(network, heddle.recipe_named("bdwp"), design.sparsity, options)
>>> dense = heddle.training_step(network, heddle.recipe_named("dense"), design.sparsity, options)
>>> speedup = heddle.estimate(dense, design, board).cycles / heddle.estimate(sparse, design, board).cycles
>>> 1.9 < speedup < 2.0
True

``simulate`` takes what ``estimate`` takes and runs the engines instead of the closed form. ``explore`` searches a
``Space`` of designs. Whatever is wrong with an input raises ``HeddleError``, whose text is one line.

Training needs PyTorch, so its names (``sparsify``, ``densify``, ``training_recipe``, ``TrainingRecipe``, ``Policy``,
``export_weights``, ``import_weights``, ``model_network``) are loaded when they are first used:

    model = heddle.sparsify(model, "bdwp", "2:8")

All names of ``__all__``, and those of training, are stable: they are added to, and leave only with a major version.
"""

from __future__ import annotations

#: Nothing is imported before it is used, the module typing neither: the command begins by reading this one.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from heddle.arch.boards import Board, board_names, load_board
    from heddle.arch.design import Design, SparsityConfig
    from heddle.arch.design_io import load_design, override, preset_names, to_toml
    from heddle.arch.errors import HeddleError
    from heddle.arch.fit import check_fit
    from heddle.arch.nm import Packed, mask, pack, unpack
    from heddle.arch.resources import Resources, resources, resources_by_module
    from heddle.arch.sparsity import parse_sparsity
    from heddle.dataflow.input_sizes import InputSizes, input_sizes
    from heddle.dataflow.layer_sparsity import with_layer_sparsities
    from heddle.dataflow.load import load_network
    from heddle.dataflow.network import Network
    from heddle.dataflow.program.step_program import StepProgram
    from heddle.dataflow.recipes import RECIPES, Recipe, recipe_named
    from heddle.dataflow.scheduler import Schedule
    from heddle.dataflow.scheduler import schedule_step as schedule
    from heddle.dataflow.step_items import TrainingStep
    from heddle.dataflow.training import StepOptions, training_step
    from heddle.dataflow.zoo import zoo_names, zoo_network
    from heddle.dse.explore import Exploration, explore
    from heddle.dse.request import ExploreRequest
    from heddle.dse.space import Space, default_space, load_space, with_sparsities
    from heddle.hls.files import GeneratedDesign
    from heddle.reports.plots.draw import (
        layers_figure,
        pareto_figures,
        roofline_figure,
        time_to_accuracy_figures,
        training_figure,
    )
    from heddle.reports.review.compare import Comparison
    from heddle.sim.engines.simulate import simulate
    from heddle.sim.estimate import estimate
    from heddle.sim.result import PassResult, StepResult
    from heddle.synth.result import Synthesis
    from heddle.synth.yosys.run import synthesise
    from heddle.verbs import ReportPage, compare, compile_program, generate, report
    from heddle.verify.design_check import Verified, verify_design

__all__ = [
    "RECIPES",
    "Board",
    "Comparison",
    "Design",
    "Exploration",
    "ExploreRequest",
    "GeneratedDesign",
    "HeddleError",
    "InputSizes",
    "Network",
    "Packed",
    "PassResult",
    "Recipe",
    "ReportPage",
    "Resources",
    "Schedule",
    "Space",
    "SparsityConfig",
    "StepOptions",
    "StepProgram",
    "StepResult",
    "Synthesis",
    "TrainingStep",
    "Verified",
    "board_names",
    "check_fit",
    "compare",
    "compile_program",
    "default_space",
    "estimate",
    "explore",
    "generate",
    "input_sizes",
    "layers_figure",
    "load_board",
    "load_design",
    "load_network",
    "load_space",
    "mask",
    "override",
    "pack",
    "pareto_figures",
    "parse_sparsity",
    "preset_names",
    "recipe_named",
    "report",
    "resources",
    "resources_by_module",
    "roofline_figure",
    "schedule",
    "simulate",
    "synthesise",
    "time_to_accuracy_figures",
    "to_toml",
    "training_figure",
    "training_step",
    "unpack",
    "verify_design",
    "with_layer_sparsities",
    "with_sparsities",
    "zoo_names",
    "zoo_network",
]

#: Every name with the module that has it, and its name there. A name is loaded when it is first used: importing any
#: of our modules imports this one, and ``heddle --help`` needs no compiled kernel and no data frames.
_HOMES = {
    "Board": ("heddle.arch.boards", "Board"),
    "Comparison": ("heddle.reports.review.compare", "Comparison"),
    "Design": ("heddle.arch.design", "Design"),
    "Exploration": ("heddle.dse.explore", "Exploration"),
    "ExploreRequest": ("heddle.dse.request", "ExploreRequest"),
    "GeneratedDesign": ("heddle.hls.files", "GeneratedDesign"),
    "HeddleError": ("heddle.arch.errors", "HeddleError"),
    "InputSizes": ("heddle.dataflow.input_sizes", "InputSizes"),
    "Network": ("heddle.dataflow.network", "Network"),
    "Packed": ("heddle.arch.nm", "Packed"),
    "PassResult": ("heddle.sim.result", "PassResult"),
    "Policy": ("heddle.training", "Policy"),
    "RECIPES": ("heddle.dataflow.recipes", "RECIPES"),
    "Recipe": ("heddle.dataflow.recipes", "Recipe"),
    "ReportPage": ("heddle.verbs", "ReportPage"),
    "Resources": ("heddle.arch.resources", "Resources"),
    "Schedule": ("heddle.dataflow.scheduler", "Schedule"),
    "Space": ("heddle.dse.space", "Space"),
    "SparsityConfig": ("heddle.arch.design", "SparsityConfig"),
    "StepOptions": ("heddle.dataflow.training", "StepOptions"),
    "StepProgram": ("heddle.dataflow.program.step_program", "StepProgram"),
    "StepResult": ("heddle.sim.result", "StepResult"),
    "Synthesis": ("heddle.synth.result", "Synthesis"),
    "TrainSettings": ("heddle.training.settings", "TrainSettings"),
    "Trained": ("heddle.training.trained", "Trained"),
    "TrainingRecipe": ("heddle.training", "TrainingRecipe"),
    "TrainingStep": ("heddle.dataflow.step_items", "TrainingStep"),
    "Verified": ("heddle.verify.design_check", "Verified"),
    "board_names": ("heddle.arch.boards", "board_names"),
    "check_fit": ("heddle.arch.fit", "check_fit"),
    "compare": ("heddle.verbs", "compare"),
    "compile_program": ("heddle.verbs", "compile_program"),
    "densify": ("heddle.training", "densify"),
    "default_space": ("heddle.dse.space", "default_space"),
    "estimate": ("heddle.sim.estimate", "estimate"),
    "explore": ("heddle.dse.explore", "explore"),
    "export_weights": ("heddle.training.export", "export_weights"),
    "generate": ("heddle.verbs", "generate"),
    "import_weights": ("heddle.training.export", "import_weights"),
    "input_sizes": ("heddle.dataflow.input_sizes", "input_sizes"),
    "layers_figure": ("heddle.reports.plots.draw", "layers_figure"),
    "load_board": ("heddle.arch.boards", "load_board"),
    "load_design": ("heddle.arch.design_io", "load_design"),
    "load_network": ("heddle.dataflow.load", "load_network"),
    "load_space": ("heddle.dse.space", "load_space"),
    "mask": ("heddle.arch.nm", "mask"),
    "model_network": ("heddle.training.network_of", "network_of"),
    "override": ("heddle.arch.design_io", "override"),
    "pack": ("heddle.arch.nm", "pack"),
    "pareto_figures": ("heddle.reports.plots.draw", "pareto_figures"),
    "parse_sparsity": ("heddle.arch.sparsity", "parse_sparsity"),
    "preset_names": ("heddle.arch.design_io", "preset_names"),
    "recipe_named": ("heddle.dataflow.recipes", "recipe_named"),
    "report": ("heddle.verbs", "report"),
    "resources": ("heddle.arch.resources", "resources"),
    "resources_by_module": ("heddle.arch.resources", "resources_by_module"),
    "roofline_figure": ("heddle.reports.plots.draw", "roofline_figure"),
    "schedule": ("heddle.dataflow.scheduler", "schedule_step"),
    "simulate": ("heddle.sim.engines.simulate", "simulate"),
    "sparsify": ("heddle.training", "sparsify"),
    "synthesise": ("heddle.synth.yosys.run", "synthesise"),
    "time_to_accuracy_figures": ("heddle.reports.plots.draw", "time_to_accuracy_figures"),
    "to_toml": ("heddle.arch.design_io", "to_toml"),
    "train": ("heddle.training.trained", "train_beside_dense"),
    "training_figure": ("heddle.reports.plots.draw", "training_figure"),
    "training_recipe": ("heddle.training", "training_recipe"),
    "training_step": ("heddle.dataflow.training", "training_step"),
    "unpack": ("heddle.arch.nm", "unpack"),
    "verify_design": ("heddle.verify.design_check", "verify_design"),
    "with_layer_sparsities": ("heddle.dataflow.layer_sparsity", "with_layer_sparsities"),
    "with_sparsities": ("heddle.dse.space", "with_sparsities"),
    "zoo_names": ("heddle.dataflow.zoo", "zoo_names"),
    "zoo_network": ("heddle.dataflow.zoo", "zoo_network"),
}

#: Packages that can be called: ``heddle.verify(design)`` is ``heddle.verify_design(design)``, and so with synth.
_VERBS_THAT_ARE_PACKAGES = ("synth", "verify")


def __getattr__(name: str) -> Any:
    """Return a name from its module; raises HeddleError where it is one of training and PyTorch is not installed."""
    from importlib import import_module

    if name in _VERBS_THAT_ARE_PACKAGES:
        return import_module(f"heddle.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'heddle' has no attribute {name!r}")
    module, own_name = _HOMES[name]
    if module.startswith("heddle.training"):
        from heddle.training.errors import needs_torch

        needs_torch()
    return getattr(import_module(module), own_name)


def __dir__() -> list[str]:
    """Return the names that are there to use."""
    return sorted({*globals(), *_HOMES})
