"""A step, a front and a sample whose figures are round, so that tests can state them."""

from dataclasses import replace

import pandas as pd
import pytest

from heddle.arch.boards import load_board
from heddle.arch.design_io import load_design, override
from heddle.reports.training_facts import TrainingFacts
from heddle.sim.result import PassResult, StepResult

TINY = load_design("tiny")


def make_pass(layer, pass_name, engine, cycles, macs=0, **changes):
    """A pass on a 4 x 4 array; sizes and bytes are made up, utilisation follows from cycles."""
    on_array = engine in ("os", "ws")
    base = PassResult(
        layer=layer,
        pass_name=pass_name,
        engine=engine,
        m=64 if on_array else 4096,
        k=32 if on_array else 0,
        n=16 if on_array else 0,
        count=1,
        interleave=4 if on_array else 0,
        cycles=float(cycles),
        busy_cycles=float(cycles),
        compute_cycles=float(cycles) if on_array else 0.0,
        dram_bytes=8192,
        macs=macs,
        dense_macs=4 * macs,
        utilisation=macs / (16 * cycles) if cycles else 0.0,
        energy_j=cycles * 1e-9,
        stall_cycles={},
    )
    return replace(base, **changes)


def make_step(passes, **changes):
    """A step of ``passes`` at the estimate level on the tiny preset at 100 MHz."""
    passes = tuple(passes)
    energy_j = sum(item.energy_j for item in passes)
    base = StepResult(
        design=override(TINY, {"clock_hz": 100e6}),
        network="net",
        batch=8,
        recipe="bdwp",
        sparsity="2:8",
        level="estimate",
        passes=passes,
        cycles=sum(item.cycles for item in passes),
        energy_by_part_j={"idle": 0.75 * energy_j, "array": 0.25 * energy_j, "sore": 0.0},
        failures=(),
    )
    return replace(base, **changes)


def step_passes():
    """Two array layers with a vector layer between them, in program order: forward, then backward."""
    return [
        make_pass("conv1", "ff", "os", 1000, 8000),
        make_pass("relu1", "ff", "vector", 100),
        make_pass("fc", "ff", "ws", 2000, 32000),
        make_pass("fc", "bp", "ws", 2000, 32000),
        make_pass("fc", "wu", "os", 3000, 48000),
        make_pass("fc", "update", "update", 0),
        make_pass("relu1", "bp", "vector", 100),
        make_pass("conv1", "wu", "os", 1500, 12000),
        make_pass("conv1", "update", "update", 300),
    ]


@pytest.fixture(scope="session")
def new_pass():
    return make_pass


@pytest.fixture(scope="session")
def new_step():
    return make_step


@pytest.fixture(scope="session")
def step():
    """10,000 cycles at 100 MHz: 100 us."""
    return make_step(step_passes())


@pytest.fixture(scope="session")
def dense_step():
    """The same step at twice the cycles."""
    return make_step(
        [
            replace(item, cycles=2 * item.cycles, macs=4 * item.macs, energy_j=2 * item.energy_j)
            for item in step_passes()
        ],
        recipe="dense",
    )


@pytest.fixture(scope="session")
def board():
    return load_board("vcu1525")


@pytest.fixture(scope="session")
def front():
    """Three designs: fastest, in between, smallest; the time rises as LUTs fall."""
    return pd.DataFrame(
        {
            "point": [7, 5, 1],
            "rows": [32, 16, 8],
            "cols": [64, 16, 8],
            "n": [2, 2, 2],
            "m": [8, 8, 8],
            "dataflows": ["os+ws", "ws", "ws"],
            "clock_hz": [225e6, 225e6, 225e6],
            "activation_bytes": [1 << 20, 1 << 19, 1 << 18],
            "weight_bytes": [1 << 19, 1 << 18, 1 << 17],
            "output_bytes": [1 << 20, 1 << 19, 1 << 18],
            "time_s": [0.004, 0.02, 0.1],
            "energy_j": [0.2, 0.5, 2.0],
            "lut": [1_176_824, 280_000, 134_104],
            "ff": [1_300_000, 250_000, 140_000],
            "dsp": [2200, 370, 180],
            "bram36": [492, 280, 238],
            "uram": [0, 0, 0],
        }
    )


@pytest.fixture(scope="session")
def sample(front):
    """Points that the front beats."""
    worse = front.copy()
    worse[["time_s", "energy_j", "lut"]] = worse[["time_s", "energy_j", "lut"]] * 1.5
    return pd.concat([front, worse], ignore_index=True)


@pytest.fixture(scope="session")
def trained():
    """Three seeds of BDWP, dense training from the same seeds, and a simulated step of each."""
    return TrainingFacts(
        model="mlp",
        data="digits",
        recipe="bdwp",
        sparsity="2:8",
        arithmetic="float",
        epochs=30,
        seeds=(0, 1, 2),
        accuracies=(95.25, 95.5, 95.75),
        accuracy_mean=95.5,
        accuracy_std=0.25,
        mac_fraction=0.523,
        dense_accuracies=(96.25, 95.25, 95.75),
        dense_accuracy_mean=95.75,
        dense_accuracy_std=0.5,
        difference_mean=-0.25,
        difference_std=0.66,
        design="tiny",
        step_time_s=0.001,
        dense_step_time_s=0.00185,
        step_energy_j=0.0052,
        dense_step_energy_j=0.004,
    )
