"""What the verbs print as JSON: a document that one model writes and reads, with few exceptions."""

from __future__ import annotations

import ast
from pathlib import Path

CLI = Path(__file__).resolve().parents[2] / "cli"
#: Who prints an object that no model stands for, and why.
PLAIN = {
    "doctor.py": "the tools of this machine; no run folder keeps them",
    "generate.py": "the paths that were written; the manifest among them is the document",
    "schema.py": "a JSON Schema, which pydantic writes",
}
#: The one module that makes text of a plain object.
PRINTER = "output.py"
MAKERS = {"dumps", "dump", "json_text", "print_json"}


def calls(path: Path) -> set[str]:
    """The names, without their modules, of the functions that a source calls."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Call(func=ast.Name(id=name)) | ast.Call(func=ast.Attribute(attr=name)):
                found.add(name)
    return found


def test_only_those_named_here_print_json_of_a_plain_object() -> None:
    makers = {str(path.relative_to(CLI)) for path in CLI.rglob("*.py") if calls(path) & MAKERS}
    assert makers == {PRINTER, *PLAIN}


def test_they_do_so_through_the_one_printer() -> None:
    for name in PLAIN:
        assert calls(CLI / name) & MAKERS == {"print_json"}


def test_a_call_is_seen_under_any_module(tmp_path: Path) -> None:
    source = tmp_path / "verb.py"
    source.write_text("import json\nprint(json.dumps({}))\nprint_json({})\n")
    assert calls(source) == {"print", "dumps", "print_json"}
