"""Names of the models that ``heddle train`` builds: ``training.models`` has them too, and PyTorch takes seconds."""

from __future__ import annotations

MODELS = ("mlp", "resnet9-small", "resnet9", "resnet18", "vgg19", "vit-tiny", "vit-small")
