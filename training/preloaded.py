"""What every training process loads, loaded once in the process that they are forked from; nothing else imports this.

What is loaded is frozen: it is walked over by no collection, so forks share its memory, and the process ends at once.
"""

from __future__ import annotations

import gc
from contextlib import suppress
from importlib import import_module

for _name in ("heddle.training.run", "torch._dynamo", "sklearn.datasets"):
    with suppress(ImportError):
        import_module(_name)
gc.freeze()
