"""What a visitor meets at a site with an https address, with and without a proxy in front."""

import logging
import subprocess
import sys

import pytest

from rest.proxies import TrustedProxies, address_of
from tests.processes import ROOT, environment

PROBE = """
import django
django.setup()
from django.test import Client
from django.contrib.auth.models import User
from django.core.management import call_command
call_command("migrate", verbosity=0)
User.objects.create_user("ada", password="x")
plain, proxied = Client(), Client(REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_PROTO="https")
stranger = Client(REMOTE_ADDR="192.0.2.9", HTTP_X_FORWARDED_PROTO="https")
host = {"HTTP_HOST": "casebook.example.org"}
answer = plain.get("/healthz?x=1", **host)
print("healthz", answer.status_code)
for name, client in (("plain", plain), ("stranger", stranger)):
    answer = client.get("/api/v1/compute/jobs/?cursor=x", **host)
    print(name, answer.status_code, answer.get("Location"))
answer = proxied.get("/api/v1/compute/jobs/", **host)
print("proxied", answer.status_code, answer.get("Strict-Transport-Security"))
reads = []
for client in (proxied, proxied, plain):
    reads.append(client.get("/api/v1/topics/", **host))
reads.append(proxied.get("/api/v1/topics/", headers={"If-None-Match": reads[0]["ETag"]}, **host))
for answer in reads:
    print("read", answer.status_code, answer.get("Strict-Transport-Security"))
answer = proxied.post("/sign-in/", {"username": "ada", "password": "x"}, **host)
for name, cookie in sorted(answer.cookies.items()):
    print("cookie", name, cookie["secure"], cookie["httponly"], cookie["samesite"])
answer = proxied.get("/api/v1/compute/jobs/", HTTP_HOST="evil.example")
print("evil host", answer.status_code)
"""


@pytest.fixture(scope="module")
def answers(tmp_path_factory) -> list[list[str]]:
    variables = {
        "SITE_URL": "https://casebook.example.org",
        "SECRET_KEY": "fifty characters and more, as an operator would choose: Zx81-q7",
        "TRUSTED_PROXIES": "192.0.2.1",
    }
    done = subprocess.run(
        [sys.executable, "-c", PROBE],
        cwd=ROOT,
        env=environment(tmp_path_factory.mktemp("public"), **variables),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [line.split() for line in done.stdout.splitlines()]


def test_plain_http_is_sent_to_https(answers):
    place = "https://casebook.example.org/api/v1/compute/jobs/?cursor=x"
    assert ["plain", "301", place] in answers


def test_whoever_is_no_trusted_proxy_cannot_say_that_it_was_https(answers):
    [stranger] = [line for line in answers if line[0] == "stranger"]
    assert stranger[1] == "301"


def test_behind_its_proxy_it_answers_and_demands_https(answers):
    assert ["proxied", "200", "max-age=31536000;", "includeSubDomains"] in answers


def test_cached_reads_and_304s_are_no_way_round_https(answers):
    hsts = ["max-age=31536000;", "includeSubDomains"]
    reads = [line[1:] for line in answers if line[0] == "read"]
    assert reads == [["200", *hsts], ["200", *hsts], ["301", "None"], ["304", *hsts]]


def test_health_is_asked_without_https(answers):
    assert ["healthz", "200"] in answers


def test_cookies_are_secure(answers):
    cookies = {line[1]: line[2:] for line in answers if line[0] == "cookie"}
    assert cookies["sessionid"] == ["True", "True", "Lax"]
    assert all(secure == "True" for secure, *_ in cookies.values())


def test_another_host_name_is_refused(answers):
    assert ["evil", "host", "400"] in answers


# --- whom a request comes from ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("192.0.2.9", "203.0.113.5", "192.0.2.9"),
        ("192.0.2.1", "203.0.113.5", "203.0.113.5"),
        ("192.0.2.1", "198.51.100.7, 203.0.113.5", "203.0.113.5"),
        ("192.0.2.1", "198.51.100.7, 203.0.113.5, 192.0.2.2", "203.0.113.5"),
        ("192.0.2.1", "192.0.2.2", "192.0.2.2"),
        ("192.0.2.1", " , 203.0.113.5 ,", "203.0.113.5"),
        ("192.0.2.1", "", "192.0.2.1"),
    ],
)
def test_an_address_is_the_last_that_is_no_proxy_of_ours(rf, settings, peer, forwarded, address):
    settings.TRUSTED_PROXIES = ["192.0.2.1", "192.0.2.2"]
    request = rf.get("/", REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=forwarded)
    assert TrustedProxies(address_of)(request) == address


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        ("172.18.0.1", "203.0.113.5"),
        ("::ffff:172.18.0.1", "203.0.113.5"),
        ("172.32.0.1", "172.32.0.1"),
        ("", "unknown"),
        ("no address", "no address"),
    ],
)
def test_a_whole_network_may_be_trusted(rf, settings, peer, address):
    settings.TRUSTED_PROXIES = ["172.16.0.0/12"]
    forwarded = "203.0.113.5, 172.20.0.9"
    request = rf.get("/", REMOTE_ADDR=peer, HTTP_X_FORWARDED_FOR=forwarded)
    assert TrustedProxies(address_of)(request) == address


@pytest.mark.parametrize(
    ("peer", "counted_as"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("192.0.2.1", "192.0.2.1"),
    ],
)
def test_a_client_of_ipv6_is_its_network(rf, peer, counted_as):
    assert address_of(rf.get("/", REMOTE_ADDR=peer)) == counted_as


def test_a_proxy_that_is_not_trusted_is_named_in_the_log_once(rf, caplog):
    site = TrustedProxies(address_of)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            site(rf.get("/", REMOTE_ADDR="172.18.0.1", HTTP_X_FORWARDED_PROTO="https"))
    [record] = caplog.records
    assert "172.18.0.1" in record.getMessage()
    assert "TRUSTED_PROXIES" in record.getMessage()


def test_a_trusted_proxy_decides_by_which_scheme_a_visitor_came(rf, settings):
    settings.TRUSTED_PROXIES = ["192.0.2.1"]
    for peer, secure in (("192.0.2.1", True), ("192.0.2.9", False)):
        request = rf.get("/", REMOTE_ADDR=peer, HTTP_X_FORWARDED_PROTO="https")
        assert TrustedProxies(lambda request: request.is_secure())(request) is secure
