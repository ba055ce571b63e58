"""A network as a user names it, before anything has been read; it loads no compiled kernel."""

from __future__ import annotations

from dataclasses import dataclass

from heddle.arch.errors import unknown
from heddle.dataflow.network import Network

#: Limits of a step's samples, and of the zoo's sizes.
LARGEST_BATCH = 1 << 20
LARGEST_SIZE = 1 << 16


@dataclass(frozen=True)
class NetworkChoice:
    """A network as a user names it: a name of the zoo or a file, the samples of a step, and the zoo's sizes."""

    workload: str
    batch: int = 32
    image_size: int | None = None
    classes: int | None = None
    sequence_length: int | None = None

    @property
    def sizes(self) -> dict[str, int]:
        """The sizes that are given, by name."""
        sizes = {"image_size": self.image_size, "classes": self.classes, "sequence_length": self.sequence_length}
        return {name: size for name, size in sizes.items() if size is not None}

    def load(self) -> Network:
        """Return the network; raises HeddleError as ``load_network`` does, and for sizes of what is not of the zoo."""
        if not self.sizes:
            from heddle.dataflow.load import load_network

            return load_network(self.workload, self.batch)
        from heddle.dataflow.zoo import zoo_names, zoo_network

        if self.workload not in zoo_names():
            option = next(iter(self.sizes)).replace("_", "-")
            raise unknown("network of the zoo", self.workload, zoo_names(), f"--{option}")
        return zoo_network(self.workload, **self.sizes)
