"""The images of the report page in docs/images: ``python -m benchmarks.page_images [FOLDER]``.

FOLDER (default: runs/r18) holds the page that ``heddle report FOLDER`` made. Needs Chromium on the PATH.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
#: Set by the page's script once every chart is live.
READY = "html[data-ready=yes]"


def find_browser() -> str | None:
    """Return the path of a Chromium, None where there is none."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def opened(
    browser: Browser, page: Path, width_px: int, height_px: int, scheme: Literal["light", "dark"], scale: int = 1
) -> Page:
    """Open ``page`` in a window of that size, once its charts are live."""
    view = browser.new_page(
        viewport={"width": width_px, "height": height_px},
        color_scheme=scheme,
        device_scale_factor=scale,
        reduced_motion="reduce",
    )
    view.goto(page.resolve().as_uri())
    view.wait_for_selector(READY, state="attached")
    return view


def draw(browser: Browser, page: Path, folder: Path) -> None:
    """Write the page's three images to ``folder``: its beginning, dark, and on a phone."""
    desk = opened(browser, page, 1200, 1800, "light")
    marks = desk.locator("#chart-front .marks_marks path")
    marks.nth(marks.count() * 4 // 5).hover(force=True)  # others may lie on top of it
    desk.screenshot(path=folder / "review.png")
    dark = opened(browser, page, 1200, 1000, "dark")
    dark.evaluate("document.querySelector('#roofline').scrollIntoView()")
    dark.screenshot(path=folder / "review-dark.png")
    phone = opened(browser, page, 360, 740, "light", scale=2)
    # Below the contents, which stay in place.
    phone.evaluate("window.scrollTo(0, document.querySelector('#front-count').getBoundingClientRect().top - 64)")
    phone.screenshot(path=folder / "review-phone.png")


def main() -> int:
    """Draw the images of one folder's page; return 2 where the page or a browser is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=Path("runs/r18"))
    page = parser.parse_args().folder / "report.html"
    chromium = find_browser()
    if not page.is_file():
        print(f"{page}: there is no such page; make it with: heddle report {page.parent}", file=sys.stderr)
        return 2
    if chromium is None:
        print(f"no Chromium on the PATH (looked for {', '.join(BROWSERS)})", file=sys.stderr)
        return 2
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        draw(browser, page, IMAGES)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
