"""A multilayer perceptron with two hidden layers; the layers are named as in the zoo's ``mlp``."""

from __future__ import annotations

from torch import Tensor, nn

from training.models.image import ImageShape

_HIDDEN = 128


class Mlp(nn.Module):
    """Flatten, ``fc1``, ReLU, ``fc2``, ReLU, ``fc3``; PyTorch's default initialisation (uniform, by fan-in)."""

    def __init__(self, features: int, hidden: int, classes: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(features, hidden)
        self.relu1 = nn.ReLU()
        self.fc2 = nn.Linear(hidden, hidden)
        self.relu2 = nn.ReLU()
        self.fc3 = nn.Linear(hidden, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits [B, classes] of images [B, C, H, W]."""
        x = self.relu1(self.fc1(x.flatten(1)))
        x = self.relu2(self.fc2(x))
        return self.fc3(x)


def build_mlp(image: ImageShape, classes: int) -> nn.Module:
    """Return an MLP with 128 hidden features a layer. The zoo's ``mlp`` is the same at 512."""
    return Mlp(image.elements, _HIDDEN, classes)
