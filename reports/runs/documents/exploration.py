"""An exploration: the document of ``heddle explore --json``, its part of ``work.json``, and what a page says of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from pydantic import SerializerFunctionWrapHandler, field_serializer, model_serializer

from heddle.arch.design import Design
from heddle.arch.document import Document
from heddle.dse.space import Space, shown

if TYPE_CHECKING:  # bring pandas, which simulate does without
    import pandas as pd

    from heddle.dse.explore import Exploration

_KEYS = (
    "workload",
    "batch",
    "recipe",
    "board",
    "space",
    "objectives",
    "accuracy_source",
    "points",
    "resumed_points",
    "skipped",
    "seconds",
    "points_per_second",
    "pareto",
    "notes",
)


class SearchOutcome(Document):
    """What was searched for, and how that went.

    ``points`` were evaluated, ``skipped`` counts the others by reason, ``resumed_points`` of the points came
    from an earlier run; ``seconds`` is this run's wall time and ``points_per_second`` its rate. ``accuracy_source``
    says whose the accuracies are, and is empty where the front has none.
    """

    objectives: tuple[str, ...]
    points: int
    skipped: dict[str, int]
    seconds: float
    points_per_second: float
    resumed_points: int
    accuracy_source: str = ""

    @classmethod
    def of(cls, found: Exploration) -> SearchOutcome:
        """Return how an exploration went."""
        accuracies = found.request.accuracies
        return SearchOutcome(
            objectives=found.request.objectives,
            points=found.points,
            skipped=dict(found.skipped),
            seconds=found.seconds,
            points_per_second=found.points_per_second,
            resumed_points=found.resumed_points,
            accuracy_source=accuracies.source if accuracies else "",
        )


class SavedExploration(SearchOutcome):
    """What ``work.json`` keeps of an exploration: the whole space too, so that its points are designs again.

    ``layer_sparsity``: the layers ran at the N:M that the network's file gives them.
    """

    space: Space
    accuracy_source: str
    layer_sparsity: bool = False

    @classmethod
    def of(cls, found: Exploration) -> Self:
        """Return what to keep of an exploration."""
        request = found.request
        return cls(**_fields(SearchOutcome.of(found)), space=request.space, layer_sparsity=request.layer_sparsity)

    @field_serializer("space")
    def _space_as_its_file_has_it(self, space: Space) -> dict[str, Any]:
        return space.model_dump(mode="json") | {"sparsities": [shown(value) for value in space.sparsities]}

    @model_serializer(mode="wrap")
    def _space_first(self, whole: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return _in_order(whole(self), ("space", *SearchOutcome.model_fields, "layer_sparsity"))


class ExplorationFacts(SearchOutcome):
    """An exploration as people read it; ``space`` and ``board`` are names."""

    workload: str
    batch: int
    recipe: str
    board: str
    space: str

    @classmethod
    def of(cls, found: Exploration) -> ExplorationFacts:
        """Return the facts of an exploration."""
        request = found.request
        return ExplorationFacts(
            **_fields(SearchOutcome.of(found)),
            workload=request.network.name,
            batch=request.batch,
            recipe=request.recipe.name,
            board=request.board.name,
            space=request.space.name,
        )

    @classmethod
    def of_saved(cls, saved: SavedExploration, *, workload: str, batch: int, recipe: str, board: str) -> Self:
        """Return the facts of an exploration that was kept, which ran ``workload`` for ``board``."""
        outcome = {name: getattr(saved, name) for name in SearchOutcome.model_fields}
        return cls(**outcome, space=saved.space.name, workload=workload, batch=batch, recipe=recipe, board=board)


class FrontEntry(Document):
    """A design of the front, whole, with what it costs; ``accuracy`` in per cent, where it was measured."""

    design: Design
    time_s: float
    energy_j: float
    lut: int
    ff: int
    dsp: int
    bram36: int
    uram: int
    accuracy: float | None = None

    @classmethod
    def of(cls, design: Design, row: pd.Series) -> Self:
        """Return the entry of ``design``, of which ``row`` is the row of the front."""
        return cls(
            design=design,
            time_s=float(row["time_s"]),
            energy_j=float(row["energy_j"]),
            lut=int(row["lut"]),
            ff=int(row["ff"]),
            dsp=int(row["dsp"]),
            bram36=int(row["bram36"]),
            uram=int(row["uram"]),
            accuracy=float(row["accuracy"]) if "accuracy" in row.index else None,
        )

    @model_serializer(mode="wrap")
    def _accuracy_where_measured(self, whole: SerializerFunctionWrapHandler) -> dict[str, Any]:
        entry: dict[str, Any] = whole(self)
        if self.accuracy is None:
            del entry["accuracy"]
        return entry


class ExplorationDocument(ExplorationFacts):
    """What ``heddle explore --json`` prints; ``accuracy_source`` is there where accuracies are."""

    pareto: tuple[FrontEntry, ...]
    notes: tuple[str, ...]

    @classmethod
    def of(cls, found: Exploration) -> Self:
        """Return the document of an exploration."""
        return cls(
            **_fields(ExplorationFacts.of(found)),
            pareto=tuple(FrontEntry.of(found.design(row), found.front.iloc[row]) for row in range(len(found.front))),
            notes=found.request.notes,
        )

    @model_serializer(mode="wrap")
    def _keys_in_order(self, whole: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return _in_order(whole(self), [key for key in _KEYS if key != "accuracy_source" or self.accuracy_source])


def _fields(document: Document) -> dict[str, Any]:
    """The fields of ``document`` as they are, for a model that has them too."""
    return {name: getattr(document, name) for name in type(document).model_fields}


def _in_order(whole: Mapping[str, Any], keys: tuple[str, ...] | list[str]) -> dict[str, Any]:
    return {key: whole[key] for key in keys}
