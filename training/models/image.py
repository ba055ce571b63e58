"""The image that a model is built for, and the checks that all builders share."""

from __future__ import annotations

from dataclasses import dataclass

from heddle.arch.errors import HeddleError

# Up to here an image is small: CIFAR's 32 and Tiny ImageNet's 64 pixels, against ImageNet's 224.
_LARGEST_SMALL_SIDE = 64


@dataclass(frozen=True)
class ImageShape:
    """Shape of one sample: channels x height x width."""

    channels: int
    height: int
    width: int

    @property
    def is_small(self) -> bool:
        """True where neither side is over 64 pixels: architectures made for 224 then start more gently."""
        return max(self.height, self.width) <= _LARGEST_SMALL_SIDE

    @property
    def elements(self) -> int:
        """Numbers of one sample."""
        return self.channels * self.height * self.width

    def require_side(self, model: str, least: int) -> None:
        """Raise HeddleError where a side is under ``least`` pixels, the smallest that ``model`` can take."""
        if min(self.height, self.width) < least:
            raise HeddleError(
                f"{model}: the image is too small: {self.height} x {self.width} (valid: at least {least} x {least})"
            )


def image_shape(model: str, shape: tuple[int, int, int]) -> ImageShape:
    """Return the checked shape; raises HeddleError unless it is three positive whole numbers."""
    if len(shape) != 3 or any(size < 1 for size in shape):
        raise HeddleError(
            f"{model}: the shape of a sample is {tuple(shape)} (valid: channels, height, width, each >= 1)"
        )
    return ImageShape(*shape)
