"""The installed package: one name, whole, and at peace with packages and files that carry the names of our folders."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
import venv
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

#: Nothing here is about compiled kernels.
pytestmark = pytest.mark.outer

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
FOLDERS = tuple(PROJECT["tool"]["setuptools"]["package-dir"].values())
#: Names that PyPI or a user has as well.
OTHERS = ("arch", "training", "reports")


def run(command: Sequence[str | Path], folder: Path, **environment: str) -> str:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=folder, env={**kept, **environment}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def pip(folder: Path, *arguments: str | Path) -> None:
    run([sys.executable, "-m", "pip", "--disable-pip-version-check", *map(str, arguments)], folder)


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of a copy of the sources: a build in the checkout would take up what an earlier one left there."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in (*FOLDERS, "README.md", "LICENSE", "pyproject.toml"):
        target = folder / "source" / name
        target.parent.mkdir(exist_ok=True)
        for path in [ROOT / name] if (ROOT / name).is_file() else sorted((ROOT / name).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                copy = folder / "source" / path.relative_to(ROOT)
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_bytes(path.read_bytes())
    options = ("--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", folder)
    pip(folder, "wheel", *options, folder / "source")
    (made,) = folder.glob("*.whl")
    return made


def stand_in(name: str, folder: Path) -> Path:
    """A wheel of a package called ``name``, as PyPI has them."""
    path = folder / f"{name}-1.0-py3-none-any.whl"
    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(f"{name}/__init__.py", f"WHOSE = 'the other {name}'\n")
        file.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        file.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        file.writestr(f"{info}/RECORD", f"{name}/__init__.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
    return path


def environment(folder: Path, *installs: Sequence[Path]) -> Path:
    """A new environment with the wheels of each of ``installs`` in turn, sharing what this one has; its bin folder."""
    venv.create(folder / "env", with_pip=False, symlinks=True)
    (site,) = (folder / "env").glob("lib/python*/site-packages")
    (site / "shared.pth").write_text("".join(f"{path}\n" for path in sys.path if path.endswith("site-packages")))
    place = folder / "env" / "bin"
    for wheels in installs:
        pip(folder, "--python", place / "python", "install", "--no-deps", "--no-index", "--no-compile", *wheels)
    return place


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of an environment with nothing but the wheel."""
    return environment(tmp_path_factory.mktemp("plain"), [wheel])


def installed_path(path: Path) -> str:
    own = path.relative_to(ROOT).as_posix()
    return own if own.startswith("heddle/") else f"heddle/{own}"


def test_the_wheel_holds_one_package_with_every_module_and_every_file_beside_them(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as file:
        held = {name for name in file.namelist() if not name.split("/")[0].endswith(".dist-info")}
    files = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()]
    wanted = {installed_path(path) for path in files if "__pycache__" not in path.parts}
    assert held == wanted


def test_every_package_of_the_tree_is_listed(wheel: Path) -> None:
    packages = [path.parent for folder in FOLDERS for path in (ROOT / folder).rglob("__init__.py")]
    names = {installed_path(package / "x").removesuffix("/x").replace("/", ".") for package in packages}
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == names


@pytest.mark.parametrize("ours_first", [True, False], ids=["installed after ours", "installed before ours"])
def test_packages_with_the_names_of_our_folders_and_ours_import_right(
    ours_first: bool, wheel: Path, tmp_path: Path
) -> None:
    others = [stand_in(name, tmp_path) for name in OTHERS]
    place = environment(tmp_path, *([[wheel], others] if ours_first else [others, [wheel]]))
    program = (
        f"import {', '.join(OTHERS)}, heddle.arch.design, heddle.training.catalogue, heddle.reports\n"
        f"print([module.WHOSE for module in ({', '.join(OTHERS)})])\n"
        "print(heddle.arch.design.__file__)\n"
    )
    whose, ours = run([place / "python", "-c", program], tmp_path).splitlines()
    assert whose == str([f"the other {name}" for name in OTHERS])
    assert ours.endswith("site-packages/heddle/arch/design.py")
    assert str(tmp_path) in ours
    assert run([place / "heddle", "--version"], tmp_path).startswith("heddle ")


def test_files_of_the_user_s_with_those_names_are_not_loaded(installed: Path, tmp_path: Path) -> None:
    for name in OTHERS:
        (tmp_path / f"{name}.py").write_text("raise ImportError('the file of the user')\n")
    version = f"heddle {PROJECT['project']['version']}\n"
    assert run([installed / "heddle", "--version"], tmp_path) == version
    assert run([installed / "python", "-m", "heddle.cli.main", "--version"], tmp_path) == version
    assert "--space" in run([installed / "heddle", "explore", "--help"], tmp_path)


def test_a_plain_wheel_simulates_from_another_folder(installed: Path, tmp_path: Path) -> None:
    command = [installed / "heddle", "simulate", "--workload", "mlp", "--design", "tiny", "--json"]
    document = json.loads(run(command, tmp_path, NUMBA_DISABLE_JIT="1"))  # faster than to compile for one small step
    assert (document["workload"], document["design"]["name"]) == ("mlp", "tiny")
    assert document["total"]["cycles"] > 0
