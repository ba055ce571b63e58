"""``heddle report``: one page of everything that a folder holds, or two runs or designs against each other."""

from __future__ import annotations

from pathlib import Path

from heddle.arch.errors import HeddleError
from heddle.arch.run_dir import check_file_target
from heddle.cli.exit_codes import SUCCESS
from heddle.cli.options.report import ReportOptions
from heddle.cli.options.values import checked_path
from heddle.cli.output import print_document, print_notes, print_paths
from heddle.cli.progress import show_status
from heddle.cli.report_compare import compare_two
from heddle.reports.review.build import Built, build_review
from heddle.reports.review.index import REPORT_NAME
from heddle.reports.review.page import write_review
from heddle.reports.runs.documents.review import ReviewDocument
from heddle.reports.runs.gather import read_holdings, subject_of

_MOST = 2


def run(options: ReportOptions) -> int:
    """Make the page that the options ask for; raises HeddleError where there is nothing to show."""
    if len(options.paths) > _MOST:
        given = ", ".join(options.paths)
        raise HeddleError(f"report: takes one folder, or two to compare; got {len(options.paths)}: {given}")
    if len(options.paths) == _MOST:
        return compare_two(options)
    return _report(checked_path("DIR", options.paths[0], "folder of results"), options)


def _report(folder: Path, options: ReportOptions) -> int:
    _refuse_training_options(options)
    held = read_holdings(folder)
    out = options.out or folder / REPORT_NAME
    check_file_target(out)
    subject = subject_of(held, options.pick)
    with show_status(f"simulating on {subject.design.name}"):
        built = build_review(held, subject, out.parent)
    page = write_review(built.review, out)
    unread = (*built.problems, *_unread(built))
    print_notes(unread)
    if options.json:
        print_document(ReviewDocument.of(page, built.review, built.sections, unread))
        return SUCCESS
    print_paths([page])
    for missing in built.review.missing:
        print(f"no {missing.section}: {missing.reason}; make it with: {missing.command}")
        print(f"  takes {missing.takes}")
    return SUCCESS


def _refuse_training_options(options: ReportOptions) -> None:
    """A single folder says itself what it ran."""
    given = {
        "--workload": options.workload,
        "--batch": options.batch,
        "--recipe": options.recipe,
        "--sparsity": options.sparsity,
    }
    for option, value in given.items():
        if value is not None:
            raise HeddleError(f"{option}: is for comparing two designs; a folder says itself what it ran")


def _unread(built: Built) -> list[str]:
    vivado = built.review.vivado
    unread = vivado.unread if vivado else ()
    return [f"{each.path}: {f'{each.section}: ' if each.section else ''}{each.reason}" for each in unread]
