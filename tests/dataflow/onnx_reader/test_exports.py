"""Attention as PyTorch's two exporters write it: multiply-adds by hand, whatever the exporter and the batch."""

from __future__ import annotations

from pathlib import Path

import pytest

from heddle.dataflow.onnx_reader.importer import read_onnx

EXPORTS = Path(__file__).parent / "exports"
TOKENS, WIDTH, HEADS, HIDDEN = 6, 32, 4, 64
ATTENTION = 2 * HEADS * TOKENS * TOKENS * (WIDTH // HEADS)
PROJECTION = TOKENS * WIDTH * WIDTH
MULTIHEAD = 4 * PROJECTION + ATTENTION
VIT_TOKENS = 1 + 4 * 4
MACS = {
    "scaled_dot_product": 3 * PROJECTION + ATTENTION,
    "multihead": MULTIHEAD,
    "encoder_layer": MULTIHEAD + 2 * TOKENS * WIDTH * HIDDEN,
    "vit": 4 * 4 * (3 * 8 * 8) * WIDTH
    + 4 * VIT_TOKENS * WIDTH * WIDTH
    + 2 * VIT_TOKENS * VIT_TOKENS * WIDTH
    + 2 * VIT_TOKENS * WIDTH * HIDDEN
    + WIDTH * 10,
    "masked_text": PROJECTION + ATTENTION + WIDTH * 2,
    "densified_reshapes": 64 * 128 + 4 * 16 * 32 + 4 * 9 * 48 * 16 + 64 * 16,
}


@pytest.mark.parametrize("name", MACS)
def test_exports_of_the_newer_exporter_have_the_multiply_adds_of_the_model(name: str) -> None:
    assert read_onnx(EXPORTS / f"{name}_fixed.onnx").macs == MACS[name]
    for batch in (1, 7):
        assert read_onnx(EXPORTS / f"{name}_open.onnx", batch).macs == MACS[name]


@pytest.mark.parametrize("open_batch", [False, True])
@pytest.mark.parametrize("name", MACS)
def test_exports_by_tracing_have_the_multiply_adds_of_the_model(tmp_path: Path, name: str, open_batch: bool) -> None:
    pytest.importorskip("torch", reason="PyTorch is of the extra 'train'")
    from torch_models import export_by_tracing

    path = tmp_path / "traced.onnx"
    export_by_tracing(name, path, open_batch=open_batch)
    for batch in (1, 7) if open_batch else (1,):
        assert read_onnx(path, batch).macs == MACS[name]
