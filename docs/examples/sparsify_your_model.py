"""Five lines make a model of your own train with N:M sparse weights; the rest is the training loop you have already.

``python docs/examples/sparsify_your_model.py``
"""

import torch
from sklearn.datasets import load_digits
from torch import nn

torch.manual_seed(0)
images, labels = load_digits(return_X_y=True)
x, y = torch.tensor(images / 16, dtype=torch.float32), torch.tensor(labels)

# The five lines. -----------------------------------------------------------------------------------------------------
import heddle  # noqa: E402

model = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 10))
heddle.sparsify(model, "bdwp", "2:8")  # linear layers and convolutions, but for first convolution and classifier
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)  # any optimiser: it sees the dense weights
# ---------------------------------------------------------------------------------------------------------------------

for _ in range(300):
    batch = torch.randint(0, 1500, (64,))
    loss = nn.functional.cross_entropy(model(x[batch]), y[batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

print(model)
print(f"test accuracy: {100 * float((model(x[1500:]).argmax(1) == y[1500:]).float().mean()):.1f} %")

weights = model[2].operands()[0].tensor  # what FF multiplies with: 2 of every 8 along the input channels
print("non-zeros in each group of 8, at most:", int((weights.reshape(128, 16, 8) != 0).sum(-1).max()))
heddle.export_weights(model, "weights.safetensors")  # for `heddle verify --weights weights.safetensors`
