"""The verbs as the command line sees them: options and help. Each imports its own module when it runs.

The verbs' modules load compiled kernels, pandas or matplotlib; ``heddle --help`` and the other verbs do without.
"""

from __future__ import annotations

from heddle.cli.options.compile import CompileOptions
from heddle.cli.options.doctor import DoctorOptions
from heddle.cli.options.explore import ExploreOptions
from heddle.cli.options.generate import GenerateOptions
from heddle.cli.options.report import ReportOptions
from heddle.cli.options.schedule import ScheduleOptions
from heddle.cli.options.schema import SchemaOptions
from heddle.cli.options.shared import MachineOptions, NetworkOptions, OutputOptions, PassOptions, TrainingOptions
from heddle.cli.options.simulate import SimulateOptions
from heddle.cli.options.synth import SynthOptions
from heddle.cli.options.train import TrainOptions
from heddle.cli.options.verify import VerifyOptions


def explore(network: NetworkOptions, training: TrainingOptions, search: ExploreOptions, output: OutputOptions) -> int:
    """Search a space of designs for the best trade-offs of time, energy and area on a board."""
    from heddle.cli.explore import run

    return run(network, training, search, output)


def simulate(
    network: NetworkOptions,
    training: TrainingOptions,
    step: PassOptions,
    machine: MachineOptions,
    simulation: SimulateOptions,
    output: OutputOptions,
) -> int:
    """Simulate one training step on one design: cycles, energy, DRAM bytes, utilisation, speed-up over dense."""
    from heddle.cli.simulate import run

    return run(network, training, step, machine, simulation, output)


def schedule(
    network: NetworkOptions,
    training: TrainingOptions,
    step: PassOptions,
    machine: MachineOptions,
    scheduling: ScheduleOptions,
    output: OutputOptions,
) -> int:
    """Show the offline schedule: dataflow, interleave, tiles and loop order of every layer and pass."""
    from heddle.cli.schedule import run

    return run(network, training, step, machine, scheduling, output)


def compile(
    network: NetworkOptions,
    training: TrainingOptions,
    step: PassOptions,
    machine: MachineOptions,
    compilation: CompileOptions,
) -> int:
    """Compile a training step to a program of the machine: instructions, a listing, and the map of its memory."""
    from heddle.cli.compile import run

    return run(network, training, step, machine, compilation)


def generate(machine: MachineOptions, generation: GenerateOptions) -> int:
    """Write a design as Verilog, with its lint waivers and a manifest of ports, parameters and latencies."""
    from heddle.cli.generate import run

    return run(machine, generation)


def verify(machine: MachineOptions, verification: VerifyOptions) -> int:
    """Run products on a design's RTL and compare every bit and every cycle with the simulator."""
    from heddle.cli.verify import run

    return run(machine, verification)


def synth(machine: MachineOptions, synthesis: SynthOptions) -> int:
    """Synthesise a design: utilisation by module against the board, the critical stage, a Vivado project."""
    from heddle.cli.synth import run

    return run(machine, synthesis)


def report(reporting: ReportOptions) -> int:
    """Make one page of all results in a folder, or compare two runs or designs."""
    from heddle.cli.report import run

    return run(reporting)


def train(training: TrainOptions) -> int:
    """Train a model under an N:M recipe, and dense beside it: accuracy, multiply-adds, simulated time and energy."""
    from heddle.cli.train import run

    return run(training)


def schema(file: SchemaOptions) -> int:
    """Print the JSON Schema of a design's file or a space's file, for editors and validators."""
    from heddle.cli.schema import run

    return run(file)


def doctor(output: DoctorOptions) -> int:
    """List the tools that are there, those that are missing, and how to get them."""
    from heddle.cli.doctor import run

    return run(output)
