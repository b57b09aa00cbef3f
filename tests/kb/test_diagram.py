"""The architecture picture: nothing overlaps, whatever the graph, and nothing is only drawn."""

import random
import re
from itertools import combinations, pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from kb.diagram import Arrow, Box, Layout, describe, draw, layout
from kb.diagram.measures import NAME_SIZE, NOTE_SIZE
from kb.diagram.parts import ARROW_KINDS, BOX_KINDS, STATES
from kb.diagram.style import COLOURS
from kb.diagram.text import shorten, width, wrap

CSS = (Path(__file__).parents[2] / "web" / "assets" / "css" / "diagram.css").read_text()
SVG = "{http://www.w3.org/2000/svg}"
WORDS = (
    "ranker", "Feature store", "событий", "ストリーム処理", "نموذج الترتيب", "x", "Ω", "mWWWWm",
    "<script>alert(1)</script>", "A & B", 'say "so"', "e\u0301te\u0301", "two\nlines",
    "👩\u200d👩\u200d👧 family", "\x00\x0bcontrol", "p99 < 100 ms",
    "averyveryverylongwordthatnobodywouldeverputintoabox",
)  # fmt: skip


def boxes_of(rows: str) -> list[Box]:
    """`key | name | note | kind | lane | state`, one a line."""
    found = []
    for row in rows.strip().splitlines():
        key, name, note, kind, lane, *state = (cell.strip() for cell in row.split("|"))
        found.append(Box(key, name, note, kind, lane, *(state or ["public"]), f"#section-{key}"))
    return found


def arrows_of(rows: str) -> list[Arrow]:
    """`start > end | label | kind`, one a line."""
    found = []
    for row in rows.strip().splitlines():
        ends, label, kind = (cell.strip() for cell in row.split("|"))
        start, end = (key.strip() for key in ends.split(">"))
        found.append(Arrow(start, end, label, kind))
    return found


RECOMMENDER = (
    boxes_of("""
        app | Television or phone | | client | Client
        gateway | Gateway | | service | Edge
        features | Feature store | in memory | store | Online
        ranker | Ranker | p99 < 100 ms | model | Online
        candidates | Candidate generation | | model | Online
        page | Page construction | | service | Online
        cells | Allocation to cells | | control | Online | inferred
        update | Nearline model update | | model | Nearline
        processor | Stream processor | seconds | stream | Nearline
        bus | Event bus | | stream | Nearline
        registry | Model registry | | store | Offline | unknown
        training | Training jobs | nightly | job | Offline
        warehouse | Warehouse | columns | store | Offline
        metrics | Experiment metrics | | control | Offline
    """),
    arrows_of("""
        app > gateway | asks for a page | request
        gateway > page | | request
        page > candidates | | request
        candidates > ranker | | request
        ranker > features | lookup | request
        page > cells | | request
        app > bus | plays | event
        cells > metrics | exposures | event
        bus > processor | | event
        processor > update | | event
        update > features | fresh features | event
        bus > warehouse | | event
        warehouse > training | | batch
        training > registry | | batch
        registry > ranker | deploys | batch
        warehouse > metrics | | batch
    """),
)
FRAUD = (
    boxes_of("""
        checkout | Merchant's checkout | | client | Payment
        api | Payments | | service | Payment
        policy | Decision policy | allow, block, review | control | Scoring
        score | Fraud score | deep network | model | Scoring
        rules | Rules engine | written by merchants | control | Scoring
        lookup | Feature service | | service | Scoring
        history | Card and device history | | store | Data
        sums | Streaming aggregates | seconds old | stream | Data
        labels | Labels | disputes, months late | store | Learning
        training | Training | daily | job | Learning | inferred
        review | Manual review | | human | Learning
        monitor | Monitoring | | control | Learning | unknown
    """),
    arrows_of("""
        checkout > api | card details | request
        api > score | asks for a score | request
        score > lookup | reads features | request
        lookup > history | | request
        lookup > sums | | request
        score > policy | probability | request
        rules > policy | | request
        policy > api | allow or block | request
        api > sums | payments | event
        sums > history | | batch
        policy > review | doubtful cases | event
        review > labels | verdicts | event
        labels > training | | batch
        history > training | snapshots | batch
        training > score | new model | batch
        score > monitor | scores | event
    """),
)
FEATURE_STORE = (
    boxes_of("""
        events | Event streams | | stream | Sources
        tables | Operational databases | | store | Sources
        lake | Data lake | files | store | Sources
        fast | Streaming features | | stream | Compute
        slow | Batch features | | job | Compute
        registry | Feature registry | definitions | control | Platform
        online | Online store | in memory | store | Platform
        offline | Offline store | | store | Platform
        training | Training pipeline | | job | Use
        serving | Online inference | | service | Use
        drift | Drift monitoring | | control | Use | inferred
    """),
    arrows_of("""
        events > fast | events | event
        tables > slow | tables | batch
        lake > slow | | batch
        tables > events | change log | event
        fast > online | fresh values | event
        slow > online | daily load | batch
        slow > offline | backfill | batch
        fast > offline | log | event
        registry > fast | | request
        registry > slow | | request
        offline > training | point-in-time join | batch
        online > serving | lookup | request
        serving > drift | served values | event
        offline > drift | | batch
        training > serving | deploys | batch
    """),
)
PRICING = (
    boxes_of("""
        host | Host's calendar | | client | Hosts
        guest | Search | | client | Guests
        demand | Booking probability | boosted trees | model | Pricing
        strategy | Price strategy | loss of its own | model | Pricing
        optimiser | Optimiser | | service | Pricing
        limits | Host's limits | least and most | control | Pricing
        listings | Listing features | | store | Data
        market | Market demand | | store | Data
        log | Search and booking log | | stream | Data
        nightly | Nightly training | | job | Data
    """),
    arrows_of("""
        guest > log | searches, bookings | event
        log > market | | batch
        log > nightly | | batch
        listings > demand | features | request
        market > demand | demand | request
        demand > strategy | booking curve | request
        strategy > optimiser | suggested price | request
        limits > optimiser | limits | request
        optimiser > host | price tip | request
        host > limits | sets limits | request
        nightly > demand | new model | batch
        nightly > strategy | | batch
        host > log | accepted tips | event
    """),
)
CYCLE = (
    boxes_of("""
        a | Model | | model | One
        b | Queue | | stream | Two
    """),
    arrows_of("""
        a > b | writes | event
        b > a | reads | event
        a > b | writes again | event
        a > a | learns from itself | batch
        b > b | | batch
    """),
)
ONE_BOX = (boxes_of("a | Model | | model | Lane"), [])
ONE_LANE = (
    [Box(f"b{n}", f"Step {n}", "", "job", "All of it") for n in range(20)],
    [Arrow(f"b{n}", f"b{n + 1}", "next", "batch") for n in range(19)]
    + [Arrow("b19", "b0", "from the start", "event"), Arrow("b3", "b11", "", "event")],
)
CROWD = (
    [Box(f"b{n}", f"Service {n}", "note", "service", f"Lane {n % 8}") for n in range(30)],
    [Arrow(f"b{n * 7 % 30}", f"b{n * 11 % 30}", f"label {n}", "event") for n in range(60)],
)
REAL = {
    "recommender": RECOMMENDER,
    "fraud": FRAUD,
    "feature-store": FEATURE_STORE,
    "pricing": PRICING,
    "cycle": CYCLE,
    "one-box": ONE_BOX,
    "one-lane": ONE_LANE,
    "crowd": CROWD,
}
REAL_CASES = pytest.mark.parametrize("case", REAL.values(), ids=REAL)
BOTH = pytest.mark.parametrize("vertical", [False, True], ids=["wide", "tall"])


def generated(seed: int) -> tuple[list[Box], list[Arrow]]:
    """A graph of any size, now and then as large as is promised; names from many scripts."""
    chance = random.Random(seed)
    lanes = [f"{chance.choice(WORDS)} {n}" for n in range(chance.randint(1, 8))]
    boxes = [
        Box(
            key=f"box-{n}",
            name=" ".join(chance.choices(WORDS, k=chance.randint(1, 3))),
            note=" ".join(chance.choices(WORDS, k=chance.randint(0, 3))),
            kind=chance.choice(list(BOX_KINDS)),
            lane=chance.choice(lanes),
            state=chance.choice(list(STATES)),
            href=chance.choice(["", "#section-data"]),
        )
        for n in range(chance.randint(1, 30))
    ]
    arrows = [
        Arrow(
            start=chance.choice(boxes).key,
            end=chance.choice(boxes).key,
            label=" ".join(chance.choices(WORDS, k=chance.randint(0, 2))),
            kind=chance.choice(list(ARROW_KINDS)),
        )
        for _ in range(60 if seed % 20 == 0 else chance.randint(0, 25))
    ]
    return boxes, arrows


def meets(one, other) -> bool:
    """Whether two rectangles share an area; edges may touch."""
    slack = 0.11  # positions are rounded to tenths
    return (
        one.x + slack < other.x + other.width
        and other.x + slack < one.x + one.width
        and one.y + slack < other.y + other.height
        and other.y + slack < one.y + one.height
    )


def crosses(start, end, rect) -> bool:
    """Whether a line along an axis enters the inside of a rectangle."""
    low_x, high_x = sorted((start[0], end[0]))
    low_y, high_y = sorted((start[1], end[1]))
    slack = 0.11
    return (
        low_x < rect.x + rect.width - slack
        and high_x > rect.x + slack
        and low_y < rect.y + rect.height - slack
        and high_y > rect.y + slack
    )


def on_edge(point, rect) -> bool:
    x, y = point
    inside = (
        rect.x - 0.11 <= x <= rect.x + rect.width + 0.11
        and rect.y - 0.11 <= y <= rect.y + rect.height + 0.11
    )
    sides = (x - rect.x, x - rect.x - rect.width, y - rect.y, y - rect.y - rect.height)
    return inside and min(map(abs, sides)) <= 0.11


def faults(placed: Layout, boxes: list[Box], arrows: list[Arrow]) -> list[str]:
    """Everything that a reader would see as a mistake."""
    found = []
    rects = {box.box.key: box.rect for box in placed.boxes}
    if [box.box for box in placed.boxes] != boxes or [a.arrow for a in placed.arrows] != arrows:
        found.append("a box or an arrow is missing")
    for arrow in placed.arrows:
        ends = arrow.points[0], arrow.points[-1]
        for key, point in zip((arrow.arrow.start, arrow.arrow.end), ends, strict=True):
            if not on_edge(point, rects[key]):
                found.append(f"{arrow.arrow} does not meet {key}")
        for start, end in pairwise(arrow.points):
            if start[0] != end[0] and start[1] != end[1]:
                found.append(f"{arrow.arrow} is not along an axis")
            found += [
                f"{arrow.arrow} crosses {key}"
                for key, rect in rects.items()
                if crosses(start, end, rect)
            ]
            found += [
                f"{arrow.arrow} crosses the title of {lane.name}"
                for lane in placed.lanes
                if crosses(start, end, lane.title_rect)
            ]
    solid = [
        *((f"label {label.lines}", label.rect) for label in placed.labels),
        *((f"box {key}", rect) for key, rect in rects.items()),
        *((f"title {lane.name}", lane.title_rect) for lane in placed.lanes),
        *((f"legend {key.kind}", key.rect) for key in placed.legend),
    ]
    for (one, rect), (other, other_rect) in combinations(solid, 2):
        if meets(rect, other_rect):
            found.append(f"{one} overlaps {other}")
    for (one, lane), (other, other_lane) in combinations(enumerate(placed.lanes), 2):
        if meets(lane.rect, other_lane.rect):
            found.append(f"lane {one} overlaps lane {other}")
    points = [point for arrow in placed.arrows for point in arrow.points]
    for _, rect in [*solid, *((lane.name, lane.rect) for lane in placed.lanes)]:
        points += [(rect.x, rect.y), (rect.x + rect.width, rect.y + rect.height)]
    for x, y in points:
        if not (0 <= x <= placed.width and 0 <= y <= placed.height):
            found.append(f"({x}, {y}) lies outside")
    for box in placed.boxes:
        lines = [*((line, NAME_SIZE) for line in box.name), *((n, NOTE_SIZE) for n in box.note)]
        if any(width(line, size) > box.rect.width - 10 for line, size in lines):
            found.append(f"the text of {box.box.key} is wider than its box")
        if 16 * len(box.name) + 14 * len(box.note) + 8 > box.rect.height:
            found.append(f"the text of {box.box.key} is higher than its box")
        lane = next(lane for lane in placed.lanes if lane.name == box.box.lane)
        if not (
            lane.rect.x <= box.rect.x
            and box.rect.x + box.rect.width <= lane.rect.x + lane.rect.width
            and lane.rect.y <= box.rect.y
            and box.rect.y + box.rect.height <= lane.rect.y + lane.rect.height
        ):
            found.append(f"{box.box.key} lies outside its lane")
    labelled = [arrow for arrow in arrows if arrow.label.strip()]
    if sorted(map(repr, labelled)) != sorted(repr(label.arrow) for label in placed.labels):
        found.append("an arrow has lost its label, or has two")
    return found


@BOTH
@REAL_CASES
def test_nothing_overlaps_in_pictures_of_systems(case, vertical):
    assert faults(layout(*case, vertical), *case) == []


@BOTH
@pytest.mark.parametrize("start", range(0, 320, 40))
def test_nothing_overlaps_in_any_graph(start, vertical):
    for seed in range(start, start + 40):
        case = generated(seed)
        assert faults(layout(*case, vertical), *case) == [], f"seed {seed}"


@REAL_CASES
def test_arrows_seldom_run_along_each_other(case):
    """Two lines on one another cannot be told apart."""
    for vertical in (False, True):
        placed = layout(*case, vertical)
        together = 0.0
        for one, other in combinations(placed.arrows, 2):
            for (a, b), (c, d) in [
                (s, t) for s in pairwise(one.points) for t in pairwise(other.points)
            ]:
                for axis in (0, 1):
                    if a[axis] == b[axis] and c[axis] == d[axis] and abs(a[axis] - c[axis]) < 2:
                        along = 1 - axis
                        low = max(min(a[along], b[along]), min(c[along], d[along]))
                        high = min(max(a[along], b[along]), max(c[along], d[along]))
                        together += max(0.0, high - low)
        if not (case is CROWD and vertical):
            assert together == 0


def test_no_line_goes_through_a_label_between_lanes():
    placed = layout(*FRAUD, vertical=True)
    for label in placed.labels:
        for arrow in placed.arrows:
            assert not any(crosses(*piece, label.rect) for piece in pairwise(arrow.points))


@BOTH
def test_lanes_stand_in_the_order_in_which_they_appear(vertical):
    placed = layout(*RECOMMENDER, vertical)
    assert [lane.name for lane in placed.lanes] == [
        "Client", "Edge", "Online", "Nearline", "Offline",
    ]  # fmt: skip
    starts = [lane.rect.y if vertical else lane.rect.x for lane in placed.lanes]
    assert starts == sorted(starts)


@REAL_CASES
def test_the_tall_picture_fits_a_phone(case):
    placed = layout(*case, vertical=True)
    if case is not CROWD:
        assert placed.width <= 342


@BOTH
@pytest.mark.parametrize("alone", [False, True], ids=["page", "alone"])
@REAL_CASES
def test_a_picture_is_valid_xml_with_a_size(case, alone, vertical):
    root = ElementTree.fromstring(draw("A & B <picture>", *case, vertical=vertical, alone=alone))
    assert root.tag == f"{SVG}svg"
    box = root.get("viewBox").split()
    assert box == ["0", "0", root.get("width"), root.get("height")]
    assert root.find(f"{SVG}title").text == "A & B <picture>"


@pytest.mark.parametrize("seed", range(20))
def test_any_text_is_valid_xml(seed):
    case = generated(seed)
    for vertical in (False, True):
        ElementTree.fromstring(draw("\x00title", *case, vertical=vertical, alone=True))


def test_html_in_a_name_is_text():
    boxes = [Box("a", "<script>alert(1)</script>", "<b>", "model", "<i>", "public", '#"><script>')]
    picture = draw("<script>", boxes, [Arrow("a", "a", "<script>", "event")])
    assert "<script" not in picture
    root = ElementTree.fromstring(picture)
    assert root.find(f".//{SVG}a").get("href") == '#"><script>'
    assert "<script>alert(1)</script>" in root.find(f"{SVG}desc").text


def test_the_same_rows_give_the_same_bytes():
    assert draw("Recommender", *RECOMMENDER) == draw("Recommender", *RECOMMENDER)
    boxes, arrows = RECOMMENDER
    assert draw("Recommender", tuple(boxes), tuple(arrows)) == draw("Recommender", boxes, arrows)


def test_wide_and_tall_in_one_page_share_no_id():
    pictures = draw("Fraud", *FRAUD) + draw("Fraud", *FRAUD, vertical=True)
    pictures += draw("Fraud", *FRAUD, id_prefix="other")
    ids = re.findall(r' id="([^"]+)"', pictures)
    assert ids
    assert len(ids) == len(set(ids))
    for names in re.findall(r'aria-(?:labelledby|describedby)="([^"]+)"', pictures):
        assert names in ids


def test_the_picture_in_a_page_has_no_style_of_its_own():
    picture = draw("Pricing", *PRICING)
    assert "style" not in picture
    assert "url(" not in picture


def test_the_picture_alone_refers_to_nothing():
    picture = draw("Pricing", *PRICING, alone=True)
    assert "<style>" in picture
    assert "prefers-color-scheme:dark" in picture
    assert "href" not in picture
    assert "url(" not in picture
    assert "var(" not in picture
    assert picture.count("http") == 1  # the namespace


def test_a_box_links_to_its_section_and_has_a_name():
    root = ElementTree.fromstring(draw("Fraud", *FRAUD))
    links = {link.get("href"): link for link in root.iter(f"{SVG}a")}
    assert len(links) == len(FRAUD[0])
    assert links["#section-score"].find(f"{SVG}title").text == "Fraud score: model, deep network"
    assert root.get("role") == "group", "an image would hide the links in it"


@REAL_CASES
def test_every_component_and_flow_stands_in_the_text(case):
    boxes, arrows = case
    text = describe("The system", boxes, arrows)
    for box in boxes:
        assert box.name in text
        assert box.note in text
        assert box.lane in text
        if box.state != "public":
            assert box.state in text
    names = {box.key: box.name for box in boxes}
    for arrow in arrows:
        flow = f"{ARROW_KINDS[arrow.kind]} from {names[arrow.start]} to {names[arrow.end]}"
        assert (f"{flow}: {arrow.label}." if arrow.label else f"{flow}.") in text


def test_the_text_reads_as_sentences():
    assert describe("Prices", *CYCLE).startswith(
        "Prices. One: Model (model). Two: Queue (stream). Event from Model to Queue: writes."
    )


@BOTH
def test_what_is_inferred_is_said_and_outlined(vertical):
    picture = draw("Recommender", *RECOMMENDER, vertical=vertical)
    assert "(inferred)</text>" in picture
    assert "(unknown)</text>" in picture
    assert 'class="box box-control is-inferred"' in picture
    assert "?" not in picture


def test_the_hint_of_a_state_is_never_cut():
    box = Box("a", "Model", "a note that is far too long for two lines of a box", "model", "Lane")
    inferred = Box(**{**vars(box), "state": "inferred"})
    assert layout([inferred], []).boxes[0].note[-1].endswith("(inferred)")


def test_a_cut_name_is_whole_in_its_title():
    name = "A name that is so long that no box could hold it in only two lines of text"
    picture = draw("Cut", [Box("a", name, "", "model", "Lane " * 40)], [])
    assert "…</text>" in picture
    assert f"<title>{name}: model</title>" in picture
    assert f"<title>{'Lane ' * 39}Lane</title>" in picture


def test_the_legend_has_what_occurs_and_no_more():
    legend = {key.text for key in layout(*CYCLE).legend}
    assert legend == {"Event", "Batch", "Model", "Stream"}


@pytest.mark.parametrize(
    ("boxes", "arrows", "sentence"),
    [
        ([], [], "one component at least"),
        ([Box("a", "A"), Box("a", "B")], [], "Two components have the key “a”"),
        ([Box(str(n), "A") for n in range(61)], [], "61 components; 60 are the most"),
        ([Box("a", "A")], [Arrow("a", "a")] * 121, "121 flows; 120 are the most"),
        ([Box("a", "A")], [Arrow("a", "b")], "names “b”, which is no component"),
        ([Box("a", "A", kind="robot")], [], "“robot”; it must be one of client, service"),
        ([Box("a", "A", state="maybe")], [], "“maybe”; it must be one of public, inferred"),
        ([Box("a", "A")], [Arrow("a", "a", kind="pipe")], "“pipe”; it must be one of request"),
    ],
)
def test_what_is_no_picture_is_refused_with_a_sentence(boxes, arrows, sentence):
    for make in (lambda: draw("No", boxes, arrows), lambda: describe("No", boxes, arrows)):
        with pytest.raises(ValueError, match=sentence):
            make()


def test_texts_break_evenly_and_are_cut_with_an_ellipsis():
    assert wrap("Candidate generation", 13, 90, 2) == ["Candidate", "generation"]
    assert wrap("Nearline model update", 13, 125, 2) == ["Nearline", "model update"]
    assert wrap("Ranker", 13, 90, 2) == ["Ranker"]
    assert wrap("", 13, 90, 2) == []
    assert wrap("one two three four five six seven eight nine", 13, 90, 2)[-1].endswith("…")
    assert shorten("short", 11, 90) == "short"
    assert all(width(line, 13) <= 60 for line in wrap("W" * 50, 13, 60, 2))


# The stylesheet.


def shades(name: str) -> tuple[str, str]:
    """A token's colours, light and dark."""
    tokens = (Path(__file__).parents[2] / "web" / "assets" / "css" / "tokens.css").read_text()
    return re.search(rf"--{name}: light-dark\((#\w+), (#\w+)\)", tokens).groups()


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


COLOUR = {(rule, name): (light, dark) for rule, name, light, dark in COLOURS}


def test_the_page_and_the_picture_alone_have_the_same_colours():
    tokens = {
        ("--" + name): shades(name) for name in ("paper", "raised", "ink", "soft", "line", "chrome")
    }
    in_page = CSS.replace("var(", "").replace("px)", "px")
    for name, (light, dark) in tokens.items():
        in_page = in_page.replace(f"{name})", f"light-dark({light}, {dark})")
    for rule, name, light, dark in COLOURS:
        if rule == ".arch-paper":
            assert (light, dark) == tokens["--raised"]
            continue
        assert f"{name}: light-dark({light}, {dark})" in in_page, rule


@pytest.mark.parametrize("dark", [0, 1], ids=["light", "dark"])
def test_contrast_is_enough_for_everyone(dark):
    ink, soft = shades("ink")[dark], shades("soft")[dark]
    lane, page = COLOUR[".arch-lane rect", "fill"][dark], shades("raised")[dark]
    label = COLOUR[".arch-label text", "fill"][dark]
    for kind in BOX_KINDS:
        fill = COLOUR[f".box-{kind} rect", "fill"][dark]
        rule = ".box-store rect,.arch-lid" if kind == "store" else f".box-{kind} rect"
        outline = COLOUR[rule, "stroke"][dark]
        assert contrast(ink, fill) >= 4.5
        assert contrast(soft, fill) >= 4.5
        assert contrast(outline, lane) >= 3
    for ground in (lane, page):
        assert contrast(soft, ground) >= 4.5
        assert contrast(label, ground) >= 4.5
