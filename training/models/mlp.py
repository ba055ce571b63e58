"""A multilayer perceptron with two hidden layers, each followed by a batch normalisation (Ioffe and Szegedy 2015)."""

from __future__ import annotations

from torch import Tensor, nn

from heddle.training.models.image import ImageShape

_HIDDEN = 128


class Mlp(nn.Module):
    """Flatten; twice linear, batch norm and ReLU; linear. PyTorch's default initialisation (uniform, by fan-in)."""

    def __init__(self, features: int, hidden: int, classes: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(features, hidden, bias=False)
        self.bn1 = nn.BatchNorm1d(hidden)
        self.relu1 = nn.ReLU()
        self.fc2 = nn.Linear(hidden, hidden, bias=False)
        self.bn2 = nn.BatchNorm1d(hidden)
        self.relu2 = nn.ReLU()
        self.fc3 = nn.Linear(hidden, classes)

    def forward(self, x: Tensor) -> Tensor:
        """Return logits [B, classes] of images [B, C, H, W]."""
        x = self.relu1(self.bn1(self.fc1(x.flatten(1))))
        x = self.relu2(self.bn2(self.fc2(x)))
        return self.fc3(x)


def build_mlp(image: ImageShape, classes: int) -> nn.Module:
    """Return an MLP with 128 hidden features a layer; the zoo's ``mlp`` has 512, biases, and no batch norm."""
    return Mlp(image.elements, _HIDDEN, classes)
