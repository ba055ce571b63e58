"""``work.json``: what a run folder's results were made of, whole, so that ``heddle report`` can make them again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field

from heddle.arch.boards import Board
from heddle.arch.design import Design
from heddle.arch.document import Document
from heddle.arch.errors import HeddleError
from heddle.arch.json_file import read_json
from heddle.arch.toml_file import check_model
from heddle.dataflow.choices import DataflowChoice, Minimise, Optimizer
from heddle.dataflow.layer_sparsity import with_layer_sparsities
from heddle.dataflow.network import Network
from heddle.dataflow.network_choice import LARGEST_BATCH, LARGEST_SIZE, NetworkChoice
from heddle.dataflow.recipes import Recipe, recipe_named
from heddle.dataflow.step_items import Pass
from heddle.dataflow.training import StepOptions
from heddle.dataflow.work import StepWork, network_hash, step_work
from heddle.reports.runs.documents.exploration import SavedExploration

if TYPE_CHECKING:  # brings pandas, which simulate does without
    from heddle.dse.explore import Exploration

WORK_NAME = "work.json"
VERSION: Literal[1] = 1

Size = Annotated[int | None, Field(ge=1, le=LARGEST_SIZE)]


class SavedStep(Document):
    """The machine of ``simulate`` or ``schedule``, after all options, and what of the step ran on it.

    ``minimise`` is what mappings were chosen by. ``layer_sparsity``: the layers ran at the N:M that the network's file
    gives them.
    """

    design: Design
    passes: tuple[Pass, ...]
    dataflow: DataflowChoice
    minimise: Minimise = "time"
    layer_sparsity: bool = False


class WorkFile(Document):
    """The work of a run folder.

    ``workload`` and ``board_word`` are as typed, ``board_word`` empty where the design named its board.
    ``network_name`` is what the network calls itself, and ``network_sha256`` tells whether its file still is the
    same. Either ``step`` or ``exploration`` is there.
    """

    version: Literal[1]
    workload: str
    network_name: str
    network_sha256: str
    batch: int = Field(ge=1, le=LARGEST_BATCH)
    image_size: Size
    classes: Size
    sequence_length: Size
    inputs: tuple[str, ...] = ()
    batch_axis: tuple[str, ...] = ()
    no_batch: bool = False
    recipe: str
    optimizer: Optimizer
    pregenerate: bool
    board: Board
    board_word: str
    step: SavedStep | None = None
    exploration: SavedExploration | None = None

    @classmethod
    def read(cls, path: Path) -> Self:
        """Return the work that ``path`` holds, as ``Document.read`` does.

        Raises HeddleError also for a file of another kind or of another version.
        """
        document = read_json(path)
        version = document.get("version")
        if "workload" not in document or not isinstance(version, int):
            raise HeddleError(f"{path}: is no work file of heddle (it names no version and workload)")
        if version != VERSION:
            raise HeddleError(f"{path}: is of version {version}, and this heddle reads version {VERSION}; run it again")
        work = check_model(cls, document, str(path))
        if (work.step is None) == (work.exploration is None):
            raise HeddleError(f"{path}: must hold either 'step' or 'exploration'")
        return work

    @property
    def network_choice(self) -> NetworkChoice:
        """The network as it was named."""
        return NetworkChoice(
            workload=self.workload,
            batch=self.batch,
            image_size=self.image_size,
            classes=self.classes,
            sequence_length=self.sequence_length,
            inputs=self.inputs,
            batch_axis=self.batch_axis,
            no_batch=self.no_batch,
        )

    @property
    def step_design(self) -> Design:
        """The design of ``simulate`` or ``schedule``; only they have one."""
        assert self.step is not None
        return self.step.design

    @property
    def training_words(self) -> tuple[object, ...]:
        """What is trained and how: equal where two works run the same step, whatever the machine."""
        own = self.layer_sparsity
        return self.network_sha256, self.batch, self.recipe, self.optimizer, self.pregenerate, self.passes, own

    @property
    def layer_sparsity(self) -> bool:
        """Whether the layers ran at the N:M that the network's file gives them."""
        parts = (self.step, self.exploration)
        return any(part.layer_sparsity for part in parts if part is not None)

    @property
    def passes(self) -> tuple[Pass, ...]:
        """The passes that ran: an exploration runs whole steps."""
        return StepOptions(self.batch).passes if self.step is None else self.step.passes


def step_file(network: NetworkChoice, board_word: str | None, work: StepWork) -> WorkFile:
    """Return what ``simulate`` or ``schedule`` keep of ``work``, made from those options."""
    options = work.options
    saved = SavedStep(
        design=work.design,
        passes=options.passes,
        dataflow=work.dataflow,
        minimise=work.minimise,
        layer_sparsity=bool(options.layer_sparsities),
    )
    whole = work_file(network, work.network, work.recipe, options.optimizer, options.pregenerate, work.board)
    return whole.model_copy(update={"step": saved, "board_word": board_word or ""})


def exploration_file(network: NetworkChoice, board_word: str, found: Exploration) -> WorkFile:
    """Return what ``explore`` keeps of what it ``found``, made from those options."""
    request = found.request
    optimizer, pregenerate = request.optimizer, request.pregenerate
    whole = work_file(network, request.network, request.recipe, optimizer, pregenerate, request.board)
    return whole.model_copy(update={"exploration": SavedExploration.of(found), "board_word": board_word})


def work_file(
    choice: NetworkChoice, network: Network, recipe: Recipe, optimizer: Optimizer, pregenerate: bool, board: Board
) -> WorkFile:
    """Return what all work files have, ``choice`` being how the network was named."""
    return WorkFile(
        version=VERSION,
        workload=choice.workload,
        network_name=network.name,
        network_sha256=network_hash(choice.workload, network),
        batch=choice.batch,
        image_size=choice.image_size,
        classes=choice.classes,
        sequence_length=choice.sequence_length,
        inputs=choice.inputs,
        batch_axis=choice.batch_axis,
        no_batch=choice.no_batch,
        recipe=recipe.name,
        optimizer=optimizer,
        pregenerate=pregenerate,
        board=board,
        board_word="",
    )


def saved_network(saved: WorkFile) -> Network:
    """Return the network of ``saved``; raises HeddleError where its file has gone, or has changed since."""
    network = saved.network_choice.load()
    if network_hash(saved.workload, network) != saved.network_sha256:
        raise HeddleError(f"workload {saved.workload!r} has changed since (its SHA-256 is another one)")
    return network


def saved_work(saved: WorkFile, design: Design) -> StepWork:
    """Return the training step of ``saved`` on ``design``; raises HeddleError as ``saved_network`` does."""
    network, recipe = saved_network(saved), recipe_named(saved.recipe)
    options = StepOptions(
        batch=saved.batch, optimizer=saved.optimizer, pregenerate=saved.pregenerate, passes=saved.passes
    )
    if saved.layer_sparsity:
        network, own = with_layer_sparsities(network, design.sparsity)
        options = replace(options, layer_sparsities=own)
    dataflow: DataflowChoice = "auto" if saved.step is None else saved.step.dataflow
    minimise: Minimise = "time" if saved.step is None else saved.step.minimise
    return step_work(network, recipe, design, saved.board, options, dataflow, minimise)
