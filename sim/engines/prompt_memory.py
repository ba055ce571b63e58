"""Steps of a product during which the memory is prompt: every transfer is sure to end before the array needs it.

Most tiles of most products are such. The array then works without a pause, so when each load and each store asks for
the DRAM follows from the array's instructions alone, and what the DRAM takes for them changes nothing. Such a step is
run without its transfers: the array's clock, the running address and the rows that stay open go on as ever, to the
bit. Whether a step is such does not hang on the state of the DRAM: an upper bound of all its transfers, with every row
missed, the bus turned and every refresh that can fall into them, has to fit behind the instruction under way.
"""

from __future__ import annotations

from heddle.arch.jit import kernel
from heddle.arch.records import Rows
from heddle.sim.engines.asking import AskingRow
from heddle.sim.engines.dram import idle_from
from heddle.sim.engines.dram_bounds import longest_turn_cycles, prompt_by
from heddle.sim.engines.dram_rows import READ, WRITE, Dram, DramRow
from heddle.sim.engines.events import EngineId, Events, is_full, record
from heddle.sim.engines.laps import Laps, forget_laps, skip_laps
from heddle.sim.engines.passed_over import PassedOver, open_passed, pass_over
from heddle.sim.engines.pipe import PipeRow, Walk
from heddle.sim.engines.product_state import Engines
from heddle.sim.engines.product_steps import compute, load_request, loaded, next_access, pruned, store_request, stored
from heddle.sim.engines.streams import has_updates
from heddle.sim.engines.tile_costs import TileCostRow
from heddle.sim.engines.tiles import Tile, results_of, tile_at
from heddle.sim.engines.transfer_costs import WayRow


@kernel
def run_while_prompt(engines: Engines, walk: Walk, costs: Rows, laps: Laps, request: float) -> bool:
    """Run steps from the load that asks for the DRAM at ``request`` while memory is prompt; False if it is not.

    Every step is of the same make: while the array is at one step, the next one is loaded, and the result that the
    step before ended, if it did, is stored. Where reductions begin to repeat each other, those to come are jumped over.
    """
    if not _can_be_prompt(engines, walk.pipe, request):
        return False
    dram, passed, events = engines.dram, engines.passed, engines.events
    pipe, grid, results, ran = walk.pipe, walk.grid, results_of(walk.grid), False
    forget_laps(laps)
    while pipe["load"]["step"] < walk.steps:
        tile, result = tile_at(pipe["load"], grid), tile_at(pipe["store"], results)
        cost, result_cost = costs[tile.kind], costs[result.kind]
        request = load_request(walk, tile)
        stores = _is_storing(pipe)
        store_at = store_request(walk) if stores else request
        over = _over_by(dram.timing, tile, cost, request, result_cost, stores, store_at)
        if over + cost["prepare_cycles"] + cost["first_word_cycles"] > pipe["array_free"]:
            break
        if stores and store_at < request:
            _store(dram, passed, events, walk, result_cost, store_at)
        _load(dram, passed, events, walk, tile, cost, request)
        if stores and store_at >= request:
            _store(dram, passed, events, walk, result_cost, store_at)
        compute(events, walk, tile, cost)
        ran = True
        if pipe["load"]["part"] == 0:
            skip_laps(laps, dram, passed, events, walk)
    open_passed(dram, passed)
    return ran


@kernel
def _can_be_prompt(engines: Engines, pipe: PipeRow, request: float) -> bool:
    """True where all that was asked for before ``request`` is over by then, and nothing else is to use the DRAM.

    The array is at the last step that is loaded. Where events are kept, they need the times of every transfer.
    """
    return (
        pipe["compute"]["step"] == pipe["load"]["step"]
        and pipe["compute"]["step"] > 0
        and is_full(engines.events)
        and not has_updates(engines.updates)
        and pipe["pruner_free"] <= request
        and pipe["lanes_free"] <= request
        and _is_idle(pipe["asking"], pipe["loaded_at"], request)
        and _is_idle(pipe["storing"], pipe["stored_at"], request)
        and idle_from(engines.dram) + longest_turn_cycles(engines.dram.timing) <= request
    )


@kernel
def _is_idle(asking: AskingRow, ended_at: float, request: float) -> bool:
    """True where a master's last transfer is over by ``request``, and keeps no other from being asked for."""
    return max(ended_at, max(asking["newer_free"], max(asking["older_free"], asking["walk_free"]))) <= request


@kernel
def _is_storing(pipe: PipeRow) -> bool:
    """True where a result is to be stored that was ended before the step that the array is at."""
    ends_at_this_step = pipe["compute"]["part"] == 0
    return pipe["store"]["step"] + ends_at_this_step < pipe["results"]


@kernel
def _over_by(
    timing: DramRow,
    tile: Tile,
    cost: TileCostRow,
    request: float,
    result_cost: TileCostRow,
    stores: bool,
    store_at: float,
) -> float:
    """When the loads of ``tile``, asked for at ``request``, and a store at ``store_at`` are over at the latest."""
    asked = _last_asked(tile, cost, request)
    first = _first_beat_by(result_cost["out"]["way"], store_at) if stores else request
    cycles = 0.0
    if tile.new_left:
        cycles += cost["left"]["longest_cycles"]
    if tile.new_right:
        cycles += cost["right"]["longest_cycles"]
    if stores:
        cycles += result_cost["out"]["longest_cycles"]
    bus = prompt_by(timing, request, max(asked, first), cycles)
    over, data = bus, bus
    if tile.new_left:
        over = data = _there_by(timing, cost["left"]["way"], request, bus)
    if tile.new_right:
        over = max(over, _there_by(timing, cost["right"]["way"], max(asked, data), max(bus, data)))
        over = max(over, request + cost["pruning_cycles"])
    if stores:
        way = result_cost["out"]["way"]
        moved = first + max(way["span_cycles"] + way["turn_cycles"], way["cut_cycles"])
        written = max(bus, moved) + timing["write_latency_cycles"] + way["tail_cycles"]
        over = max(over, max(written, store_at + max(result_cost["lane_cycles"], way["cut_cycles"])))
    return over


@kernel
def _first_beat_by(way: WayRow, store_at: float) -> float:
    """When the first beat of a store can move at the latest."""
    return store_at + max(way["lead_cycles"] + way["answer_cycles"], way["packed_cycles"])


@kernel
def _last_asked(tile: Tile, cost: TileCostRow, request: float) -> float:
    """When a load of ``tile`` can no longer keep another from being asked for."""
    asked = request
    if tile.new_left:
        way = cost["left"]["way"]
        asked += way["lead_cycles"] + max(way["walk_cycles"], way["span_cycles"] + way["turn_cycles"])
    if tile.new_right:
        way = cost["right"]["way"]
        asked += way["lead_cycles"] + max(way["walk_cycles"], way["span_cycles"] + way["turn_cycles"])
    return asked


@kernel
def _there_by(timing: DramRow, way: WayRow, taken: float, bus: float) -> float:
    """When a load that is taken by ``taken`` is done at the latest, where its last beat moves by ``bus``."""
    first = taken + way["lead_cycles"]
    data = max(bus, max(first + way["span_cycles"], first + timing["read_latency_cycles"] + way["take_cycles"]))
    return max(data + way["tail_cycles"], first + timing["read_latency_cycles"] + way["cut_cycles"]) + 1.0


@kernel
def _load(
    dram: Dram, passed: PassedOver, events: Events, walk: Walk, tile: Tile, cost: TileCostRow, ready: float
) -> None:
    """Load ``tile`` in no time."""
    pipe = walk.pipe
    if tile.new_left:
        pass_over(dram, passed, next_access(pipe, cost["left"], READ))
    if tile.new_right:
        pass_over(dram, passed, next_access(pipe, cost["right"], READ))
        pruned(pipe, ready, cost["pruning_cycles"])
    loaded(walk, tile, ready, ready)
    record(events, EngineId.LOAD, walk.item, ready, ready)


@kernel
def _store(dram: Dram, passed: PassedOver, events: Events, walk: Walk, cost: TileCostRow, ready: float) -> None:
    """Store the next result in no time, except for that of the lanes."""
    pipe = walk.pipe
    pipe["lanes_free"] = ready + max(cost["lane_cycles"], cost["out"]["way"]["cut_cycles"])
    pass_over(dram, passed, next_access(pipe, cost["out"], WRITE))
    stored(walk, ready)
    record(events, EngineId.STORE, walk.item, ready, ready)
