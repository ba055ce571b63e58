"""The page of a review: what it says with everything and with nothing, that it is whole, safe and the same twice."""

import json
import re
import subprocess
import sys
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser

import pytest
import reviews

from heddle.arch.design_io import override, to_toml
from heddle.dataflow.scheduler import Failure
from heddle.reports.review.content import AgreementRow, EnergyLine, HardwarePart, Missing, ModuleRow
from heddle.reports.review.page import page_view, review_html, write_review
from heddle.reports.review.sections import GROUPS, SECTIONS
from heddle.reports.review.vega import runtime, script_source

EVIL = "<script>alert('&')</script>"
VOID = {"meta", "br", "wbr", "link", "img", "input", "hr"}


class Outline(HTMLParser):
    """What a page is made of: tags, ids, references, headings, and the words of each section."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.ids, self.references, self.levels = [], [], [], [], []
        self.section, self.words, self.attributes = None, {}, []

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.tags.append(tag)
        self.attributes.append(values)
        self.ids += [values["id"]] if "id" in values else []
        for key in ("aria-labelledby", "aria-describedby", "for", "data-copy"):
            self.references += (values.get(key) or "").split()
        self.references += re.findall(r"^#([\w.-]+)", values.get("href") or "")
        if tag == "section":
            self.section = values["id"]
        if tag == "wbr":
            self.words[self.section] = self.words[self.section].removesuffix(" ")
        if re.fullmatch(r"h[1-6]", tag):
            self.levels.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        if tag == "section":
            self.section = None

    def handle_data(self, data):
        if not {"style", "script", "svg"} & set(self.open):
            self.words[self.section] = self.words.get(self.section, "") + data + " "


def outline(html):
    parser = Outline()
    parser.feed(html)
    parser.close()
    assert parser.open == []
    return parser


def words(html, section=None):
    return " ".join(outline(html).words.get(section, "").split())


def scripts(html):
    return re.findall(r"<script>(.*?)</script>", html, re.DOTALL)


def page_data(html):
    return json.loads(re.search(r'<script type="application/json" id="page-data">(.*?)</script>', html, re.DOTALL)[1])


@pytest.fixture(scope="module")
def full():
    return review_html(reviews.full_review())


@pytest.fixture(scope="module")
def bare():
    return review_html(reviews.bare_review())


def test_the_head_says_what_the_run_came_to(full):
    text = words(full)
    assert "Review: sample on small" in text
    assert re.search(r"time of a step \d+ µs dense \d+ µs", text)
    assert re.search(r"speed-up \d\.\d\d× 2:8 over dense", text)
    assert re.search(r"fits vcu1525 yes LUT at 1\d\.\d % of what can be used", text)
    assert "Energy is an uncalibrated estimate" in text
    assert "Use of the board: array by yosys; SORE, WUVE, vector unit, buffers, left feeder, DMA, " in text


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ("design", "array 8 × 8 = 64 PEs clock 200 MHz peak rate 25.6 GFLOP/s sparsity 2:8 dataflows OS, WS"),
        ("design", 'name = "small"'),
        ("front", "640 designs of the space “small” were evaluated in 500 ms, a whole training step each; 24 are on"),
        ("front", "Left out: 128 (does not fit the board)."),
        ("front", "The rest of this page is of design 0"),
        ("time", "FF on the array"),
        ("time", "The same step on the same design, pruned and dense."),
        ("time", "All 14 passes"),
        ("schedule", "The mapping of each of 9 products"),
        ("schedule", "conv1 FF 256×72×16 OS"),
        ("roofline", "The 9 passes as a table"),
        ("timeline", "6 tracks over"),
        ("stalls", "waiting for the first operands"),
        ("energy", "±40 % model"),
        ("energy", "unknown model"),
        ("modules", "array 43,256 9,024 29,120 64 0 0 yosys uspe 64 675.9 141 455 1 0 0 yosys SORE"),
        ("modules", "the board has 1,182,240"),
        ("modules", "Counted by a test."),
        ("stages", "edge an input operand 62.5 %"),
        ("agreement", "2 of 3 cases passed: the generated RTL of small, run by Verilator"),
        ("agreement", "bp 2:8 32×64×16 exact 2,000 2,020 +20 (1.0 %) passed stalled ff 2:8 differ 3,000 failed"),
        ("accuracy", "test accuracy 95.50 ± 0.25 % 96.00 ± 0.25 % −0.50 ± 0.50 points"),
        ("accuracy", "Each of the 2 seeds"),
        ("vivado", "top, xcvu9p-fsgd2104-2L-e, Routed, Vivado v.2023.2"),
        ("vivado", "LUT 50,000 1,182,240 4.2 %"),
        ("vivado", "BRAM36 42.5 2,160"),
        ("vivado", "DSP 300"),
        ("vivado", "Constraints: failed"),
        ("vivado", "setup −0.125 ns −1.500 ns 12 40,000 hold 0.010 ns"),
        ("vivado", "clk 4.444 ns 225 MHz"),
        ("vivado", "total 12.5 W dynamic 9.50 W static 3.00 W Clocks 1.25 W GTY <1.00 mW"),
        ("vivado", "array array 30,000 0 256"),
        ("vivado", "impl/odd.rpt, 2. BLOCKRAM: no table"),
        ("notes", "A note about the run."),
    ],
)
def test_a_section_says_what_the_review_holds(section, expected, full):
    assert expected in words(full, section)


def test_what_earlier_runs_evaluated_is_not_said_to_have_taken_this_run_s_time():
    front = reviews.front_part()
    resumed = replace(front, facts=front.facts.model_copy(update={"resumed_points": 640}))
    html = review_html(replace(reviews.full_review(), front=resumed))
    assert "640 designs of the space “small” were evaluated, all of them by earlier runs, a whole" in words(
        html, "front"
    )


def test_a_full_page_has_every_section_in_order_and_nothing_is_absent(full):
    assert re.findall(r'<section id="(\w+)"', full) == list(SECTIONS)
    assert "Not here:" not in full


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ("front", "Not here: the folder holds no exploration. Make it with heddle explore --out runs/one"),
        *(
            (name, "Not here: the folder holds no step. Make it with heddle simulate --out runs/one")
            for name in GROUPS["step"]
        ),
        ("agreement", "Not here: no RTL was run. Make it with heddle verify --out runs/one"),
        ("accuracy", "Not here: no network was trained."),
        ("notes", "moon: it is far; make it with: heddle fly"),
    ],
)
def test_an_absent_section_says_why_and_how_to_make_it(section, expected, bare):
    assert expected in words(bare, section)


def test_a_command_goes_on_in_another_line_between_its_words_alone(bare):
    assert "<code><span>heddle</span> <span>verify</span> <span>--out</span> <span>runs/one</span></code>" in bare
    assert "code span { display: inline-block;" in bare


def test_a_page_without_charts_has_no_runtime_and_still_the_design(bare):
    assert len(bare) < 100_000
    assert len(scripts(bare)) == 1
    assert "Energy" not in words(bare).partition("Made by Heddle")[2]
    assert 'name = "small"' in words(bare, "design")


@pytest.mark.parametrize("part", ["step", "front", "agreement"])
def test_one_part_missing_leaves_the_others(part):
    review = replace(reviews.full_review(), **{part: None}, missing=(Missing(part, "it is gone", "heddle again"),))
    view = page_view(review)
    expected = set(GROUPS.get(part, (part,))) - {"energy"}
    assert set(view.absent) == expected
    assert {absent.reason for absent in view.absent.values()} == {"it is gone"}


def test_without_a_step_the_head_has_the_front_s_figures():
    review = replace(reviews.bare_review(), front=reviews.front_part(picked=3))
    row = review.front.front.iloc[3]
    named = {figure.name: figure.value for figure in page_view(review).headlines}
    assert list(named) == ["time", "energy", "LUT"]
    assert named["LUT"] == f"{row['lut']:,}"


def test_without_a_dense_step_nothing_is_compared():
    part = replace(reviews.step_part(), dense=None)
    html = review_html(replace(reviews.bare_review(), step=part))
    assert "dense" not in words(html)
    assert "dense" not in words(html, "time")


def test_energy_that_vivado_measured_is_not_called_uncalibrated():
    lines = (EnergyLine("device", 2.0, 0.1, "Vivado"), EnergyLine("DRAM", 1.0, 0.5, "model"))
    html = review_html(replace(reviews.bare_review(), step=reviews.step_part(), energy=lines))
    assert "Energy is of Vivado where its source says so" in words(html)
    assert "device 2.00 J 66.7 % ±10 % Vivado" in words(html, "energy")
    assert "uncalibrated" not in words(html, "energy")


def test_a_design_that_does_not_fit_is_said_to():
    amounts = {"lut": 2e6, "lut_as_memory": 0.0, "ff": 0.0, "dsp": 0.0, "bram36": 0.0, "uram": 0.0}
    part = HardwarePart((ModuleRow("array", "", 1, amounts, "yosys"),), (), ())
    assert "fits vcu1525 no LUT at 199.0 % of what can be used" in words(
        review_html(replace(reviews.bare_review(), hardware=part))
    )


@pytest.mark.parametrize(
    ("values", "verdict"),
    [({"memory.unlimited": True}, "idealised"), ({"memory.channels": 8}, "no")],
)
def test_the_fit_heeds_idealised_designs_and_channels(values, verdict):
    review = replace(
        reviews.bare_review(), design=override(reviews.SMALL, values), hardware=reviews.hardware_part(reviews.SMALL)
    )
    assert page_view(review).headlines[0].value == verdict


def test_passes_that_could_not_be_mapped_are_named_at_the_top():
    part = reviews.step_part()
    failed = replace(part, result=replace(part.result, failures=(Failure("conv9", "bp", "no tile fits"),)))
    text = words(review_html(replace(reviews.bare_review(), step=failed)))
    assert "1 passes cannot be mapped" in text
    assert "conv9, BP: no tile fits" in text


def test_the_page_is_one_file_that_asks_for_nothing(full):
    assert len(full.encode()) < 5_000_000
    ours = full.replace(runtime(), "")
    assert set(re.findall(r"https?://[^\s\"'<>)]*", ours)) == {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
        "https://vega.github.io/schema/vega/v6.json",
    }
    links = [values for values in outline(full).attributes if "src" in values or "href" in values]
    assert all(values["href"].startswith("#") for values in links)
    assert not re.search(r"url\((?!#)|@import", ours)


def test_only_the_page_s_own_scripts_may_run(full):
    policy = next(v["content"] for v in outline(full).attributes if v.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe-eval" not in policy
    assert "unsafe-inline" not in policy.partition("style-src")[0]
    assert [script_source(script) in policy for script in scripts(full)] == [True, True]
    assert policy.count("sha256-") == 2


def test_the_source_of_a_script_is_its_sha256():
    encoded = b64encode(sha256(b"alert(1)").digest()).decode()
    assert script_source("alert(1)") == f"'sha256-{encoded}'"


def test_names_are_escaped_everywhere():
    part = reviews.step_part()
    passes = tuple(replace(item, layer=EVIL + item.layer) for item in part.result.passes)
    spans = tuple(replace(span, layer=EVIL) for span in part.spans)
    result = replace(part.result, passes=passes, network=EVIL, failures=(Failure(EVIL, "bp", EVIL),))
    review = replace(
        reviews.full_review(),
        title=EVIL,
        design=override(reviews.SMALL, {"name": EVIL}),
        step=replace(part, result=result, spans=spans),
        agreement=replace(reviews.agreement_part(), rows=(AgreementRow(EVIL, True, 1, 1, True),)),
        energy=(EnergyLine(EVIL, 1.0, 0.1, EVIL),),
        hardware=HardwarePart((ModuleRow(EVIL, "", 1, {"lut": 5.0}, EVIL),), (), (EVIL,)),
        training=(replace(reviews.training_facts(), model=EVIL),),
        notes=(EVIL,),
        missing=(Missing(EVIL, EVIL, EVIL),),
    )
    html = review_html(review)
    assert "<script>alert" not in html
    assert len(scripts(html)) == 2
    for section in ("design", "time", "energy", "modules", "agreement", "accuracy", "notes"):
        assert EVIL in words(html, section)
    assert page_data(html)["charts"]["energy"]["data"][0]["values"][0]["part"] == EVIL


def test_the_same_review_gives_the_same_page(full, tmp_path):
    path = write_review(reviews.full_review(), tmp_path / "report.html")
    assert path.read_text() == full


@pytest.mark.parametrize("page", ["full", "bare"])
def test_ids_are_unique_references_lead_somewhere_and_headings_are_in_order(page, request):
    parts = outline(request.getfixturevalue(page))
    assert len(parts.ids) == len(set(parts.ids))
    assert set(parts.references) <= set(parts.ids)
    assert parts.levels[0] == 1
    assert parts.levels.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in zip(parts.levels, parts.levels[1:], strict=False))


def test_every_table_has_a_caption_and_headings_of_columns_and_rows(full):
    tables = re.findall(r"<table.*?</table>", full.partition("<script")[0], re.DOTALL)
    assert len(tables) > 15
    assert all('<th scope="col"' in table and '<th scope="row"' in table for table in tables)
    assert all("<caption>" in table for table in tables)


def test_every_chart_is_drawn_without_a_script_and_live_with_one(full):
    charts = page_data(full)["charts"]
    assert list(charts) == ["front", "time", "roofline", "timeline", "overview", "waiting", "energy", "modules"]
    drawn = re.findall(
        r'id="chart-(\w+)" role="group" aria-label="[^"]+".*?<div class="drawn"[^>]*><svg(.*?)</svg>', full
    )
    assert [name for name, _ in drawn] == list(charts)
    assert all("mark-" in svg for _, svg in drawn)


def test_the_script_can_make_every_design_s_file(full):
    front, part = page_data(full)["front"], reviews.front_part()
    made = {
        int(row): "".join(f"{front['lines'][number]}\n" for number in numbers)
        for row, numbers in front["designs"].items()
    }
    assert made == dict(enumerate(part.toml))
    assert to_toml(reviews.front_designs()[0]) in made.values()


def test_the_page_s_builder_loads_no_matplotlib():
    code = "import sys, heddle.reports.review.page; print(*{'matplotlib'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert run.stdout.split() == []
