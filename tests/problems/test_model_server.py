"""The client of the model server: what it asks, and what it makes of any answer."""

import time

import pytest

from problems import model_server
from problems.model_server import MOST_CHARACTERS, ModelUnavailable, ask
from tests.problems.model_server import WORDS, completion
from tests.processes import free_port

MESSAGES = [{"role": "user", "content": "What is wrong?"}]


def refusal() -> str:
    with pytest.raises(ModelUnavailable) as caught:
        ask(MESSAGES, "a-small-model")
    return str(caught.value)


def test_the_model_is_asked_once_and_its_answer_is_text(offered, settings):
    settings.EXPLAIN_API_KEY = "a secret"
    assert ask(MESSAGES, "a-small-model") == WORDS
    [asked] = offered.asked
    assert (asked["model"], asked["messages"]) == ("a-small-model", MESSAGES)
    assert asked["temperature"] == 0
    assert asked["max_tokens"] == model_server.MOST_TOKENS
    assert not asked.get("stream")
    assert offered.paths == ["/v1/chat/completions"]
    assert offered.keys == ["Bearer a secret"]


def test_a_server_without_a_key_is_asked_without_ours(offered, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "of somebody else")
    assert ask(MESSAGES, "a-small-model") == WORDS
    assert offered.keys == ["Bearer none"]


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503])
def test_an_error_of_the_server_is_one_sentence_and_is_not_tried_again(offered, status):
    offered.status = status
    offered.body = b'{"error": {"message": "internal: key sk-1 of the operator"}}'
    assert refusal() == "The model server answers with an error; ask again later."
    assert len(offered.asked) == 1


def test_a_slow_server_is_left_in_time(offered, settings):
    settings.EXPLAIN_SECONDS, offered.delay = 0.3, 2
    begun = time.monotonic()
    assert "did not answer within 0.3 s;" in refusal()
    assert time.monotonic() - begun < 1.5
    assert len(offered.asked) == 1


def test_an_answer_that_trickles_in_is_left_in_time(offered, settings):
    settings.EXPLAIN_SECONDS, offered.pause = 0.5, 0.1
    begun = time.monotonic()
    assert "did not answer within 0.5 s;" in refusal()
    assert time.monotonic() - begun < 3


def test_a_server_that_is_away_is_said_to_be(offered, settings):
    settings.EXPLAIN_BASE_URL = f"http://127.0.0.1:{free_port()}/v1"
    assert refusal() == "The model server cannot be reached; ask again later."


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"<html>",
        b"null",
        b"[]",
        b"7",
        b'"text"',
        b"{}",
        b'{"choices": []}',
        b'{"choices": {}}',
        b'{"choices": [7]}',
        b'{"choices": [{"message": null}]}',
        b'{"choices": [{"message": {}}]}',
        b"\xff\xfe",
        b"[" * 100_000,
        *map(completion, [None, "", " \n\t ", "\0\x1b", 7, ["text"], "\ud800", {"a": 1}]),
        completion("x" * 1_100_000),
    ],
    ids=lambda body: repr(body[-40:]),
)
def test_what_is_no_answer_is_one_sentence(offered, body):
    offered.body = body
    assert "nothing that can be shown" in refusal()


def test_a_long_answer_is_cut(offered):
    offered.body = completion("é" * 100_000)
    text = ask(MESSAGES, "a-small-model")
    assert len(text) == MOST_CHARACTERS
    assert text == "é" * (MOST_CHARACTERS - 1) + "…"
    offered.body = completion("é" * MOST_CHARACTERS)
    assert ask(MESSAGES, "a-small-model") == "é" * MOST_CHARACTERS


def test_any_text_can_be_kept(offered):
    said = "<script>alert(1)</script> **bold** π\n\n\t10\u00a0MB 😀"
    offered.body = completion(f"  \0{said}\x1b\x07\u202e\r\n")
    assert ask(MESSAGES, "a-small-model") == said


def test_a_body_that_ends_early_is_no_answer(offered):
    offered.missing = 1
    assert refusal() == "The model server cannot be reached; ask again later."
