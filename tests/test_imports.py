"""The direction of imports: no circle of modules, and a folder imports only from the floors below its own."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from benchmarks.imports import FLOORS, ROOT, circles, climbs, folder_of, import_graph, imported, main, sources

SOURCES = sources()
EVERY = pytest.mark.parametrize("module", SOURCES)


@EVERY
def test_a_module_imports_only_its_own_folder_and_floors_below(module: str) -> None:
    assert climbs(module, SOURCES[module].read_text()) == []


@EVERY
def test_imports_are_absolute_and_name_the_installed_package(module: str) -> None:
    for node in ast.walk(ast.parse(SOURCES[module].read_text())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names = [node.module or ""]
        assert not [name for name in names if name.partition(".")[0] in FLOORS.keys() - {"heddle"}]


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = import_graph({name: path.read_text() for name, path in SOURCES.items()}, inside_functions=False)
    assert circles(graph) == []


def test_no_modules_of_the_command_do_so_even_inside_functions() -> None:
    command = {name: path.read_text() for name, path in SOURCES.items() if folder_of(name) == "cli"}
    assert circles(import_graph(command, inside_functions=True)) == []


def test_the_verdict_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main() == 0
    assert capsys.readouterr().out == f"{len(SOURCES)} modules: 0 circles, 0 upward imports\n"


def test_every_folder_with_modules_stands_on_a_floor() -> None:
    assert {path.parent.name for path in ROOT.glob("*/__init__.py")} <= FLOORS.keys()


CIRCLE = {
    "heddle.a": "import heddle.b",
    "heddle.b": "if True:\n    from heddle.c import x",
    "heddle.c": "from heddle import a",
    "heddle.d": "from heddle.a import x\nif TYPE_CHECKING:\n    import heddle.e",
    "heddle.e": "def f():\n    import heddle.d",
    "heddle.f": "def f():\n    from heddle import e",
}


def test_circles_are_seen_and_what_a_type_checker_reads_is_no_import() -> None:
    assert circles(import_graph(CIRCLE, inside_functions=False)) == [["heddle.a", "heddle.b", "heddle.c"]]


def test_imports_inside_functions_are_seen_where_asked() -> None:
    later = {"heddle.e": CIRCLE["heddle.e"], "heddle.d": "from heddle.e import f"}
    assert circles(import_graph(later, inside_functions=False)) == []
    assert circles(import_graph(later, inside_functions=True)) == [["heddle.d", "heddle.e"]]


def test_a_name_of_a_package_is_no_module() -> None:
    known = ["heddle.a", "heddle.a.b"]
    assert list(imported("from heddle.a import b, c", known, inside_functions=False)) == ["heddle.a.b", "heddle.a"]


def test_an_import_that_climbs_is_seen_inside_functions_too() -> None:
    source = "def f():\n    from heddle.cli.main import main\n    import heddle.dse.space\n"
    source += "    from heddle import hls, schedule"
    assert climbs("heddle.sim.x", source) == ["cli", "dse", "heddle"]
    assert climbs("heddle.cli.x", source) == ["heddle"]


def test_a_module_s_name_is_the_installed_one() -> None:
    assert SOURCES["heddle.arch.nm"] == Path(ROOT / "arch" / "nm.py")
    assert SOURCES["heddle.dataflow.zoo"] == ROOT / "dataflow" / "zoo" / "__init__.py"


def test_a_module_of_the_api_is_of_no_folder_below() -> None:
    names = ("heddle", "heddle.verbs", "heddle.cli.verbs", "numpy.linalg")
    assert [folder_of(name) for name in names] == ["heddle", "heddle", "cli", "numpy"]
