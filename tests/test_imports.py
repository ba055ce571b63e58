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
    "synth": 3,
    "verify": 4,
    "training": 4,
    "dse": 4,
    "reports": 5,
    "cli": 6,
    "heddle": 6,
}


def package_named(module: str) -> str:
    """The folder that ``module`` stands in: heddle.arch.nm is of arch, heddle alone of the API."""
    first, _, rest = module.partition(".")
    return rest.partition(".")[0] or first if first == "heddle" else first


def imported_packages(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (package_named(alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module == "heddle":
            yield from (alias.name if alias.name in FLOORS else "heddle" for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." if node.level else package_named(node.module or "")


def modules() -> list[Path]:
    return [path for name in FLOORS for path in sorted((ROOT / name).rglob("*.py"))]


def package_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0]


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
    source = "def f():\n    from heddle.cli.main import main\n    import heddle.dse.space\n"
    source += "    from heddle import hls, schedule"
    assert list(imported_packages(source)) == ["cli", "dse", "hls", "heddle"]


def test_every_package_with_modules_stands_on_a_floor() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert packages <= FLOORS.keys()


def test_no_module_names_a_folder_without_the_package_that_it_is_installed_in() -> None:
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not [name for name in names if name.partition(".")[0] in FLOORS.keys() - {"heddle"}], path
