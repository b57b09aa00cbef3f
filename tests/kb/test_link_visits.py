"""One visit to a link, against a real server that misbehaves in each way."""

import datetime
import email.utils
import os
import socket
import ssl
import subprocess
import time
import tracemalloc

import pytest

from kb.linkchecks import guard
from kb.linkchecks.exchange import MOST_BYTES
from kb.linkchecks.guard import Refused, host_of, target_of, why_not
from kb.linkchecks.visitor import MOST_REDIRECTS, HostBusy, Result, Visitor
from tests.kb.link_server import DOMAIN, link_server


class Freely:
    """Everybody's turn at any time, and what pauses were asked for."""

    def __init__(self):
        self.pauses: list[float] = []
        self.taken: list[str] = []

    def take(self, host):
        self.taken.append(host)
        return True

    def give_back(self, host, token, pause):
        self.pauses.append(pause)


@pytest.fixture
def server():
    with link_server() as running:
        yield running


def resolve(host: str, port: int) -> list[str]:
    """All names of the tests' domain are here, and no other name is anywhere."""
    if host.endswith(DOMAIN):
        return ["127.0.0.1"]
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def only(port: int):
    """The guard of the tests: this server, whose port counts as 80, and else as in production."""

    def why(address: str, asked: int) -> str:
        if (address, asked) == ("127.0.0.1", port):
            return ""
        return why_not(address, 80 if asked == port else asked)

    return why


def visitor(server, **options) -> Visitor:
    defaults = {"resolve": resolve, "why_not": only(server.port), "pause_seconds": 0}
    times = {"connect_seconds": 2, "request_seconds": 0.5, "visit_seconds": 2}
    options = defaults | times | options
    return Visitor(options.pop("turns", Freely()), "Casebook/test (of links)", **options)


def visit(server, path: str, **options):
    return visitor(server, **options).visit(server.url(path))


# --- what is fine ---------------------------------------------------------------------------------


def test_a_page_that_answers_head_is_asked_once(server):
    found = visit(server, "/200")
    assert (found.result, found.status_code, found.method) == (Result.OK, 200, "HEAD")
    assert found.location == server.url("/200")
    assert server.asked == [("HEAD", "/200")]


def test_the_request_says_who_asks_and_wants_nothing_compressed(server):
    visit(server, "/200")
    [headers] = server.headers
    assert headers["User-Agent"] == "Casebook/test (of links)"
    assert headers["Accept-Encoding"] == "identity"
    assert headers["Host"] == f"www.{DOMAIN}:{server.port}"
    assert "Cookie" not in headers


def test_path_and_query_arrive_in_ascii_without_the_fragment(server):
    found = visit(server, "/ä b?q=ö&r=%20#part")
    assert found.result == Result.OK
    assert server.asked == [("HEAD", "/%C3%A4%20b?q=%C3%B6&r=%20")]


@pytest.mark.parametrize("status", [400, 403, 404, 405, 406, 410, 500, 501, 502])
def test_where_head_is_refused_get_decides(server, status):
    found = visit(server, f"/no-head-{status}")
    assert (found.result, found.status_code, found.method) == (Result.OK, 200, "GET")
    assert server.methods == ["HEAD", "GET"]


@pytest.mark.parametrize("path", ["/head-closes", "/head-hangs"])
def test_where_head_fails_get_decides(server, path):
    found = visit(server, path)
    assert (found.result, found.method) == (Result.OK, "GET")


# --- what is not ----------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [404, 410, 500, 502, 504, 522])
def test_a_page_that_is_gone_or_a_server_that_fails_is_a_failure(server, status):
    found = visit(server, f"/{status}")
    assert (found.result, found.status_code, found.method) == (Result.FAILED, status, "GET")


@pytest.mark.parametrize("status", [401, 403, 429, 451, 503, 400, 406, 418, 999, 300, 304])
def test_a_page_that_is_not_for_us_is_blocked(server, status):
    found = visit(server, f"/{status}")
    assert (found.result, found.status_code) == (Result.BLOCKED, status)


def test_a_wall_against_bots_is_blocked_although_it_says_200(server):
    found = visit(server, "/bot-wall")
    assert (found.result, found.status_code) == (Result.BLOCKED, 200)
    server.answers["/challenge"] = (403, {"cf-mitigated": "challenge"})
    assert "person" in visit(server, "/challenge").detail


@pytest.mark.parametrize("status", [429, 503])
def test_who_asks_for_time_is_not_asked_again_at_once_and_the_host_gets_its_pause(server, status):
    server.answers["/busy"] = (status, {"Retry-After": "120"})
    turns = Freely()
    found = visit(server, "/busy", turns=turns)
    assert (found.result, found.retry_after) == (Result.BLOCKED, 120)
    assert server.methods == ["HEAD"]
    assert turns.pauses == [120]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("-5", None),
        ("soon", None),
        ("9" * 5000, None),
        ("", None),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Thu, 99 Foo 99999 99:99:99 GMT", None),
    ],
)
def test_strange_times_to_wait(server, text, seconds):
    server.answers["/busy"] = (429, {"Retry-After": text})
    assert visit(server, "/busy").retry_after == seconds


def test_a_time_to_wait_may_be_a_date(server):
    in_an_hour = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1)
    server.answers["/busy"] = (503, {"Retry-After": email.utils.format_datetime(in_an_hour)})
    assert 3500 < visit(server, "/busy").retry_after <= 3600


@pytest.mark.parametrize(
    "path", ["/closes", "/garbage", "/no-status", "/long-header", "/many-headers"]
)
def test_what_is_no_http_is_a_failure(server, path):
    found = visit(server, path)
    assert (found.result, found.status_code) == (Result.FAILED, None)
    assert server.methods == ["HEAD", "GET"]


@pytest.mark.parametrize("path", ["/slow-status", "/slow-head"])
def test_a_server_that_drips_is_left_after_its_time(server, path):
    begun = time.monotonic()
    found = visit(server, path)
    assert (found.result, found.detail) == (Result.FAILED, "It did not answer in time.")
    assert time.monotonic() - begun < 1.6


def test_endless_heads_are_left_after_so_many_bytes(server):
    found = visit(server, "/endless-continue", request_seconds=20, visit_seconds=40)
    assert found.result == Result.FAILED
    assert "too long" in found.detail


def test_a_body_that_drips_or_breaks_off_is_no_matter(server):
    begun = time.monotonic()
    assert visit(server, "/slow-body").result == Result.OK
    assert time.monotonic() - begun < 1.6


def test_an_endless_body_is_read_up_to_a_bound(server):
    assert visit(server, "/endless", request_seconds=20, visit_seconds=40).result == Result.OK
    # What is on its way fills the buffers of two sockets.
    assert server.sent < MOST_BYTES + 8_000_000


def test_a_compressed_body_is_not_unpacked(server):
    tracemalloc.start()
    assert visit(server, "/bomb").result == Result.OK
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 5_000_000


def test_a_port_where_nobody_listens_is_a_failure(server):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        closed = probe.getsockname()[1]
    found = visitor(server, why_not=only(closed)).visit(f"http://{DOMAIN}:{closed}/")
    assert (found.result, found.detail) == (Result.FAILED, "It refuses the connection.")
    assert server.connections == 0


def test_a_name_that_does_not_exist_is_a_failure_and_one_not_looked_up_is_unknown(server):
    def away(host, port):
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    gone = visitor(server).visit("http://gone.example/")
    assert (gone.result, gone.detail) == (Result.FAILED, "There is no such host.")
    assert visitor(server, resolve=away).visit("http://x.example/").result == Result.UNKNOWN


# --- redirects ------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 308])
def test_a_redirect_for_good_is_a_move(server, status):
    server.answers["/old"] = (status, {"Location": "/new#part"})
    found = visit(server, "/old")
    assert (found.result, found.location) == (Result.MOVED, server.url("/new"))


@pytest.mark.parametrize("status", [302, 303, 307])
def test_a_redirect_for_now_is_fine(server, status):
    server.answers["/old"] = (status, {"Location": server.url("/new", f"other.{DOMAIN}")})
    found = visit(server, "/old")
    assert (found.result, found.status_code) == (Result.OK, 200)
    assert found.location == server.url("/new", f"other.{DOMAIN}")


def test_a_move_leads_as_far_as_its_redirects_are_for_good(server):
    server.answers |= {
        "/a": (301, {"Location": "/b"}),
        "/b": (308, {"Location": "/c"}),
        "/c": (302, {"Location": "/d"}),
        "/d": (301, {"Location": "/e"}),
        "/now": (302, {"Location": "/a"}),
    }
    found = visit(server, "/a")
    assert (found.result, found.location) == (Result.MOVED, server.url("/c"))
    assert visit(server, "/now").result == Result.OK


def test_a_move_to_what_is_gone_is_a_failure(server):
    server.answers["/old"] = (301, {"Location": "/404"})
    assert visit(server, "/old").result == Result.FAILED


def test_a_name_in_utf_8_is_read_as_such(server):
    server.answers["/old"] = (302, {"Location": "/\u00c3\u00a4"})
    assert visit(server, "/old").location == server.url("/%C3%A4")


def test_a_circle_and_too_many_redirects_want_a_person(server):
    server.answers |= {"/a": (302, {"Location": "/b"}), "/b": (301, {"Location": "/a"})}
    assert visit(server, "/a").detail == "It redirects in a circle."
    server.asked.clear()
    found = visit(server, "/again-1")
    assert (found.result, found.detail) == (Result.BLOCKED, "It redirects more than 5 times.")
    assert len(server.asked) == MOST_REDIRECTS + 1


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.1/",
        "http://127.0.0.1:1/",
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "http://2130706433/",
        "http://localhost/",
        "//localhost/x",
        "file:///etc/passwd",
        "ftp://www.links.example/",
        "gopher://www.links.example/",
        "javascript:alert(1)",
        "http://ada:secret@www.links.example/",
        "http://www.links.example:22/",
        "http://[",
        "http://www.links.example/" + "x" * 3000,
        "",
    ],
)
def test_a_redirect_leads_to_nothing_inside(server, location):
    server.answers["/old"] = (302, {"Location": location})
    found = visit(server, "/old")
    assert found.result == Result.BLOCKED
    assert server.asked == [("HEAD", "/old")]
    assert server.connections == 1


# --- the guard ------------------------------------------------------------------------------------

INSIDE = [
    *("http://127.0.0.1/", "http://127.1/", "http://0x7f000001/", "http://0x7f.1/"),
    *("http://2130706433/", "http://017700000001/", "http://0177.0.0.1/", "http://0/"),
    *("http://127.0.0.1./", "http://0.0.0.0/", "http://[::]/", "http://[::1]/"),
    *("http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/", "http://[::127.0.0.1]/"),
    *("http://[2002:7f00:1::]/", "http://[64:ff9b::7f00:1]/", "http://[64:ff9b:1::1]/"),
    *("http://[64:ff9b::a9fe:a9fe]/", "http://[2001:0:7f00:1::]/", "http://[fe80::1]/"),
    *("http://[fe80::1%25lo]/", "http://[2606:4700::1%25lo]/", "http://[fc00::1]/"),
    *("http://[fd00:ec2::254]/", "http://[fec0::1]/", "http://[ff02::1]/", "http://[5f00::1]/"),
    *("http://10.1.2.3/", "http://172.16.0.1/", "http://192.168.0.1/", "http://100.64.0.1/"),
    *("http://100.100.100.200/", "http://169.254.169.254/", "http://168.63.129.16/"),
    *("http://192.0.0.192/", "http://198.18.0.1/", "http://192.0.2.1/", "http://224.0.0.1/"),
    *("http://240.0.0.1/", "http://255.255.255.255/", "http://[2001:db8::1]/"),
    *("http://localhost/", "http://LOCALHOST./", "http://a.localhost/", "http://intranet/"),
    *("http://metadata/", "http://metadata.google.internal/", "http://metadata.google.internal./"),
    *("http://printer.local/", "http://1.0.0.127.in-addr.arpa/", "http://x.onion/"),
    *("http://①②⑦.⓪.⓪.①/", "http://１２７。０。０。１/", "http://ⓛocalhost/"),
    *("http://example.org@127.0.0.1/", "http://example.org\\@127.0.0.1/"),
    *("http://127.0.0.1#@example.org/", "http://127.0.0.1\\.example.org/"),
    *("file:///etc/passwd", "ftp://example.org/", "gopher://127.0.0.1/", "//127.0.0.1/", "/etc"),
    *("http://ada@example.org/", "http://:@example.org/", "http:///", "http://", "", "http://["),
    *("http://a b.example/", "http://a\r\nHost: b/", "http://a..example/", "http://-a.example/"),
    *("http://example.org:99999/", "http://example.org:x/", "http://" + "a" * 64 + ".example/"),
    *("http://example.org/\x00", "http://example.org/" + "x" * 2000, "http://\ud800.example/"),
]


def names_lead_to(addresses: list[str]):
    return lambda host, port: addresses


@pytest.mark.parametrize("url", INSIDE)
def test_the_guard_of_production_refuses_every_form_of_the_inside(server, url):
    def never(host, port):
        pytest.fail(f"{host} was looked up.")

    # At the server's port too, which the guard refuses as well.
    for one in (url, url.replace("127.0.0.1", f"127.0.0.1:{server.port}")):
        found = Visitor(Freely(), "x", resolve=never).visit(one)
        assert found.result == Result.BLOCKED
        assert found.detail.endswith(".")
    assert server.connections == 0


INSIDE_ADDRESSES = [
    *(
        "127.0.0.1",
        "::1",
        "::ffff:127.0.0.1",
        "10.0.0.1",
        "169.254.169.254",
        "fd00::1",
        "fe80::1%lo",
    ),
    *("0.0.0.0", "100.64.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "192.168.1.1", "no address", ""),
]


@pytest.mark.parametrize("address", INSIDE_ADDRESSES)
def test_a_name_of_the_inside_is_refused_after_it_was_looked_up(server, address):
    for addresses in ([address], ["93.184.215.14", address], [address, "93.184.215.14"]):
        turns = Freely()
        found = Visitor(turns, "x", resolve=names_lead_to(addresses)).visit("http://a.example/")
        assert found.result == Result.BLOCKED
        assert "no public address" in found.detail
        # It did not even come to a turn, which comes before a connection.
        assert turns.taken == []


@pytest.mark.parametrize(
    "address",
    [
        "93.184.215.14",
        "2606:2800:21f:cb07::1",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
        "2002:808:808::",
    ],
)
def test_public_addresses_are_allowed_at_the_ports_of_the_web_alone(address):
    assert why_not(address, 80) == why_not(address, 443) == ""
    for port in (0, 22, 25, 6379, 8000, 8080, 65535):
        assert str(port) in why_not(address, port)


def test_the_first_page_at_another_port_is_refused(server):
    found = Visitor(Freely(), "x", resolve=names_lead_to(["93.184.215.14"])).visit(
        "http://a.example:8080/"
    )
    assert (found.result, found.method) == (Result.BLOCKED, "")


def test_a_name_is_looked_up_once_a_hop_and_what_it_means_later_counts_for_nothing(server):
    looked_up = []

    def rebinding(host, port):
        looked_up.append(host)
        # The second time, it would be a metadata service.
        return ["127.0.0.1"] if looked_up.count(host) == 1 else ["169.254.169.254"]

    found = visit(server, "/no-head-405", resolve=rebinding)
    assert (found.result, server.methods) == (Result.OK, ["HEAD", "GET"])
    assert looked_up == [f"www.{DOMAIN}"]
    # A redirect is looked up anew, and all that is found is checked anew.
    looked_up.clear()
    server.answers["/old"] = (302, {"Location": "/new"})
    found = visit(server, "/old", resolve=rebinding)
    assert found.result == Result.BLOCKED
    assert "169.254.169.254" in found.detail


def test_nothing_but_the_checked_address_is_connected_to(server, monkeypatch):
    def never(*args, **kwargs):
        pytest.fail("A name was looked up.")

    monkeypatch.setattr(socket, "getaddrinfo", never)
    assert visit(server, "/200").result == Result.OK


def test_proxies_of_the_environment_are_not_used(server, monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setitem(os.environ, name, "http://127.0.0.1:1")
    assert visit(server, "/200").result == Result.OK


def test_the_next_address_is_tried_where_one_refuses(server):
    two = names_lead_to(["127.0.0.2", "127.0.0.1"])
    found = visit(server, "/200", resolve=two, why_not=lambda address, port: "")
    assert found.result == Result.OK


def test_the_machine_looks_up_whole_names_and_never_within_its_own_domain(monkeypatch):
    asked = []

    def answer(host, port, **options):
        asked.append(host)
        found = [("93.184.215.14", port), ("93.184.215.14", port), ("2606:2800::1", port, 0, 0)]
        return [(None, None, 0, "", address) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    assert guard.system_addresses("a.example", 80) == ["93.184.215.14", "2606:2800::1"]
    assert asked == ["a.example."]


def test_an_address_is_taken_apart_as_it_is_asked_for():
    target = target_of(" HTTPS://Bücher.Example.:443/a b?q=ä#x ")
    assert target.url == "https://xn--bcher-kva.example/a%20b?q=%C3%A4"
    assert (target.host, target.port, target.path) == (
        "xn--bcher-kva.example",
        443,
        "/a%20b?q=%C3%A4",
    )
    assert host_of("https://example.org/") == "example.org"
    assert host_of("ftp://example.org/") == host_of("") == ""
    with pytest.raises(Refused, match="user name"):
        target_of("https://ada@example.org/")


# --- TLS ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    paths = (folder / "certificate.pem", folder / "key.pem")
    command = [
        *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
        *("-subj", "/CN=links", "-addext", f"subjectAltName=DNS:www.{DOMAIN}"),
        *("-out", str(paths[0]), "-keyout", str(paths[1])),
    ]
    subprocess.run(command, check=True, capture_output=True)
    return paths


@pytest.fixture
def secure(certificate):
    with link_server(certificate) as running:
        yield running


def test_a_certificate_that_nobody_vouches_for_is_a_failure(secure):
    found = visit(secure, "/200")
    assert found.result == Result.FAILED
    assert "certificate is not valid" in found.detail
    assert secure.asked == []


def test_the_certificate_must_be_one_of_the_name_although_the_address_is_connected_to(
    secure, certificate
):
    trusting = ssl.create_default_context(cafile=str(certificate[0]))
    assert visit(secure, "/200", tls=trusting).result == Result.OK
    other = visitor(secure, tls=trusting).visit(secure.url("/200", f"other.{DOMAIN}"))
    assert other.result == Result.FAILED
    assert "certificate is not valid" in other.detail


def test_a_server_that_speaks_no_tls_is_a_failure(server):
    found = visitor(server).visit(server.url("/200").replace("http:", "https:"))
    assert found.result == Result.FAILED
    assert "TLS" in found.detail


def test_a_handshake_that_never_comes_is_left_after_its_time(server):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        begun = time.monotonic()
        found = visitor(server, why_not=only(port)).visit(f"https://www.{DOMAIN}:{port}/")
    assert (found.result, found.detail) == (Result.FAILED, "It did not answer in time.")
    assert time.monotonic() - begun < 1.6


# --- turns ----------------------------------------------------------------------------------------


class Taken(Freely):
    """Hosts whose turn somebody else has."""

    def __init__(self, *hosts):
        super().__init__()
        self.hosts = hosts

    def take(self, host):
        return None if host in self.hosts else super().take(host)


def test_a_host_that_is_taken_is_not_asked_and_not_waited_for(server):
    begun = time.monotonic()
    with pytest.raises(HostBusy):
        visit(server, "/200", turns=Taken(f"www.{DOMAIN}"))
    assert time.monotonic() - begun < 0.5
    assert server.connections == 0


def test_the_host_of_a_redirect_is_waited_for_and_not_asked_out_of_turn(server):
    server.answers["/old"] = (301, {"Location": server.url("/new", f"other.{DOMAIN}")})
    with pytest.raises(HostBusy):
        visit(server, "/old", turns=Taken(f"other.{DOMAIN}"), visit_seconds=0.5)
    assert server.asked == [("HEAD", "/old")]


def test_each_request_is_a_turn_and_each_turn_is_given_back(server):
    turns = Freely()
    visit(server, "/closes", turns=turns, pause_seconds=7)
    assert turns.taken == [f"www.{DOMAIN}"] * 2
    assert turns.pauses == [7, 7]
