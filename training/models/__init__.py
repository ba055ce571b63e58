"""Models to train, by name: the networks of the zoo as PyTorch modules, and small ones for small images.

Each module holds one family; ``heddle.training.models.registry`` maps names to builders.
"""

from heddle.training.models.registry import build_model, model_names

__all__ = ["build_model", "model_names"]
