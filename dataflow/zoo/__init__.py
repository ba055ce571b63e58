"""Networks by name: published architectures built layer by layer, with the names their users know.

Each module holds one family; ``heddle.dataflow.zoo.registry`` maps names to builders.
"""

from heddle.dataflow.zoo.registry import zoo_names, zoo_network

__all__ = ["zoo_names", "zoo_network"]
