"""The page of a review in a real browser: live charts, filters, picking, copying, colours, phone, accessibility."""

from dataclasses import replace

import pytest
import reviews

from benchmarks.page_images import draw, find_browser
from heddle.arch.design_io import load_design
from heddle.reports.review.content import Missing
from heddle.reports.review.page import write_review

playwright_api = pytest.importorskip("playwright.sync_api")
axe_api = pytest.importorskip("axe_playwright_python.sync_playwright")
expect = playwright_api.expect

READY = "html[data-ready=yes]"
CHARTS = ["front", "time", "roofline", "timeline", "overview", "waiting", "energy", "modules"]
# Where the marks that a reader asks about stand in a live chart.
MARKS = ".live .mark-symbol.role-mark path, .live .mark-rect.role-mark path"
FRONT_MARKS = "#chart-front .marks_marks path"
PHONE, SCREEN = {"width": 360, "height": 740}, {"width": 1200, "height": 900}


@pytest.fixture(scope="module")
def browser():
    path = find_browser()
    if path is None:
        pytest.skip("no Chromium on the PATH")
    with playwright_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    # An absent section is on the page too, so that its colours are checked as well.
    review = replace(
        reviews.full_review(),
        agreement=None,
        missing=(Missing("agreement", "no RTL was run", "heddle verify --design small --out runs/one"),),
    )
    return write_review(review, tmp_path_factory.mktemp("review") / "report.html")


@pytest.fixture(scope="module")
def open_page(browser, path):
    """Opens the page once its charts are live, in a browser of the given size and colours; what goes wrong is kept."""

    def opened(troubles, viewport=SCREEN, scheme="light", script=True):
        # Without motion: a page that still scrolls keeps each click waiting.
        context = browser.new_context(
            viewport=viewport, color_scheme=scheme, java_script_enabled=script, reduced_motion="reduce"
        )
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        page = context.new_page()
        page.on("console", lambda message: troubles.append(message.text))
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("request", lambda request: troubles.append(request.url) if request.url != path.as_uri() else None)
        page.goto(path.as_uri())
        if script:
            page.wait_for_selector(READY, state="attached")
        return page

    return opened


@pytest.fixture(scope="module")
def troubles():
    """What went wrong on the page that most tests share, and what it asked for beside itself."""
    return []


@pytest.fixture(scope="module")
def shared(open_page, troubles):
    return open_page(troubles)


@pytest.fixture
def page(shared, troubles):
    """The shared page as it opens: everything shown, design 0 picked; nothing goes wrong on it."""
    yield shared
    shared.emulate_media(color_scheme="light", media="screen")
    shared.get_by_role("button", name="Show all").click()
    expect(shared.locator(FRONT_MARKS)).to_have_count(24)
    shared.get_by_role("button", name="show design 0", exact=True).press("Enter")
    shared.get_by_role("button", name="Whole step").click()
    assert troubles == []


def count_text(page):
    return page.locator("#front-count").inner_text()


def marks(page):
    return page.locator(FRONT_MARKS).count()


def table_rows(page):
    return page.locator("#front-table tbody tr").count()


def picked_design(text, tmp_path):
    file = tmp_path / "picked.toml"
    file.write_text(text)
    return load_design(str(file))


def test_the_page_opens_without_errors_or_requests_and_every_chart_is_live(page):
    for name in CHARTS:
        chart = page.locator(f"#chart-{name}")
        assert chart.locator(".live svg.marks").count() == 1
        assert chart.locator(".drawn").count() == 0
        assert chart.locator(MARKS).count() > 0
        assert chart.locator("svg").bounding_box()["width"] > 600


def test_without_a_script_the_page_has_its_drawings_and_tables(open_page):
    troubles = []
    page = open_page(troubles, script=False)
    for name in CHARTS:
        assert page.locator(f"#chart-{name} .drawn svg").is_visible()
    assert page.locator("#front-table tbody tr").count() == 24
    assert not page.locator(".needs-script:visible").count()
    assert page.locator("#picked-toml").inner_text().startswith('name = "small"')
    assert troubles == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("front", ["design", "array", "N:M", "energy"]),
        ("time", ["layer", "conv1", "of the step"]),
        ("roofline", ["achieved", "of its bound"]),
        ("timeline", ["track", "passes", "engine works in"]),
        ("energy", ["uncertainty"]),
        ("modules", ["of the board"]),
    ],
)
def test_a_mark_tells_what_it_is(name, expected, page):
    page.locator(f"#chart-{name}").locator(MARKS).first.hover(force=True)
    tooltip = page.locator("#vg-tooltip-element.visible")
    tooltip.wait_for()
    assert all(word in tooltip.inner_text() for word in expected)


def test_filters_and_limits_reduce_marks_and_rows_alike_and_show_all_brings_them_back(page):
    assert (count_text(page), marks(page), table_rows(page)) == ("24 of 24 designs shown", 24, 24)
    page.get_by_label("1:8", exact=True).uncheck()
    assert (count_text(page), marks(page), table_rows(page)) == ("16 of 24 designs shown", 16, 16)
    page.get_by_label("os+ws").uncheck()
    assert (count_text(page), marks(page), table_rows(page)) == ("8 of 24 designs shown", 8, 8)
    slider = page.get_by_label("time at most")
    slider.focus()
    while (shown := marks(page)) == 8:
        slider.press("ArrowLeft")
    assert 0 < shown < 8
    assert table_rows(page) == shown
    assert page.locator("#front-table caption").inner_text() == f"{shown} designs shown, 24 on the front"
    page.get_by_role("button", name="Show all").click()
    expect(page.locator("#front-count")).to_have_text("24 of 24 designs shown")
    assert (marks(page), table_rows(page)) == (24, 24)


def test_a_front_with_nothing_left_is_empty_and_comes_back(page):
    for value in ("1:8", "2:8", "4:8"):
        page.get_by_label(value, exact=True).uncheck()
    assert (count_text(page), marks(page), table_rows(page)) == ("0 of 24 designs shown", 0, 0)
    page.get_by_label("2:8", exact=True).check()
    assert (marks(page), table_rows(page)) == (8, 8)


def test_the_axes_can_be_chosen_and_the_filter_stays(page):
    page.get_by_label("1:8", exact=True).uncheck()
    titles = page.locator("#chart-front .role-axis-title text")
    page.get_by_label("up", exact=True).select_option(label="energy")
    expect(titles.filter(has_text="energy")).to_have_count(1)
    expect(titles.filter(has_text="time")).to_have_count(1)
    assert marks(page) == 16


def test_a_click_on_a_mark_picks_its_design(page, tmp_path):
    page.locator(FRONT_MARKS).nth(7).click(force=True)
    label = page.locator("#picked-toml-label").inner_text()
    row = int(label.removeprefix("Design "))
    assert row != 0
    assert picked_design(page.locator("#picked-toml").inner_text(), tmp_path) in reviews.front_designs()
    assert page.locator("#front-table tr.picked button").inner_text() == str(row)
    assert f"--pick {row}" in page.locator("#picked").inner_text()


def test_a_row_of_the_table_picks_by_keyboard_and_its_file_is_copied(page, tmp_path):
    page.get_by_role("button", name="show design 5", exact=True).press("Enter")
    page.locator("#picked .copy").press("Enter")
    expect(page.locator("#picked .status")).to_have_text("copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == reviews.front_part().toml[5]
    expected = reviews.front_part().front.iloc[5]
    design = picked_design(copied, tmp_path)
    assert (design.array.rows, design.array.cols, design.sparsity.n) == tuple(expected[["rows", "cols", "n"]])
    ring = page.locator("#chart-front .ring_marks path").bounding_box()
    marked = page.locator(FRONT_MARKS).nth(5).bounding_box()
    assert ring["x"] + ring["width"] / 2 == pytest.approx(marked["x"] + marked["width"] / 2, abs=1)


def test_the_arrow_keys_go_from_design_to_design(page):
    chart = page.locator("#chart-front")
    chart.focus()
    labels = []
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "ArrowLeft", "ArrowLeft"):
        chart.press(key)
        labels.append(page.locator("#picked-toml-label").inner_text())
    assert labels == ["Design 1", "Design 2", "Design 1", "Design 0", "Design 0"]


def test_without_a_clipboard_the_text_is_selected_and_copied(page):
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined, configurable: true })")
    page.locator("#design .copy").click()
    expect(page.locator("#design .status")).not_to_be_empty()
    assert page.evaluate("getSelection().toString()").strip().startswith('name = "small"')
    page.evaluate("delete navigator.clipboard")


def test_the_timeline_zooms_and_moves_by_buttons(page):
    shown, brush = page.locator("#timeline-shown"), page.locator("#chart-overview .chosen_brush path")
    expect(shown).to_have_text("the whole step")
    page.get_by_role("button", name="Zoom in").click()
    expect(shown).to_contain_text(" to ")
    zoomed, at = shown.inner_text(), brush.bounding_box()
    page.get_by_role("button", name="Later").click()
    assert shown.inner_text() != zoomed
    assert brush.bounding_box()["x"] > at["x"]
    page.get_by_role("button", name="Earlier").click()
    assert shown.inner_text() == zoomed
    page.get_by_role("button", name="Zoom out").click()
    expect(shown).to_have_text("the whole step")


def test_the_timeline_follows_the_overview_the_wheel_and_the_pointer(page):
    shown = page.locator("#timeline-shown")
    drag(page, "#chart-overview svg", 200, 300, 12)
    expect(shown).to_contain_text(" to ")
    chosen = shown.inner_text()
    drag(page, "#chart-timeline svg", 500, 400, 20)
    expect(shown).not_to_have_text(chosen)
    page.get_by_role("button", name="Whole step").click()
    page.locator("#chart-timeline svg").hover()
    page.keyboard.down("Control")
    page.mouse.wheel(0, -200)
    page.keyboard.up("Control")
    expect(shown).to_contain_text(" to ")


def drag(page, selector, start, end, down):
    """Drag within an element from ``start`` to ``end`` pixels right of its edge, ``down`` pixels below its top."""
    page.locator(selector).scroll_into_view_if_needed()
    box = page.locator(selector).bounding_box()
    page.mouse.move(box["x"] + start, box["y"] + down)
    page.mouse.down()
    page.mouse.move(box["x"] + end, box["y"] + down, steps=4)
    page.mouse.up()


def test_colours_follow_the_scheme_and_paper_is_always_light(page):
    page.emulate_media(color_scheme="dark")
    label = page.locator("#chart-front .role-axis-label text").first

    def colours():
        return page.evaluate("getComputedStyle(document.body).backgroundColor"), label.evaluate(
            "each => getComputedStyle(each).fill"
        )

    assert colours() == ("rgb(22, 25, 29)", "rgb(230, 233, 236)")
    page.emulate_media(color_scheme="light")
    assert colours() == ("rgb(254, 254, 254)", "rgb(36, 41, 47)")
    page.emulate_media(color_scheme="dark", media="print")
    assert colours() == ("rgb(255, 255, 255)", "rgb(0, 0, 0)")
    assert not page.locator("nav").is_visible()
    assert not page.locator("#front-controls").is_visible()


def test_on_paper_the_folded_tables_are_open_and_afterwards_closed(page):
    folded = page.locator("details:not([open])")
    before = folded.count()
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert folded.count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert folded.count() == before > 3


def test_a_phone_shows_the_page_without_scrolling_it_sideways(open_page):
    troubles = []
    page = open_page(troubles, viewport=PHONE)
    for details in page.locator("summary").all():
        details.click()
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    for name in CHARTS:
        assert page.locator(f"#chart-{name} svg").bounding_box()["width"] <= PHONE["width"]
    assert troubles == []


BROKEN_WORDS = """() => [...document.querySelectorAll('tbody th:not(.name)')].flatMap((heading) => {
  const text = heading.firstChild;
  if (!text || text.nodeType !== Node.TEXT_NODE || !heading.offsetParent) return [];
  return [...text.data.matchAll(/[\\w.]+/g)].filter((word) => {
    const range = document.createRange();
    range.setStart(text, word.index);
    range.setEnd(text, word.index + word[0].length);
    return range.getClientRects().length > 1;
  }).map((word) => word[0]);
})"""


def test_a_phone_breaks_no_word_of_a_row_s_heading(open_page):
    page = open_page([], viewport=PHONE)
    assert page.evaluate(BROKEN_WORDS) == []


@pytest.mark.parametrize(("scheme", "rules"), [("light", None), ("dark", ["color-contrast"])])
def test_axe_finds_nothing(scheme, rules, page):
    page.emulate_media(color_scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    found = axe_api.Axe().run(page, options={"runOnly": rules} if rules else None)
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = false; })")
    assert found.violations_count == 0, found.generate_report()


def test_the_pages_images_are_drawn_at_their_sizes(browser, path, tmp_path):
    draw(browser, path, tmp_path)
    header = {image.stem: image.read_bytes()[16:24] for image in tmp_path.iterdir()}
    sizes = {name: (int.from_bytes(each[:4]), int.from_bytes(each[4:])) for name, each in header.items()}
    assert sizes == {"review": (1200, 1800), "review-dark": (1200, 1000), "review-phone": (720, 1480)}
