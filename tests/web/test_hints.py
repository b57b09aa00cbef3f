"""Hints are opened one after the other, by those who are signed in."""


def page(client) -> str:
    return client.get("/problems/double/").content.decode()


def test_a_stranger_is_told_to_sign_in(library, client):
    html = page(client)
    assert "Add something." not in html
    assert 'href="/sign-in/?next=/problems/double/%23hints"' in html
    response = client.post("/problems/double/hints/1/")
    assert response.status_code == 302
    assert response["Location"].startswith("/sign-in/")


def test_hints_open_rung_by_rung_without_javascript(library, client, ada):
    client.force_login(ada)
    assert "Show hint 1 of 3" in page(client)
    response = client.post("/problems/double/hints/1/")
    assert response["Location"] == "/problems/double/#hint-1"
    html = page(client)
    assert "Add something." in html
    assert "Add x." not in html
    assert "Show hint 2 of 3" in html


def test_a_hint_that_is_not_due_stays_closed(library, client, ada):
    client.force_login(ada)
    assert client.post("/problems/double/hints/3/")["Location"] == "/problems/double/#hints"
    assert "Write x + x." not in page(client)


def test_a_hint_that_does_not_exist_is_not_found(library, client, ada):
    client.force_login(ada)
    assert client.post("/problems/double/hints/4/").status_code == 404
    assert client.post("/problems/nothing/hints/1/").status_code == 404


def test_another_learner_sees_none_of_them(library, client, ada, bob):
    client.force_login(ada)
    client.post("/problems/double/hints/1/")
    client.force_login(bob)
    assert "Add something." not in page(client)


def test_reading_an_address_reveals_nothing(library, client, ada):
    client.force_login(ada)
    assert client.get("/problems/double/hints/1/").status_code == 405
    assert "Add something." not in page(client)
