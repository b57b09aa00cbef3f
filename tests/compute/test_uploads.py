"""Uploaded datasets: whose they are, what they cost, and when they go."""

import datetime
import hashlib
import io
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from rest_framework.test import APIClient

from compute import uploads
from compute.errors import NoRoomForDataset, UnknownDataset
from compute.models import Dataset
from tests.compute.client import problem_of
from tests.compute.test_datasets import rows_of

DATASETS = "/api/v1/compute/datasets/"
FILMS = "user,item,rating,timestamp\nada,alien,4.5,100\nbob,heat,3,50\nada,heat,1,2020-01-01\n"
MOST_ROWS = 1_000_000


@pytest.fixture(autouse=True)
def _own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def upload(client, text: str | bytes = FILMS, name: str = "films.csv"):
    data = text if isinstance(text, bytes) else text.encode()
    return client.post(DATASETS, {"file": SimpleUploadedFile(name, data)}, format="multipart")


def kept(client, text: str | bytes = FILMS) -> dict:
    response = upload(client, text)
    assert response.status_code == 201, response.content
    return response.json()


def files() -> list[str]:
    return sorted(path.name for path in uploads.folder().glob("*"))


# --- through the API ------------------------------------------------------------------------------


def test_an_upload_answers_what_is_in_it(api_as, ada, settings):
    settings.DATASET_DAYS = 30
    response = upload(api_as(ada))
    assert response.status_code == 201
    dataset = response.json()
    assert response["Location"] == f"{DATASETS}{dataset['id']}/"
    assert (dataset["rows"], dataset["users"], dataset["items"]) == (3, 2, 2)
    assert dataset["columns"] == ["user", "item", "rating", "timestamp"]
    assert (dataset["name"], dataset["replaced"]) == ("films.csv", 0)
    assert dataset["sha256"] == hashlib.sha256(FILMS.encode()).hexdigest()
    left = parse_datetime(dataset["expires_at"]) - timezone.now()
    assert datetime.timedelta(days=29.9) < left <= datetime.timedelta(days=30)
    assert api_as(ada).get(response["Location"]).json() == dataset
    assert api_as(ada).get(DATASETS).json()["results"] == [dataset]


def test_a_kind_gets_the_arrays_of_its_owners_dataset(api_as, ada):
    pk = kept(api_as(ada))["id"]
    table = uploads.load(uploads.dataset_of(ada, pk).pk)
    assert rows_of(table) == [
        ("ada", "alien", 4.5, 100),
        ("bob", "heat", 3, 50),
        ("ada", "heat", 1, 1577836800),
    ]
    assert (table.users.dtype, table.values.dtype) == (np.int32, np.float64)


def test_a_stranger_finds_nothing_through_any_door(api, api_as, ada, bob):
    pk = kept(api_as(ada))["id"]
    stranger = api_as(bob)
    problem_of(stranger.get(f"{DATASETS}{pk}/"), 404)
    problem_of(stranger.delete(f"{DATASETS}{pk}/"), 404)
    assert stranger.get(DATASETS).json()["results"] == []
    for owner in (bob, None):
        with pytest.raises(UnknownDataset):
            uploads.dataset_of(owner, pk)
    assert api_as(ada).get(f"{DATASETS}{pk}/").status_code == 200
    # The same file of another learner is another dataset.
    assert kept(stranger)["id"] != pk


def test_who_is_not_signed_in_is_asked_to(api, db):
    for response in (
        upload(api),
        api.get(DATASETS),
        api.get(f"{DATASETS}5a1d8f0e-3f5e-4c0b-8b7e-0c3a9b1f2d44/"),
        api.delete(f"{DATASETS}5a1d8f0e-3f5e-4c0b-8b7e-0c3a9b1f2d44/"),
    ):
        problem_of(response, 401)
        assert response["WWW-Authenticate"] == "Token"
    assert files() == []


def test_a_session_uploads_only_with_its_csrf_token(ada):
    browser = APIClient(enforce_csrf_checks=True)
    browser.force_login(ada)
    problem_of(upload(browser), 403)
    assert files() == []


def test_the_same_bytes_are_the_same_dataset_and_are_kept_for_longer(api_as, ada, settings):
    first = kept(api_as(ada))
    settings.DATASET_DAYS = 60
    response = upload(api_as(ada), name="again.csv")
    assert response.status_code == 201
    again = response.json()
    assert again["expires_at"] > first["expires_at"]
    assert again | {"expires_at": None} == first | {"expires_at": None}
    assert response["Location"] == f"{DATASETS}{first['id']}/"
    assert files() == [f"{first['id']}.npz"]


def test_what_is_deleted_is_gone_with_its_file(api_as, ada):
    pk = kept(api_as(ada))["id"]
    assert api_as(ada).delete(f"{DATASETS}{pk}/").status_code == 204
    problem_of(api_as(ada).get(f"{DATASETS}{pk}/"), 404)
    problem_of(api_as(ada).delete(f"{DATASETS}{pk}/"), 404)
    assert files() == []
    kept(api_as(ada))


def test_a_list_comes_by_cursor_newest_first_in_few_queries(api_as, ada):
    made = [kept(api_as(ada), f"user,item\nada,{n}\n")["id"] for n in range(5)]
    with CaptureQueriesContext(connection) as queries:
        page = api_as(ada).get(f"{DATASETS}?page_size=3").json()
    assert len(queries) <= 2
    rest = api_as(ada).get(page["next"]).json()
    assert [item["id"] for item in page["results"] + rest["results"]] == made[::-1]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"file": "user,item\na,b\n"},
        {"file": SimpleUploadedFile("a.csv", b"user,item\na,b\n"), "colour": "red"},
        {"file": [SimpleUploadedFile(name, b"user,item\na,b\n") for name in ("a", "b")]},
    ],
    ids=["nothing", "a text", "another field", "two files"],
)
def test_a_form_has_one_file_and_nothing_else(api_as, ada, body):
    errors = problem_of(api_as(ada).post(DATASETS, body, format="multipart"), 422)["errors"]
    assert [error["pointer"] for error in errors] == ["/colour" if "colour" in body else "/file"]


def test_what_is_no_form_is_refused(api_as, ada):
    client = api_as(ada)
    problem_of(client.post(DATASETS, {"file": "x"}, format="json"), 415)
    problem_of(client.generic("POST", DATASETS, FILMS, content_type="text/csv"), 415)
    for kind in ("multipart/form-data", "multipart/form-data; boundary="):
        problem_of(client.generic("POST", DATASETS, FILMS, content_type=kind), 400)
    problem_of(client.get(f"{DATASETS}?colour=red"), 400)
    problem_of(client.put(DATASETS), 405)


def test_what_is_wrong_in_a_file_is_named_by_line_and_column(api_as, ada):
    text = "user,item,rating\nada,alien,good\n,heat,3\n"
    body = problem_of(upload(api_as(ada), text), 422)
    assert [(error["pointer"], error["code"]) for error in body["errors"]] == [
        ("/file/2/rating", "number"),
        ("/file/3/user", "missing"),
    ]
    assert 'Line 2, rating: This should be a finite number such as 4.5, not "good".' in str(body)
    assert files() == []
    assert not Dataset.objects.exists()


# --- large ----------------------------------------------------------------------------------------


def many(count: int) -> bytes:
    """Ratings of 20 items by each user, in about 15 MB a million."""
    rows = (f"{n // 20},{n % 20 * 331 + n % 331},{n % 10 / 2}" for n in range(count))
    return ("user,item,rating\n" + "\n".join(rows) + "\n").encode()


def test_a_million_rows_are_read_in_seconds_and_one_more_is_refused(api_as, ada):
    data = many(MOST_ROWS)
    begun = time.process_time()
    dataset = kept(api_as(ada), data)
    # Some 2 s; a look at each value alone takes 10.
    assert time.process_time() - begun < 20
    assert (dataset["rows"], dataset["users"]) == (MOST_ROWS, MOST_ROWS // 20)
    table = uploads.load(dataset["id"])
    assert table.values.sum() == MOST_ROWS / 10 * 22.5
    errors = problem_of(upload(api_as(ada), data + b"1,2,3\n"), 422)["errors"]
    assert [error["pointer"] for error in errors] == [f"/file/{MOST_ROWS + 2}"]
    assert "1,000,000 rows" in errors[0]["detail"]
    assert files() == [f"{dataset['id']}.npz"]


def test_a_file_of_twenty_megabytes_is_read_and_a_larger_one_is_not(api_as, ada):
    head, row = b"user,item\n", b"a," + b"b" * 97 + b"\n"
    data = head + row * 199_999
    data += b"a," + b"b" * (20_000_000 - len(data) - 3) + b"\n"
    assert len(data) == 20_000_000
    assert kept(api_as(ada), data)["rows"] == 200_000
    detail = problem_of(upload(api_as(ada), data + b"\n"), 413)["detail"]
    assert "20,000,000 bytes" in detail


class Unread(io.RawIOBase):
    """A body that must not be touched."""

    def read(self, *args):
        raise AssertionError("It was read.")


@pytest.mark.parametrize("who", ["a stranger", "by cookie", "by token"])
def test_a_body_that_is_too_large_is_refused_before_it_is_read(who, ada, rf):
    client = APIClient(enforce_csrf_checks=True)
    if who == "by cookie":
        client.force_login(ada)
    elif who == "by token":
        client.force_authenticate(ada)
    response = client.generic(
        "POST",
        DATASETS,
        content_type="multipart/form-data; boundary=x",
        **{"CONTENT_LENGTH": str(20_020_000), "wsgi.input": Unread()},
    )
    problem_of(response, 413)


def test_a_body_of_unknown_length_is_refused(api_as, ada):
    kind = "multipart/form-data; boundary=x"
    headers = {"Transfer-Encoding": "chunked"}
    response = api_as(ada).generic("POST", DATASETS, content_type=kind, headers=headers)
    assert "Content-Length" in problem_of(response, 411)["detail"]


def test_a_body_that_ends_too_early_makes_no_dataset(api_as, ada):
    head = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\nuser,item\n'
    )
    body = head + b"a,b\n" * 100_000
    response = api_as(ada).generic(
        "POST",
        DATASETS,
        content_type="multipart/form-data; boundary=x",
        **{"CONTENT_LENGTH": str(len(body) + 1000), "wsgi.input": io.BytesIO(body)},
    )
    problem_of(response, 422)
    assert not Dataset.objects.exists()


# --- limits ---------------------------------------------------------------------------------------


def test_so_many_uploads_an_hour_and_the_same_bytes_cost_nothing(api_as, ada, bob, settings):
    settings.LIMITS = settings.LIMITS | {"datasets": "2"}
    response = upload(api_as(ada))
    assert response["RateLimit-Policy"] == '"datasets";q=2;w=3600'
    assert response["RateLimit"] == '"datasets";r=1;t=3600'
    for _ in range(3):
        assert upload(api_as(ada)).status_code == 201
    # One that is refused has cost its reading.
    problem_of(upload(api_as(ada), "user\na\n"), 422)
    response = upload(api_as(ada), "user,item\na,b\n")
    assert "2 tries an hour" in problem_of(response, 429)["detail"]
    assert 3500 < int(response["Retry-After"]) <= 3601
    assert upload(api_as(bob)).status_code == 201
    settings.LIMITS = settings.LIMITS | {"datasets": "off"}
    assert upload(api_as(ada), "user,item\na,b\n").status_code == 201


def test_the_datasets_of_a_learner_have_so_much_room(api_as, ada, bob, oscar, settings):
    settings.DATASET_MEGABYTES = 1
    large = b"user,item\n" + b"a,b\n" * 100_000
    first = kept(api_as(ada), large)
    assert 800_000 < first["size"] < 1_000_000
    body = problem_of(upload(api_as(ada), large + b"a,c\n"), 409)
    assert body["detail"].startswith("Your datasets take 0.8 MB, this one would take 0.8 MB")
    assert files() == [f"{first['id']}.npz"]
    assert upload(api_as(ada), large).status_code == 201
    assert upload(api_as(bob), large).status_code == 201
    for n in range(2):
        assert upload(api_as(oscar), large + b"a,c\n" * n).status_code == 201
    api_as(ada).delete(f"{DATASETS}{first['id']}/")
    assert upload(api_as(ada), large + b"a,c\n").status_code == 201


def at_once(owner, texts: list[str]) -> list:
    """What became of uploads that all begin at the same moment."""
    start = threading.Barrier(len(texts))

    def keep(text: str):
        try:
            start.wait(10)
            return uploads.keep(owner, io.BytesIO(text.encode()), "a.csv")[:2]
        except NoRoomForDataset as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(texts)) as pool:
        return list(pool.map(keep, texts))


@pytest.mark.django_db(transaction=True)
def test_the_same_file_sent_many_times_at_once_is_one_dataset(ada):
    results = at_once(ada, [FILMS] * 6)
    assert sorted(is_new for _dataset, is_new in results) == [False] * 5 + [True]
    assert len({dataset.pk for dataset, _is_new in results}) == 1
    assert files() == [f"{results[0][0].pk}.npz"]


@pytest.mark.django_db(transaction=True)
def test_files_sent_at_once_share_the_room_that_there_is(ada, settings):
    settings.DATASET_MEGABYTES = 1
    rows = "a,b\n" * 50_000
    results = at_once(ada, [f"user,item\n{rows}a,c{n}\n" for n in range(5)])
    refused = [result for result in results if isinstance(result, NoRoomForDataset)]
    # Each takes 0.4 MB.
    assert len(refused) == 3
    assert len(files()) == Dataset.objects.count() == 2


# --- what goes ------------------------------------------------------------------------------------


def expire(pk: str) -> None:
    Dataset.objects.filter(pk=pk).update(expires_at=timezone.now())


def test_a_dataset_goes_when_its_time_is_over(api_as, ada):
    client = api_as(ada)
    old, young = kept(client)["id"], kept(client, "user,item\na,b\n")["id"]
    expire(old)
    problem_of(client.get(f"{DATASETS}{old}/"), 404)
    assert [item["id"] for item in client.get(DATASETS).json()["results"]] == [young]
    with pytest.raises(UnknownDataset, match="expired"):
        uploads.dataset_of(ada, old)
    call_command("sweep", "--once")
    assert files() == [f"{young}.npz"]
    assert [str(item.pk) for item in Dataset.objects.all()] == [young]


def test_the_same_bytes_bring_back_what_has_expired_and_was_not_swept(api_as, ada):
    pk = kept(api_as(ada))["id"]
    expire(pk)
    assert upload(api_as(ada)).json()["id"] == pk
    uploads.delete_expired()
    assert files() == [f"{pk}.npz"]


def age(name: str) -> None:
    an_hour_ago = time.time() - 3700
    os.utime(uploads.folder() / name, (an_hour_ago, an_hour_ago))


def test_an_account_takes_its_datasets_along(api_as, ada, bob):
    theirs, other = kept(api_as(ada))["id"], kept(api_as(bob))["id"]
    ada.delete()
    assert [str(item.pk) for item in Dataset.objects.all()] == [other]
    age(f"{theirs}.npz")
    age(f"{other}.npz")
    uploads.delete_expired()
    assert files() == [f"{other}.npz"]


def test_what_a_process_that_died_was_about_to_keep_is_cleared_away(api_as, ada):
    pk = kept(api_as(ada))["id"]
    for name in ("gone.npz", "half.part", "now.npz"):
        (uploads.folder() / name).touch()
    age("gone.npz")
    age("half.part")
    uploads.delete_expired()
    assert files() == sorted([f"{pk}.npz", "now.npz"])


def test_a_row_without_its_file_is_as_good_as_gone(api_as, ada):
    pk = kept(api_as(ada))["id"]
    uploads.path_of(pk).unlink()
    problem_of(api_as(ada).get(f"{DATASETS}{pk}/"), 404)
    with pytest.raises(UnknownDataset):
        uploads.dataset_of(ada, pk)
    with pytest.raises(UnknownDataset):
        uploads.load(pk)
    # Uploaded again it is there again.
    again = kept(api_as(ada))
    assert files() == [f"{again['id']}.npz"]


def test_an_upload_that_fails_leaves_no_file(api_as, ada, monkeypatch):
    def no_lock(name):
        raise RuntimeError("The database is away.")

    monkeypatch.setattr(uploads, "one_at_a_time", no_lock)
    client = api_as(ada)
    client.raise_request_exception = False
    problem = upload(client)
    assert problem.status_code == 500
    assert files() == []


# --- operators ------------------------------------------------------------------------------------


def test_an_operator_sees_whose_datasets_there_are_and_edits_none(api_as, client_as, ada, oscar):
    pk = kept(api_as(ada))["id"]
    operator = client_as(oscar)
    page = operator.get("/admin/compute/dataset/").content.decode()
    assert "ada" in page
    assert pk in page
    assert operator.get(f"/admin/compute/dataset/{pk}/change/").status_code == 200
    assert operator.get("/admin/compute/dataset/add/").status_code == 403
    assert operator.post(f"/admin/compute/dataset/{pk}/delete/").status_code == 403
