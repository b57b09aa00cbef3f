"""The settings as a process sees them: what is refused, what is kept, what HTTPS turns on."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from config.state import LONGEST_SOCKET_PATH, kept_secret, kept_socket
from tests.processes import ROOT, environment

SECRET_KEY = "fifty characters and more, as an operator would choose: Zx81-q7"
PUBLIC = {"SITE_URL": "https://casebook.example.org", "SECRET_KEY": SECRET_KEY}


def manage(state: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "manage.py", *words],
        cwd=ROOT,
        env=environment(state, **variables),
        capture_output=True,
        text=True,
        check=False,
    )


def setting(state: Path, names: str, **variables: str) -> list:
    """Some settings of a new process, as JSON."""
    code = f"import json; from config import settings as s; print(json.dumps([{names}]))"
    answer = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment(state, **variables),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(answer.stdout)


def refusal(state: Path, **variables: str) -> str:
    """The sentence with which settings refuse to start."""
    answer = manage(state, "check", **variables)
    assert answer.returncode != 0
    kind, _, sentence = answer.stderr.strip().splitlines()[-1].partition(": ")
    assert kind.endswith("ImproperlyConfigured")
    return sentence


def test_a_public_site_has_nothing_to_mend(tmp_path):
    answer = manage(tmp_path, "check", "--deploy", "--fail-level=INFO", **PUBLIC)
    assert answer.returncode == 0, answer.stderr
    # The one is the advice to have every browser list the site as https (HSTS_PRELOAD).
    assert "no issues (1 silenced)" in answer.stdout


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "casebook.example.org"])
def test_a_public_host_needs_its_address(tmp_path, host):
    sentence = refusal(tmp_path, HOST=host)
    assert f"HOST={host}" in sentence
    assert "SITE_URL" in sentence
    assert sentence.endswith(".")


def test_a_public_address_needs_a_secret_of_its_own(tmp_path):
    for host in ("127.0.0.1", "0.0.0.0"):
        sentence = refusal(tmp_path, HOST=host, SITE_URL="https://casebook.example.org")
        assert "SECRET_KEY" in sentence
    assert not (tmp_path / "secret_key").exists()


def test_a_secret_may_come_in_a_file(tmp_path):
    (tmp_path / "secret").write_text(SECRET_KEY)
    variables = {"SITE_URL": PUBLIC["SITE_URL"], "SECRET_KEY_FILE": str(tmp_path / "secret")}
    assert setting(tmp_path, "s.SECRET_KEY", **variables) == [SECRET_KEY]


@pytest.mark.parametrize("url", ["casebook.example.org", "https://", "ftp://example.org"])
def test_half_an_address_is_refused(tmp_path, url):
    assert url.rstrip("/") in refusal(tmp_path, **PUBLIC | {"SITE_URL": url})


@pytest.mark.parametrize("text", ["many", "-1", "nan", "1e3", "5/h"])
def test_a_limit_is_a_number_or_off(tmp_path, text):
    assert "LIMIT_TOKEN" in refusal(tmp_path, LIMIT_TOKEN=text)


def test_limits_come_from_the_environment(tmp_path):
    variables = {"LIMIT_COMPUTE_ANONYMOUS": "off", "LIMIT_TOKEN": "3/m", "LIMIT_WAITING": "0.5"}
    [limits] = setting(tmp_path, "s.LIMITS", **variables)
    assert limits == {
        "compute_anonymous": "off",
        "compute_user": "300",
        "waiting": "0.5",
        "waiting_anonymous": "100",
        "token": "3",
        "token_address": "200",
        "sign_up": "200",
        "reset": "5",
        "reset_address": "200",
        "mails": "10",
        "datasets": "30",
        "submissions": "30",
        "runs": "120",
        "explanations": "20",
        "answers": "300",
    }


def test_explanations_need_a_server_and_a_model(tmp_path):
    server = {"EXPLAIN_BASE_URL": "http://127.0.0.1:8080/v1"}
    (tmp_path / "key").write_text("a secret")
    both = server | {"EXPLAIN_MODEL": "m", "EXPLAIN_API_KEY_FILE": str(tmp_path / "key")}
    shown = "s.FEATURES['explanations'], s.EXPLAIN_API_KEY, s.EXPLAIN_SECONDS"
    for variables in ({}, server, {"EXPLAIN_MODEL": "m"}):
        assert setting(tmp_path, shown, **variables) == [False, "", 30]
    assert setting(tmp_path, shown, **both) == [True, "a secret", 30]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("EXPLAIN_BASE_URL", "127.0.0.1:8080/v1"),
        ("EXPLAIN_SECONDS", "0"),
        ("EXPLAIN_SECONDS", "241"),
    ],
)
def test_a_model_server_that_cannot_be_asked_is_refused(tmp_path, name, text):
    assert f"{name}={text}" in refusal(tmp_path, **{name: text})


def test_proxies_are_addresses_and_networks(tmp_path):
    variables = {"TRUSTED_PROXIES": "192.0.2.1, 172.16.5.4/12,2001:db8::/32"}
    [networks] = setting(tmp_path, "s.TRUSTED_PROXIES", **variables)
    assert networks == ["192.0.2.1/32", "172.16.0.0/12", "2001:db8::/32"]


@pytest.mark.parametrize("text", ["caddy", "192.0.2.1:8000", "10.0.0.0/40"])
def test_what_is_no_network_of_proxies_is_refused(tmp_path, text):
    assert text in refusal(tmp_path, TRUSTED_PROXIES=f"192.0.2.1,{text}")


def test_preloading_is_a_choice_and_needs_https(tmp_path):
    assert setting(tmp_path, "s.SECURE_HSTS_PRELOAD", **PUBLIC) == [False]
    assert setting(tmp_path, "s.SECURE_HSTS_PRELOAD", HSTS_PRELOAD="on", **PUBLIC) == [True]
    assert setting(tmp_path, "s.SECURE_HSTS_PRELOAD", HSTS_PRELOAD="on") == [False]


def test_without_an_address_it_is_plain_http_on_this_machine(tmp_path):
    assert setting(
        tmp_path,
        "s.DEBUG, s.HOST, s.PORT, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE,"
        " s.SECURE_SSL_REDIRECT, s.SECURE_HSTS_SECONDS, s.ALLOWED_HOSTS",
    ) == [False, "127.0.0.1", 8000, False, False, False, 0, ["localhost", "127.0.0.1", "[::1]"]]


def test_https_turns_on_all_that_it_allows(tmp_path):
    secure, csrf, redirect, hsts, hosts, origins = setting(
        tmp_path,
        "s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_SSL_REDIRECT,"
        " s.SECURE_HSTS_SECONDS, s.ALLOWED_HOSTS, s.CSRF_TRUSTED_ORIGINS",
        **PUBLIC | {"SITE_URL": "https://casebook.example.org:8443/"},
    )
    assert (secure, csrf, redirect) == (True, True, True)
    assert hsts >= 31_536_000
    assert "casebook.example.org" in hosts
    assert origins == ["https://casebook.example.org:8443"]


def test_what_it_keeps_is_its_own(tmp_path):
    state = tmp_path / "var"
    [first] = setting(state, "s.SECRET_KEY")
    assert setting(state, "s.SECRET_KEY") == [first]
    assert len(first) >= 50
    assert stat.S_IMODE((state / "secret_key").stat().st_mode) == 0o600
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    assert kept_secret(tmp_path / "other") != first


def test_the_database_is_in_the_state_folder_or_where_its_url_says(tmp_path):
    [database] = setting(tmp_path, "s.DATABASES['default']")
    assert database["ENGINE"] == "django.db.backends.sqlite3"
    assert database["NAME"] == f"{tmp_path}/casebook.sqlite3"
    assert database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert database["OPTIONS"]["timeout"] == 20
    assert "journal_mode=WAL" in database["OPTIONS"]["init_command"]
    url = "postgres://casebook:p%40ss@db.example:5433/cases"
    [database] = setting(tmp_path, "s.DATABASES['default']", DATABASE_URL=url)
    assert database["ENGINE"] == "django.db.backends.postgresql"
    assert (database["HOST"], database["PORT"], database["NAME"]) == ("db.example", 5433, "cases")
    assert database["PASSWORD"] == "p@ss"
    assert "transaction_mode" not in database.get("OPTIONS", {})


def test_a_command_beside_a_running_site_finds_its_broker(tmp_path):
    assert setting(tmp_path, "s.CELERY_BROKER_URL") == [f"redis+socket://{tmp_path}/broker.sock"]
    (tmp_path / "run.json").write_text(json.dumps({"broker_url": "redis://elsewhere/3"}))
    assert setting(tmp_path, "s.CELERY_BROKER_URL") == ["redis://elsewhere/3"]
    url = "redis://given/1"
    assert setting(tmp_path, "s.CELERY_BROKER_URL", BROKER_URL=url) == [url]
    (tmp_path / "run.json").write_text("{ half written")
    assert setting(tmp_path, "s.CELERY_BROKER_URL") == [f"redis+socket://{tmp_path}/broker.sock"]


def test_the_cache_is_shared_by_url(tmp_path):
    [cache] = setting(tmp_path, "s.CACHES['default']['BACKEND']", CACHE_URL="redis://cache/0")
    assert "redis" in cache.lower()


def test_a_long_path_of_the_state_gets_a_short_private_socket(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", "/tmp")
    assert kept_socket(tmp_path) == tmp_path / "broker.sock"
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    path = kept_socket(deep)
    try:
        assert path == kept_socket(deep)
        assert len(os.fsencode(path)) <= LONGEST_SOCKET_PATH
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        path.parent.chmod(0o755)
        with pytest.raises(PermissionError, match="not private"):
            kept_socket(deep)
    finally:
        path.parent.rmdir()
    # Bytes count, not characters.
    multibyte = kept_socket(Path("/tmp") / ("é" * 50))
    assert multibyte.parent.parent == Path("/tmp")
    multibyte.parent.rmdir()


MAIL = {
    "EMAIL_URL": "smtp+tls://post:se%20cret@mail.example.org:587",
    "DEFAULT_FROM_EMAIL": "casebook@example.org",
}


def test_without_a_mail_server_no_mail_is_tried(tmp_path):
    names = "s.SENDS_MAIL, s.EMAIL_BACKEND, s.ACCOUNT_EMAIL_VERIFICATION"
    assert setting(tmp_path, names) == [
        *(False, "django.core.mail.backends.dummy.EmailBackend", "none"),
    ]


def test_a_mail_server_is_one_address(tmp_path):
    names = "s.SENDS_MAIL, s.EMAIL_HOST, s.EMAIL_PORT, s.EMAIL_HOST_PASSWORD, s.EMAIL_USE_TLS"
    assert setting(tmp_path, names, **MAIL) == [True, "mail.example.org", 587, "se cret", True]
    names = "s.EMAIL_BACKEND, s.ACCOUNT_EMAIL_VERIFICATION"
    assert setting(tmp_path, names, **MAIL) == [
        *("django.core.mail.backends.smtp.EmailBackend", "optional"),
    ]


@pytest.mark.parametrize(
    "url", ["mail.example.org", "gopher://secret@x", "smtp://secret@x:many", "smtp://"]
)
def test_half_a_mail_server_is_refused_without_its_password(tmp_path, url):
    sentence = refusal(tmp_path, **MAIL | {"EMAIL_URL": url})
    assert sentence.startswith("EMAIL_URL should be")
    assert "secret" not in sentence


def test_mail_comes_from_an_address(tmp_path):
    assert "DEFAULT_FROM_EMAIL" in refusal(tmp_path, EMAIL_URL=MAIL["EMAIL_URL"])


def test_links_in_mails_lead_to_the_site(tmp_path):
    name = "s.SITE_ADDRESS"
    assert setting(tmp_path, name) == ["http://127.0.0.1:8000"]
    assert setting(tmp_path, name, PORT="8123") == ["http://127.0.0.1:8123"]
    assert setting(tmp_path, name, HOST="::1") == ["http://[::1]:8000"]
    assert setting(tmp_path, name, **PUBLIC) == [PUBLIC["SITE_URL"]]
    (tmp_path / "run.json").write_text(json.dumps({"host": "127.0.0.1", "port": 8456}))
    assert setting(tmp_path, name) == ["http://127.0.0.1:8456"]
    assert setting(tmp_path, name, PORT="8123") == ["http://127.0.0.1:8123"]
    (tmp_path / "run.json").write_text("{")
    assert setting(tmp_path, name) == ["http://127.0.0.1:8000"]
