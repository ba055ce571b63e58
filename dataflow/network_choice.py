"""A network as a user names it, before anything has been read; it loads no compiled kernel."""

from __future__ import annotations

from dataclasses import dataclass

from heddle.arch.errors import HeddleError, unknown
from heddle.dataflow.input_sizes import InputSizes, input_sizes
from heddle.dataflow.network import Network

#: Limits of a step's samples, and of the zoo's sizes.
LARGEST_BATCH = 1 << 20
LARGEST_SIZE = 1 << 16


@dataclass(frozen=True)
class NetworkChoice:
    """A network as a user names it: a name of the zoo or a file, the samples of a step, and sizes.

    ``classes`` is of the zoo alone; ``inputs`` (x=1x3x48x320), ``batch_axis`` (0, x=0) and ``no_batch`` are of ONNX
    files alone, the other two of both.
    """

    workload: str
    batch: int = 32
    image_size: int | None = None
    classes: int | None = None
    sequence_length: int | None = None
    inputs: tuple[str, ...] = ()
    batch_axis: tuple[str, ...] = ()
    no_batch: bool = False

    @property
    def sizes(self) -> dict[str, int]:
        """The sizes that are given, by name."""
        sizes = {"image_size": self.image_size, "classes": self.classes, "sequence_length": self.sequence_length}
        return {name: size for name, size in sizes.items() if size is not None}

    def load(self) -> Network:
        """Return the network; raises HeddleError as ``load_network`` does, and for sizes that it has not."""
        from heddle.dataflow.load import load_network
        from heddle.dataflow.zoo import zoo_names, zoo_network

        if self.workload.casefold().endswith(".onnx"):
            return load_network(self.workload, self.batch, self._input_sizes())
        self._refuse_input_options()
        if not self.sizes:
            return load_network(self.workload, self.batch)
        if self.workload not in zoo_names():
            option = next(iter(self.sizes)).replace("_", "-")
            raise unknown("network of the zoo", self.workload, zoo_names(), f"--{option}")
        return zoo_network(self.workload, **self.sizes)

    def _input_sizes(self) -> InputSizes:
        if self.classes is not None:
            raise HeddleError("--classes: is for networks of the zoo; an .onnx file has the classes of its last layer")
        return input_sizes(self.inputs, self.batch_axis, self.no_batch, self.image_size, self.sequence_length)

    def _refuse_input_options(self) -> None:
        given = {"--input": self.inputs, "--batch-axis": self.batch_axis, "--no-batch": self.no_batch}
        for option, value in given.items():
            if value:
                raise HeddleError(f"{option}: is for .onnx files, and {self.workload!r} is none")
