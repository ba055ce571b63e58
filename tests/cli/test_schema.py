"""``heddle schema``: the JSON Schema of designs, spaces and recipes, which all files that ship keep to."""

from __future__ import annotations

import json
import math
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from heddle.arch.design_io import PRESETS
from heddle.cli.main import main
from heddle.dse.space import SPACES

Capture = pytest.CaptureFixture[str]

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
FILES = [("design", path) for path in sorted(PRESETS.glob("*.toml"))]
FILES += [("space", path) for path in sorted(SPACES.glob("*.toml"))]
FILES += [("recipe", path) for path in sorted(EXAMPLES.glob("*.toml"))]


def schema(capsys: Capture, kind: str) -> dict[str, Any]:
    assert main(["schema", kind]) == 0
    document: dict[str, Any] = json.loads(capsys.readouterr().out)
    return document


def problems(value: Any, node: dict[str, Any], root: dict[str, Any], at: str = "") -> list[str]:
    """What ``value`` breaks of a schema, by the few keywords that ours use."""
    if "$ref" in node:
        return problems(value, root["$defs"][node["$ref"].rpartition("/")[2]], root, at)
    if "anyOf" in node:
        each = [problems(value, one, root, at) for one in node["anyOf"]]
        return [] if [] in each else each[0]
    types = {
        "object": dict,
        "array": list,
        "string": str,
        "integer": int,
        "number": (int, float),
        "boolean": bool,
        "null": type(None),
    }
    found = []
    if "type" in node and not isinstance(value, types[node["type"]]):
        return [f"{at}: no {node['type']}"]
    if "enum" in node and value not in node["enum"]:
        found.append(f"{at}: not of {node['enum']}")
    if "const" in node and value != node["const"]:
        found.append(f"{at}: not {node['const']}")
    if "pattern" in node and not re.search(node["pattern"], value):
        found.append(f"{at}: not of the form {node['pattern']}")
    if isinstance(value, int | float) and not node.get("minimum", -math.inf) <= value <= node.get("maximum", math.inf):
        found.append(f"{at}: out of range")
    if isinstance(value, dict):
        known = node["properties"]
        found += [f"{at}.{key}: unknown" for key in value.keys() - known.keys()]
        found += [f"{at}.{key}: missing" for key in set(node.get("required", ())) - value.keys()]
        for key in value.keys() & known.keys():
            found += problems(value[key], known[key], root, f"{at}.{key}")
    if isinstance(value, list):
        items = node.get("prefixItems") or [node["items"]] * len(value)
        for index, (one, item) in enumerate(zip(value, items, strict=True)):
            found += problems(one, item, root, f"{at}.{index}")
    return found


@pytest.mark.parametrize(("kind", "path"), FILES, ids=lambda value: getattr(value, "stem", value))
def test_every_file_that_ships_keeps_to_its_schema(kind: str, path: Path, capsys: Capture) -> None:
    document = schema(capsys, kind)
    assert problems(tomllib.loads(path.read_text()), document, document) == []


def test_a_wrong_file_does_not(capsys: Capture) -> None:
    document = schema(capsys, "design")
    wrong = tomllib.loads((PRESETS / "tiny.toml").read_text())
    wrong["array"]["rosw"] = wrong["array"].pop("rows")
    wrong["array"]["cols"] = 4096
    assert sorted(problems(wrong, document, document)) == [
        ".array.cols: out of range",
        ".array.rosw: unknown",
        ".array.rows: missing",
    ]


def test_a_schema_says_what_its_tables_are_and_refuses_other_keys(capsys: Capture) -> None:
    document = schema(capsys, "design")
    assert document["title"] == "Design"
    assert document["additionalProperties"] is False
    assert "USPE" in document["$defs"]["ArrayConfig"]["description"]


def test_json_prints_the_same_document(capsys: Capture) -> None:
    assert main(["schema", "space", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == schema(capsys, "space")


def test_an_unknown_kind_is_one_line_with_the_nearest(capsys: Capture) -> None:
    assert main(["schema", "desing"]) == 2
    message = "schema: unknown kind of file 'desing'; did you mean 'design'? (valid: design, space, recipe)"
    assert capsys.readouterr() == ("", f"heddle: error: {message}\n")


def test_without_a_kind_the_kinds_are_told(capsys: Capture) -> None:
    assert main(["schema"]) == 2
    message = "schema: missing argument 'design|space|recipe' (heddle schema --help lists the options)"
    assert capsys.readouterr() == ("", f"heddle: error: {message}\n")
