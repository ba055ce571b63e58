"""The script of the documentation does what the documentation says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "examples" / "sparsify_your_model.py"


def test_the_example_trains_a_users_model_under_n_of_m_and_exports_it(tmp_path: Path) -> None:
    ran = subprocess.run([sys.executable, EXAMPLE], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    accuracy = re.search(r"test accuracy: ([\d.]+) %", ran.stdout)
    assert accuracy is not None
    assert float(accuracy[1]) > 80
    assert "non-zeros in each group of 8, at most: 2" in ran.stdout
    assert (tmp_path / "weights.safetensors").is_file()
