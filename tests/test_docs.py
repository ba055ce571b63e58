"""What the documentation promises by its form: links, commands and paths that exist, and nothing left to fill in."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.main import get_group

from benchmarks.imports import FLOORS
from heddle.cli.main import app

ROOT = Path(__file__).resolve().parent.parent
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
#: The changelog tells of files that have moved since.
OF_TODAY = [page for page in PAGES if page.name != "CHANGELOG.md"]
LONGEST_README = 150

LINK = re.compile(r"\]\(([^)#\s]+)(?:#([^)\s]*))?\)")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
INLINE = re.compile(r"`([^`\n]+)`")
FENCED = re.compile(r"^```[a-z]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FOLDERS = "arch|benchmarks|cli|dataflow|docs|dse|heddle|hls|reports|sim|synth|tests|training|verify"
OUR_PATH = re.compile(rf"(?:{FOLDERS})/[\w./-]*")
VERBS = get_group(app).commands


def of_the_page(page: Path) -> str:
    return str(page.relative_to(ROOT))


def anchors(page: Path) -> set[str]:
    """The places that a link may lead to, named as hosting sites name headings."""
    kept = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(page.read_text()))
    return {heading.strip().replace(" ", "-") for heading in kept}


def commands(page: Path) -> Iterator[str]:
    """Every command line of ours: in fences, with or without a prompt, and in running text."""
    text = page.read_text()
    for block in FENCED.findall(text):
        for line in block.splitlines():
            if line.removeprefix("$ ").startswith("heddle "):
                yield line.removeprefix("$ ")
    for inline in INLINE.findall(FENCED.sub("", text)):
        if inline.startswith("heddle ") and inline.split()[1].isalpha() and inline.split()[1].islower():
            yield inline


def unknown_options(command: str) -> list[str]:
    """The options of ``command`` that its verb does not have; the verb itself where there is none."""
    words = shlex.split(command, comments=True)[1:]
    if words[0] not in VERBS:
        return [words[0]]
    known = {name for parameter in VERBS[words[0]].params for name in (*parameter.opts, *parameter.secondary_opts)}
    return [word for word in words[1:] if word.startswith("--") and word.split("=")[0] not in {*known, "--help"}]


@pytest.mark.parametrize("page", PAGES, ids=of_the_page)
def test_every_link_leads_to_a_file_and_to_a_heading_in_it(page: Path) -> None:
    for target, place in LINK.findall(page.read_text()):
        if "://" not in target:
            file = page.parent / target
            assert file.exists(), target
            assert not place or place in anchors(file), f"{target}#{place}"


@pytest.mark.parametrize("page", PAGES, ids=of_the_page)
def test_nothing_is_left_to_fill_in(page: Path) -> None:
    assert re.findall(r"@[A-Z_]{3,}@|\bTODO\b|\bTBD\b", page.read_text()) == []


@pytest.mark.parametrize("page", OF_TODAY, ids=of_the_page)
def test_every_command_line_that_is_shown_has_a_verb_and_options_that_exist(page: Path) -> None:
    for command in commands(page):
        if "error: " not in page.read_text().partition(command + "\n")[2].partition("\n")[0]:
            assert unknown_options(command) == [], command


@pytest.mark.parametrize("page", OF_TODAY, ids=of_the_page)
def test_every_path_of_the_repository_that_is_named_is_there(page: Path) -> None:
    named = [path for path in INLINE.findall(page.read_text()) if OUR_PATH.fullmatch(path)]
    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", OF_TODAY, ids=of_the_page)
def test_every_module_that_is_named_is_there(page: Path) -> None:
    for dotted in INLINE.findall(page.read_text()):
        if re.fullmatch(r"heddle(\.[a-z_]+)+", dotted):
            parts = dotted.split(".")[1:]
            places = (ROOT.joinpath(*parts[:depth]) for depth in (len(parts), len(parts) - 1))
            found = any(place.is_dir() or place.with_suffix(".py").is_file() for place in places)
            assert found or hasattr(__import__("heddle"), parts[0]), dotted


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= LONGEST_README


def test_an_option_that_does_not_exist_is_seen() -> None:
    assert unknown_options("heddle simulate --workload mlp --rowz 16  # --not-read") == ["--rowz"]
    assert unknown_options("heddle stimulate --workload mlp") == ["stimulate"]
    assert unknown_options("heddle simulate --workload mlp --no-pregenerate --json") == []


def test_the_floors_in_the_page_are_those_that_the_imports_are_held_to() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text()
    shown = {folder: int(floor) for floor, folder in re.findall(r"^\| floor (\d) \| `([a-z]+)/` ", page, re.MULTILINE)}
    drawn = {folder: int(floor) for folder, floor in re.findall(r"<b>([a-z]+)</b> · floor (\d)", page)}
    assert shown == drawn == FLOORS
