"""What makes each table of figures, by the name in its marker: a function of the code, or a stored measurement."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from benchmarks.calibration import fit, machine_fit
from benchmarks.docs_tables import accelerator, clocks, machine, networks, registers, stored
from benchmarks.docs_tables.pages import PageError, Table

#: Tables that the code makes at once.
COMPUTED: Mapping[str, Callable[[], Table]] = {
    "presets": machine.presets,
    "boards": machine.boards,
    "preset-resources": machine.preset_resources,
    "resource-coefficients": machine.resource_coefficients,
    "clock-coefficients": machine.clock_coefficients,
    "energy-inputs": machine.energy_inputs,
    "energies": machine.energies,
    "activity-energies": machine.activity_energies,
    "array-tiles": machine.array_tiles,
    "memory-latencies": machine.memory_latencies,
    "machine-sizes": accelerator.machine_sizes,
    "feeder-latencies": accelerator.feeder_latencies,
    "register-map": registers.register_map,
    "left-waits": accelerator.left_waits,
    "zoo": networks.zoo,
    "space-axes": networks.space_axes,
    "pe-paths": clocks.pe_paths,
    "group-paths": clocks.group_paths,
    "checked-paths": clocks.checked_paths,
    "other-paths": clocks.other_paths,
    "preset-clocks": clocks.preset_clocks,
    "calibration-held-out": fit.held_out_table,
    "calibration-blocks": fit.blocks_table,
    "machine-held-out": machine_fit.parts_table,
    "machine-blocks": machine_fit.blocks_table,
}


def made(name: str) -> Table:
    """Return the table of a marker. Raises PageError for a name that nothing makes."""
    if name in COMPUTED:
        return COMPUTED[name]()
    found = stored_tables()
    if name not in found:
        raise PageError(f"nothing makes {name} (valid: {', '.join(sorted({*COMPUTED, *found}))})")
    return found[name]


def stored_tables() -> Mapping[str, Table]:
    """Return all tables of the stored measurements. Raises PageError where two tables have one name."""
    found: dict[str, Table] = {}
    for data in stored.data_names():
        for name, table in stored.read(data).tables.items():
            if name in found or name in COMPUTED:
                raise PageError(f"two tables are called {name}, one of them in docs/data/{data}.json")
            found[name] = table
    return found


def note(name: str) -> str:
    """Return the line of a page on a stored measurement. Raises PageError for a name that is none."""
    if name not in stored.data_names():
        raise PageError(f"no measurement is called {name} (valid: {', '.join(stored.data_names())})")
    return stored.read(name).note
