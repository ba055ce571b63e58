"""The direction of imports: a package imports only from the floors below its own."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

FLOORS = {
    "arch": 1,
    "dataflow": 2,
    "hls": 2,
    "sim": 3,
    "verify": 4,
    "training": 4,
    "dse": 4,
    "reports": 4,
    "cli": 5,
    "heddle": 5,
}


def imported_packages(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." if node.level else (node.module or "").partition(".")[0]


def modules() -> list[Path]:
    packages = [ROOT / name for name in FLOORS if (ROOT / name).is_dir()]
    return [ROOT / "heddle.py", *(path for package in packages for path in sorted(package.rglob("*.py")))]


def package_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_its_own_package_and_floors_below(path: Path) -> None:
    package = package_of(path)
    ours = {name for name in imported_packages(path.read_text()) if name in FLOORS and name != package}
    too_high = {name for name in ours if FLOORS[name] >= FLOORS[package]}
    assert not too_high, f"{package} stands on floor {FLOORS[package]} and imports {sorted(too_high)}"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_are_absolute(path: Path) -> None:
    assert "." not in set(imported_packages(path.read_text()))


def test_the_check_sees_imports_inside_functions() -> None:
    assert list(imported_packages("def f():\n    from cli.main import main\n    import dse.space")) == [
        "cli",
        "dse",
    ]


def test_every_package_with_modules_stands_on_a_floor() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert packages <= FLOORS.keys()
