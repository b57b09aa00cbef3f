"""Browsers of people who come to the pages of accounts, and what they find there."""

import re

from django.test import Client

from tests.conftest import PASSWORD

NEW = "quite another battery staple"
HOME = "192.0.2.7"
ME, TOKEN = "/api/v1/me/", "/api/v1/auth/token/"
OWN_PAGES = ["/account/", "/account/password/", "/account/sessions/", "/account/e-mail/"]
OPEN_PAGES = ["/sign-in/", "/sign-up/", "/password/forgotten/", "/password/forgotten/sent/"]
BUTTONS = ["/account/tokens/", "/account/tokens/revoke-all/", "/account/e-mail/again/"]
MADE = {"username": "grace", "password1": PASSWORD, "password2": PASSWORD, "email": ""}


def browser(address: str = HOME) -> Client:
    return Client(REMOTE_ADDR=address)


def sign_in(client: Client, name: str = "ada", password: str = PASSWORD, **more):
    return client.post("/sign-in/", {"username": name, "password": password, **more})


def name_of(client: Client) -> str:
    """Whom the API takes a browser for; nobody for a stranger."""
    return client.get(ME).json().get("username", "")


def text_of(response) -> str:
    return response.content.decode()


def link_in(mail, path: str) -> str:
    """The path of the one link in a mail, which leads to the site's own address."""
    [link] = re.findall(r"https?://\S+", mail.body)
    site, _, rest = link.partition(".org")
    assert site + ".org" == "https://casebook.example.org"
    assert rest.startswith(path)
    return rest


def faults(response) -> dict[str, str]:
    """What the page says below its fields."""
    found = re.findall(r'<p class="fault" id="id_(\w+)_error">(.*?)</p>', text_of(response))
    return {name: text.strip() for name, text in found}
