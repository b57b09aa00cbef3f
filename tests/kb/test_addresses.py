"""By what a work is known, whatever a curator pastes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.addresses import MOST_CHARACTERS, identity, normalise


@pytest.mark.parametrize(
    ("url", "doi"),
    [
        ("", "10.1145/2843948"),
        ("", " 10.1145/2843948 "),
        ("", "doi:10.1145/2843948"),
        ("", "https://doi.org/10.1145/2843948"),
        ("https://doi.org/10.1145/2843948", ""),
        ("http://dx.doi.org/10.1145/2843948", ""),
        ("https://www.doi.org/10.1145%2F2843948?utm_source=x#top", ""),
        ("doi.org/10.1145/2843948", ""),
        ("doi:10.1145/2843948", ""),
        ("https://dl.acm.org/elsewhere", "10.1145/2843948"),
        ("https://doi.org/10.1145/2843948", "this is no DOI"),
    ],
)
def test_a_doi_is_one_however_it_is_written(url, doi):
    assert identity(url, doi) == "doi:10.1145/2843948"


def test_a_doi_is_the_same_in_capitals():
    assert identity("", "10.1145/ABC.Def") == identity("https://doi.org/10.1145/abc.DEF")


@pytest.mark.parametrize(
    "url",
    [
        "https://arxiv.org/abs/1606.07792",
        "http://arxiv.org/abs/1606.07792v1",
        "https://www.arxiv.org/pdf/1606.07792v12.pdf",
        "https://export.arxiv.org/pdf/1606.07792",
        "https://arxiv.org/html/1606.07792v2/",
        "https://ar5iv.labs.arxiv.org/html/1606.07792",
        "https://arxiv.org/abs/1606.07792?context=cs#related",
        "https://doi.org/10.48550/arXiv.1606.07792",
        "arXiv:1606.07792v3",
    ],
)
def test_an_arxiv_number_is_one_in_any_version_form_and_mirror(url):
    assert identity(url) == "arxiv:1606.07792"
    assert identity("", "10.48550/arXiv.1606.07792") == "arxiv:1606.07792"


def test_an_old_arxiv_number_has_no_class():
    assert identity("https://arxiv.org/abs/math.GT/0309136v1") == "arxiv:math/0309136"
    assert identity("https://arxiv.org/pdf/math/0309136") == "arxiv:math/0309136"


@pytest.mark.parametrize(
    "url", ["https://arxiv.org/list/cs.LG/recent", "https://notarxiv.org/abs/1606.07792"]
)
def test_other_pages_are_known_by_their_address(url):
    assert identity(url) == url.removeprefix("https://")


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/Paper",
        "http://www.example.org/Paper/",
        "HTTPS://Example.ORG:443/Paper#section-2",
        "http://example.org:80/Paper",
        "https://example.org./Paper?utm_source=a&UTM_medium=b&ref=home&gclid=1",
        "example.org/Paper",
        "//example.org/Paper",
        "https://ada:secret@example.org/Paper",
        "  https://example.org/Paper\n",
    ],
)
def test_one_page_has_one_identity(url):
    assert identity(url) == "example.org/Paper"


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/paper",
        "https://example.org/Paper?page=2",
        "https://example.org:8443/Paper",
        "https://other.example.org/Paper",
        "https://example.org/Paper/2",
        "https://example.org/Paper?reference=1",
    ],
)
def test_another_page_has_another_identity(url):
    assert identity(url) != identity("https://example.org/Paper")


def test_what_names_a_page_stays_in_the_query_in_its_order():
    assert normalise("https://example.org/?b=2&utm_id=1&a=1&") == "https://example.org/?b=2&a=1"


def test_names_and_paths_in_other_scripts_become_ascii():
    assert normalise("https://BÜCHER.example/ä ö") == "https://xn--bcher-kva.example/%C3%A4%C3%B6"
    assert identity("https://bücher.example/ä") == identity("https://xn--bcher-kva.example/%C3%A4")


def test_an_address_of_ipv6_keeps_its_brackets():
    assert normalise("http://[2001:DB8::1]:80/a") == "http://[2001:db8::1]/a"


def test_nothing_has_no_identity():
    assert normalise("") == identity("") == identity("", "") == identity(" \n", "  ") == ""


@pytest.mark.parametrize(
    "url",
    [
        "http://[",
        "http://[::1",
        "http://exa mple.org:port/",
        "https://example.org:99999/",
        "https://℀.example/",
        "https://a..b/",
        "https://" + "ä" * 5000 + ".example/",
        "\ud800",
        "https://example.org/\ud800",
        "javascript:alert(1)",
        "mailto:ada@example.org",
        "http://",
        "://",
        "%",
        "٣",
    ],
)
def test_strange_addresses_are_read_as_well_as_can_be(url):
    assert normalise(url).isascii()
    assert len(identity(url)) <= MOST_CHARACTERS


def test_a_doi_that_is_none_is_still_something_to_know_a_work_by():
    assert identity("", "ISBN 978-3") == identity("", "isbn978-3") != ""


def test_an_identity_fits_its_column_and_differs_at_its_end():
    one, other = (identity(f"https://example.org/{'ä' * 400}{end}") for end in "ab")
    assert len(one) == len(other) == MOST_CHARACTERS
    assert one != other


@given(st.text(), st.text())
def test_nothing_raises_and_all_of_it_is_ascii_in_one_line(url, doi):
    found = identity(url, doi)
    assert found.isascii()
    assert len(found) <= MOST_CHARACTERS
    assert not set(found) & set("\x00\n\r\t ")


@given(
    st.from_regex(r"https?://([a-zäß0-9]{1,9}\.){1,3}[a-z]{2}(:\d{1,4})?/\S{0,20}", fullmatch=True)
)
def test_what_is_normal_stays_as_it_is(url):
    assert normalise(normalise(url)) == normalise(url)
