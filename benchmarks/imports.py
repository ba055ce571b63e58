"""The verdict on the graph of imports: how many circles of modules it has, and how many imports that climb.

    python -m benchmarks.imports

A circle is a set of modules that import each other when they are loaded; what only a type checker reads is left out.
Within ``cli`` imports inside functions count as well: a verb's modules have one direction. An import climbs when it is
of another folder on the same floor or a higher one (``FLOORS``; docs/architecture.md draws them), wherever it stands.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

#: A folder imports only from the floors below its own.
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

Graph = Mapping[str, set[str]]


def sources() -> dict[str, Path]:
    """Return the file of every module by its installed name."""
    return {_module_name(path): path for folder in FLOORS for path in sorted((ROOT / folder).rglob("*.py"))}


def _module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    named = parts if parts[0] == "heddle" else ("heddle", *parts)
    return ".".join(named[:-1] if named[-1] == "__init__" else named)


def folder_of(module: str) -> str:
    """Return the folder that ``module`` stands in: heddle.arch.nm is of arch, heddle.verbs is of the API."""
    first, _, rest = module.partition(".")
    second = rest.partition(".")[0]
    return second if first == "heddle" and second in FLOORS else first


def imported(source: str, known: Iterable[str], *, inside_functions: bool) -> Iterator[str]:
    """Yield the modules of ``known`` that ``source`` imports; what only a type checker reads is left out."""
    names = set(known)
    for node in _statements(ast.parse(source), inside_functions=inside_functions):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            for alias in node.names:
                whole = f"{module}.{alias.name}"
                yield from [name for name in (whole, module) if name in names][:1]


def _statements(node: ast.AST, *, inside_functions: bool) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
            continue
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) and not inside_functions:
            continue
        yield child
        yield from _statements(child, inside_functions=inside_functions)


def import_graph(modules: Mapping[str, str], *, inside_functions: bool) -> dict[str, set[str]]:
    """Return which modules each imports, given every module's source by name."""
    return {name: set(imported(source, modules, inside_functions=inside_functions)) for name, source in modules.items()}


def circles(graph: Graph) -> list[list[str]]:
    """Return the sets of modules that reach each other, each sorted, and a module that imports itself."""
    reached = {module: _reached(graph, module) for module in graph}
    found = {
        tuple(sorted(other for other in reached[module] if module in reached[other]))
        for module in graph
        if module in reached[module]
    }
    return [list(circle) for circle in sorted(found)]


def _reached(graph: Graph, start: str) -> set[str]:
    found: set[str] = set()
    waiting = list(graph[start])
    while waiting:
        module = waiting.pop()
        if module not in found:
            found.add(module)
            waiting.extend(graph[module])
    return found


def climbs(module: str, source: str) -> list[str]:
    """Return the folders on its own floor or above that ``module`` imports from, other than its own."""
    own = folder_of(module)
    folders = {folder_of(name) for name in _all_imports(source)} & FLOORS.keys() - {own}
    return sorted(folder for folder in folders if FLOORS[folder] >= FLOORS[own])


def _all_imports(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module == "heddle":
            yield from (f"heddle.{alias.name}" if alias.name in FLOORS else "heddle" for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def main() -> int:
    """Print what is wrong, one line each, and the verdict; return 1 where anything is."""
    modules = {name: path.read_text() for name, path in sources().items()}
    command = {name: source for name, source in modules.items() if folder_of(name) == "cli"}
    found = circles(import_graph(modules, inside_functions=False))
    found += [circle for circle in circles(import_graph(command, inside_functions=True)) if circle not in found]
    upward = [(name, folder) for name, source in modules.items() for folder in climbs(name, source)]
    for circle in found:
        print(f"circle: {', '.join(circle)}")
    for name, folder in upward:
        print(f"upward: {name} imports from {folder}")
    print(f"{len(modules)} modules: {len(found)} circles, {len(upward)} upward imports")
    return 1 if found or upward else 0


if __name__ == "__main__":
    sys.exit(main())
