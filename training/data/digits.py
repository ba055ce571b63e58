"""The 8 x 8 handwritten digits that scikit-learn carries: 1,797 grey images, 10 classes, no download.

They are the test set of the UCI "Optical recognition of handwritten digits" data (Alpaydin and Kaynak 1998).
Pixels are counts from 0 to 16 and are divided by 16, so that they lie in [0, 1]; there is no augmentation.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from heddle.arch.errors import HeddleError
from heddle.training.data.augmentation import as_they_are
from heddle.training.data.samples import ArraySamples, DataRequest, DataSet, Normalisation, check_train_samples

_SIDE = 8
_CLASSES = 10
_NORMALISATION = Normalisation(mean=(0.0,), deviation=(16.0,))
_TRAIN_SHARE = 0.8


def load_digits(request: DataRequest) -> DataSet:
    """Split the digits by ``request.seed``.

    The first ``train_samples`` of a random permutation train, four fifths unless asked otherwise, and all the
    others test. Raises HeddleError where scikit-learn is missing or no test sample would be left.
    """
    pixels, labels = _read()
    total = len(labels)
    wanted = int(_TRAIN_SHARE * total) if request.train_samples is None else request.train_samples
    check_train_samples("digits", wanted, total - 1)
    order = np.random.default_rng(request.seed).permutation(total)

    def samples(indices: npt.NDArray[np.int64]) -> ArraySamples:
        return ArraySamples(pixels[indices], labels[indices], _NORMALISATION, as_they_are)

    return DataSet("digits", _CLASSES, (1, _SIDE, _SIDE), samples(order[:wanted]), samples(order[wanted:]))


def _read() -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    try:
        from sklearn.datasets import load_digits as read_digits
    except ImportError:
        raise HeddleError("digits: scikit-learn is not installed: pip install 'heddle-npu[train]'") from None
    data, target = read_digits(return_X_y=True)
    return data.astype(np.uint8).reshape(-1, 1, _SIDE, _SIDE), target.astype(np.int64)
