"""A recipe written as TOML: the same parts as a ``TrainingRecipe``, as values that are checked and run nothing.

Nothing here loads PyTorch: ``heddle.training.recipe_file`` makes the recipe. Shares are of the training, 0 to 1.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from heddle.arch.design import Section
from heddle.arch.errors import HeddleError, KeyValueError
from heddle.arch.names import printable
from heddle.dataflow.recipes import Recipe, recipe_named
from heddle.training.catalogue import TRAINING_RECIPES

#: Of which selections the groups lie along one axis, which the table must name.
_ALONG_AN_AXIS = ("top-n", "random-n", "permuted-top-n")
_MOST_STEPS = 1 << 40
_MOST_CANDIDATES = 1 << 16

Share = Annotated[float, Field(ge=0, le=1)]
ShareAboveZero = Annotated[float, Field(gt=0, le=1)]
Steps = Annotated[int, Field(ge=0, le=_MOST_STEPS)]
Text = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(printable)]
ChoiceWord = Literal["magnitude", "rescaled", "unbiased"]
SelectionWord = Literal["top-n", "transposable", "random-n", "permuted-top-n"]


class FadeTable(Section):
    """Pruned weights stay with a factor that falls from 1 to 0 at ``until``."""

    law: Literal["linear", "exponential"]
    until: ShareAboveZero = 0.5


class FramesTable(Section):
    """Frames of equal length up to ``until`` (0.5 if not given), from where on it is N:M.

    ``last_is_equal`` gives N:M one frame of the same length instead.
    """

    order: Literal["stepwise", "geometric"]
    until: ShareAboveZero | None = None
    last_is_equal: bool = False

    @model_validator(mode="after")
    def _one_of_the_two(self) -> Self:
        if self.last_is_equal and self.until is not None:
            raise KeyValueError("until follows from last_is_equal; leave it out", "until")
        return self


class PruningTable(Section):
    """How the weights of FF are pruned.

    ``refresh_steps`` are the steps for which what is chosen is held, 0 for good; without it ``top-n`` and
    ``transposable`` choose at every step, ``random-n`` once, ``permuted-top-n`` its order every 100 steps.
    ``refresh_share`` is the share after which it is chosen anew where that comes first. Nothing is pruned before
    ``begins``, nor from ``until`` on.
    """

    selection: SelectionWord
    axis: Literal["in", "out"] | None = None
    refresh_steps: Steps | None = None
    refresh_share: ShareAboveZero | None = None
    candidates: Annotated[int, Field(ge=1, le=_MOST_CANDIDATES)] | None = None
    begins: Share = 0.0
    until: ShareAboveZero = 1.0
    frames: FramesTable | None = None
    fade: FadeTable | None = None

    @model_validator(mode="after")
    def _the_keys_go_together(self) -> Self:
        along_an_axis = self.selection in _ALONG_AN_AXIS
        if along_an_axis and self.axis is None:
            raise KeyValueError(f"{self.selection} needs axis (valid: 'in', 'out')", "selection")
        if not along_an_axis and self.axis is not None:
            raise KeyValueError(f"{self.selection} lies along both axes; leave axis out", "axis")
        if self.candidates is not None and self.selection != "permuted-top-n":
            raise KeyValueError("candidates are orders of permuted-top-n", "candidates")
        if self.refresh_share is not None and not self.refresh_steps and self.selection != "permuted-top-n":
            raise KeyValueError("refresh_share shortens refresh_steps; give those, above 0", "refresh_share")
        if self.frames is not None and (self.refresh_steps is not None or self.holds):
            raise KeyValueError("a mask that is held would outlast its frame; choose at every step", "frames")
        if self.begins >= self.until:
            raise KeyValueError(f"until must be above begins ({self.begins:g}), got {self.until:g}", "until")
        return self

    @property
    def holds(self) -> bool:
        """True for selections that hold something by themselves."""
        return self.selection in ("random-n", "permuted-top-n")

    def is_sparse_along(self, axis: Literal["in", "out"]) -> bool:
        """True when the array can make use of the pruning in a pass that reduces along ``axis``.

        A permuted order counts for its axis: the machine's recipe takes the permutation to be free.
        """
        return self.selection == "transposable" or self.axis == axis


class BackwardTable(PruningTable):
    """How the weights of BP are pruned by themselves; ``after_forward`` prunes what FF has pruned already."""

    after_forward: bool = False


class WeightGradientTable(Section):
    """The operand of WU that is pruned along batch x pixels; ``measured`` lets each layer find the better one."""

    operand: Literal["dy", "x", "measured"]
    choice: Literal["magnitude", "unbiased"] = "magnitude"
    until: ShareAboveZero = 1.0


class TermTable(Section):
    """What is done to the weight's gradient: ``strength`` x the pruned weights added, or theirs taken away."""

    kind: Literal["decay-of-pruned", "only-kept"]
    strength: Annotated[float, Field(ge=0)] | None = None

    @model_validator(mode="after")
    def _strength_is_of_the_decay(self) -> Self:
        if (self.strength is not None) is not (self.kind == "decay-of-pruned"):
            needs = "needs" if self.strength is None else "has no"
            raise KeyValueError(f"{self.kind} {needs} strength", "kind" if self.strength is None else "strength")
        return self


class RecipeTable(Section):
    """A training recipe; a part that is left out is dense.

    ``machine`` is what the hardware runs, ``bp_weights`` are BP's where it has no pruning of its own.
    """

    name: Text
    source: Text
    machine: str
    ff: PruningTable | None = None
    bp: BackwardTable | None = None
    bp_weights: Literal["dense", "as-forward"] = "dense"
    bp_gradient: ChoiceWord | None = None
    wu: WeightGradientTable | None = None
    terms: tuple[TermTable, ...] = ()

    @model_validator(mode="after")
    def _the_parts_go_together(self) -> Self:
        if self.name.casefold() in TRAINING_RECIPES:
            raise KeyValueError(f"{self.name!r} is a built-in recipe; give it another name", "name")
        if self.bp is not None and self.bp_weights != "dense":
            raise KeyValueError("BP has a pruning of its own ([bp]); leave bp_weights out", "bp_weights")
        if self.ff is None and (self.bp_weights == "as-forward" or (self.bp is not None and self.bp.after_forward)):
            raise KeyValueError("FF has no pruning ([ff]) for BP to follow", "bp_weights")
        if self.ff is None and self.terms:
            raise KeyValueError("terms are of the weights that FF prunes; give [ff]", "terms")
        self._check_machine()
        return self

    def _check_machine(self) -> None:
        """Refuse a machine that would leave out products which this recipe has: its time would be too short."""
        try:
            machine = recipe_named(self.machine)
        except HeddleError as error:
            raise KeyValueError(str(error), "machine") from None
        for what, claimed, found in self._sparse_passes(machine):
            if claimed is not None and claimed not in found:
                raise KeyValueError(
                    f"{machine.name!r} runs {what} with sparse {claimed}, which this recipe leaves dense to the array "
                    "(FF reduces along in, BP along out)",
                    "machine",
                )

    def _sparse_passes(self, machine: Recipe) -> tuple[tuple[str, str | None, tuple[str, ...]], ...]:
        """Each pass, the sparse operand that ``machine`` takes it to have, and those that it has here."""
        bp = self.ff if self.bp_weights == "as-forward" else self.bp
        of_bp = ("weight",) if bp is not None and bp.is_sparse_along("out") else ()
        of_gradient = ("dy",) if self.bp_gradient is not None else ()
        of_wu = ("dy", "x") if self.wu is not None and self.wu.operand == "measured" else ()
        return (
            ("FF", machine.ff, ("weight",) if self.ff is not None and self.ff.is_sparse_along("in") else ()),
            ("BP", machine.bp, (*of_bp, *of_gradient)),
            ("WU", machine.wu, of_wu or ((self.wu.operand,) if self.wu is not None else ())),
        )
