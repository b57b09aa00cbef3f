"""A CSV file as arrays: what it may look like, what is named when it is wrong, what is kept."""

import csv
import io
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compute import datasets
from compute.errors import InvalidDataset


def read(text: str | bytes) -> datasets.Interactions:
    return datasets.read(io.BytesIO(text if isinstance(text, bytes) else text.encode()))


def found(text: str | bytes) -> list[tuple[str, str]]:
    """The places and codes of what is wrong."""
    with pytest.raises(InvalidDataset) as info:
        read(text)
    assert all(problem.detail.endswith((".", "?")) for problem in info.value.problems)
    return [(problem.pointer, problem.code) for problem in info.value.problems]


def rows_of(table: datasets.Interactions) -> list[tuple]:
    """The rows again, of the arrays."""
    columns = [
        [table.user_labels[code] for code in table.users],
        [table.item_labels[code] for code in table.items],
    ]
    columns += [list(array) for array in (table.values, table.timestamps) if array is not None]
    return list(zip(*columns, strict=True))


# --- what a file may look like --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("user,item\na,b", [("a", "b")]),
        ("item,user\nb,a\n", [("a", "b")]),
        ("\ufeffuser,item\r\na,b\r\n", [("a", "b")]),
        (" User , ITEM\n a , b \n", [("a", "b")]),
        ("user,item\ra,b\r", [("a", "b")]),
        ("\nuser,item\n\n\na,b\n\n", [("a", "b")]),
        ('user,item\n"a, the ""first""","b\nc"\n', [('a, the "first"', "b\nc")]),
        ("user,item\na,b\na,b\n", [("a", "b")] * 2),
        ("user,weight,item\na,0,b\na,2e3,b\n", [("a", "b", 0), ("a", "b", 2000)]),
        ("user,item,rating\n你,naïve 🎬,-1.5\n", [("你", "naïve 🎬", -1.5)]),
        ("user,item,timestamp\na,b,-1\n", [("a", "b", -1)]),
        ("user,item,timestamp\na,b,1.5\na,b,1970-01-02\n", [("a", "b", 1.5), ("a", "b", 86400)]),
        ("user,item,timestamp\na,b,1970-01-01T01:00:00+01:00\n", [("a", "b", 0)]),
        ("user,item,timestamp\na,b,1970-01-01 00:00:01.5Z\n", [("a", "b", 1.5)]),
    ],
)
def test_a_file_is_read(text, rows):
    assert rows_of(read(text)) == rows


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("", [("", "empty")]),
        ("\n\n", [("", "empty")]),
        ("user,item\n", [("", "no-rows")]),
        ("user,item\n\n\n", [("", "no-rows")]),
        ("user,rating\na,1\n", [("/1/item", "missing-column")]),
        ("user,b\na,b\n", [("/1/b", "unknown-column"), ("/1/item", "missing-column")]),
        ("user,item,user\na,b,c\n", [("/1/user", "duplicate-column")]),
        ("user,item,weight,rating\na,b,1,1\n", [("/1/weight", "both-values")]),
        ("user,item,a/b~\na,b,1\n", [("/1/a~1b~0", "unknown-column")]),
        ("user,item\na\na,b,c\na,b\n", [("/2", "fields"), ("/3", "fields")]),
        ('user,item\n"a\nb",c\n\n,d\n', [("/5/user", "missing")]),
        ("user,item\na,  \n", [("/2/item", "missing")]),
        (f"user,item\na,{'b' * 201}\n", [("/2/item", "too-long")]),
        ("user,item,weight\na,b,-0.1\n", [("/2/weight", "negative")]),
        ("user,item,weight\na,b,-inf\n", [("/2/weight", "number")]),
        ("user,item,timestamp\na,b,yesterday\n", [("/2/timestamp", "timestamp")]),
        ("user,item,timestamp\na,b,1700000000000\n", [("/2/timestamp", "timestamp")]),
        ("user,item,timestamp\na,b,2020-02-30\n", [("/2/timestamp", "timestamp")]),
        ('user,item\na,b\n"a"x,b\n', [("/3", "quoting")]),
        ('user,item\na,b\n"a,b\nc,d\n', [("/3", "quoting")]),
        ('user,item\na,b\n"' + "a,b\n" * 50_000, [("/3", "quoting")]),
        ("user,item\na,b\0\n", [("/2", "nul")]),
        ("user,item\na,b\n".encode("utf-16"), [("/1", "nul")]),
        (b"user,item\r\na,b\r\nb,\xff\r\n", [("/3", "encoding")]),
        (b"user,item\ra,b\rb,\xe4\xb8", [("/3", "encoding")]),
        (b"user,item\n" + b"a,b\n" * 262_144 + b"\xe4(\n", [("/262146", "encoding")]),
        ("user,item,rating\na,b,1\n\na,b,2\n", [("/4/item", "duplicate")]),
    ],
)
def test_what_is_wrong_is_found(text, places):
    assert found(text) == places


@pytest.mark.parametrize(
    "value", ["nan", "inf", "1e999", "1_000", "٣", "0x10", "4,5", "--1", "1e", "", "4 5", "½"]
)
def test_a_rating_is_a_plain_finite_number(value):
    assert [place for place, _code in found(f'user,item,rating\na,b,"{value}"\n')] == ["/2/rating"]


def test_a_table_with_other_separators_is_told_so():
    with pytest.raises(InvalidDataset, match="Separate them by commas"):
        read("user;item;rating\na;b;1\n")


def test_twenty_things_are_named_in_their_order_and_no_more():
    lines = [f"a,{'' if n % 2 else 'b'},{'x' if n % 3 else 1}" for n in range(100)]
    places = found("user,item,rating\n" + "\n".join(lines))
    assert len(places) == 20
    numbers = [int(place.split("/")[1]) for place, _code in places]
    assert numbers == sorted(numbers)


def test_a_fault_after_thousands_of_rows_has_its_line():
    good = [f"u{n},i{n},1\n" for n in range(30_000)]
    good[20_000] = "u,i,many\n"
    assert found("user,item,rating\n" + "".join(good)) == [("/20002/rating", "number")]


# --- one rating of an item by a user --------------------------------------------------------------


def test_of_several_ratings_the_latest_counts_and_of_equal_times_the_later_row():
    rows = ["a,x,1,30", "b,x,2,5", "a,x,3,20", "b,x,4,5", "a,y,5,1"]
    table = read("user,item,rating,timestamp\n" + "\n".join(rows))
    assert rows_of(table) == [("a", "x", 1, 30), ("b", "x", 4, 5), ("a", "y", 5, 1)]
    assert table.replaced == 2


def test_without_timestamps_two_ratings_are_refused_by_both_their_lines():
    with pytest.raises(InvalidDataset, match=r"Line 4: .* in line 2\."):
        read("user,item,rating\na,x,1\na,y,1\na,x,2\n")


# --- round trip -----------------------------------------------------------------------------------

LABEL = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=20
).filter(lambda text: text == text.strip())
NUMBER = st.floats(allow_nan=False, allow_infinity=False)
ROWS = st.lists(st.tuples(LABEL, LABEL, NUMBER.map(abs), st.integers(-(10**9), 10**11)), min_size=1)


@given(rows=ROWS, order=st.permutations(range(4)), ends=st.sampled_from(["\n", "\r\n", "\r"]))
def test_what_was_written_is_read_kept_and_loaded(rows, order, ends, tmp_path_factory):
    names = ["user", "item", "weight", "timestamp"]
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator=ends, quoting=csv.QUOTE_ALL)
    writer.writerow([names[place] for place in order])
    writer.writerows([row[place] for place in order] for row in rows)
    path = tmp_path_factory.mktemp("round") / "trip.npz"
    table = read(text.getvalue())
    assert datasets.save(table, path) == path.stat().st_size
    assert rows_of(datasets.load(path)) == rows_of(table) == rows


@given(
    cells=st.lists(
        st.one_of(
            st.floats().map(repr),
            st.sampled_from(["1", "-2", "2020-01-01", "1e400", "", "x", "1_0", "2021-05-06T07Z"]),
        ),
        min_size=1,
        max_size=8,
    ),
    name=st.sampled_from(["rating", "weight", "timestamp"]),
)
def test_a_look_at_many_values_sees_what_a_look_at_each_sees(cells, name):
    try:
        together = list(datasets._batch(name, cells))
    except ValueError:
        together = None
    try:
        each = [datasets.VALUE[name](cell) for cell in cells]
    except ValueError:
        each = None
    if together is not None or name == "timestamp":
        assert together == each or each is None is together
    else:
        assert each is None


# --- memory ---------------------------------------------------------------------------------------


def test_reading_holds_the_arrays_and_not_the_file(tmp_path):
    path = tmp_path / "many.csv"
    path.write_bytes(b"user,item\n" + b"a,b\n" * 500_000)
    tracemalloc.start()
    try:
        with path.open("rb") as file:
            datasets.read(file)
        assert tracemalloc.get_traced_memory()[1] < 40_000_000
    finally:
        tracemalloc.stop()
