"""Where a check of a link may lead: to the public web, and to nothing inside.

Curators paste addresses and servers redirect to what they like; so each address is taken apart
here before it is looked up, and what it was looked up as before anything is connected to.
"""

import ipaddress
import re
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from kb.addresses import DEFAULT_PORTS, as_ascii, ascii_host

MOST_CHARACTERS = 2000

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# By what a number is known to the libraries that read 0x7f.1 as 127.0.0.1.
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
# Names that are meant for the inside of a network, and names that no server of the web has.
INSIDE = {
    *(
        "localhost",
        "local",
        "internal",
        "intranet",
        "private",
        "corp",
        "home",
        "lan",
        "localdomain",
    ),
    *("arpa", "onion", "invalid"),
}

# From IANA's registries of special-purpose addresses. Python's `is_global` is asked too, but
# differs from release to release: that of 3.11.7 takes 240.0.0.1 and 192.0.0.192 for public.
NOT_PUBLIC: tuple[_Network, ...] = tuple(
    ipaddress.ip_network(text)
    for text in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
        *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16"),
        *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        # Looks public, and is the inside of each machine of Azure.
        "168.63.129.16/32",
        # Tunnels and identifiers, then documentation.
        *("2001::/23", "2001:db8::/32", "3fff::/20"),
    )
)
# All of IPv6 that is given out to the public.
PUBLIC_IPV6 = ipaddress.ip_network("2000::/3")
SIX_TO_FOUR = ipaddress.ip_network("2002::/16")
NAT64 = ipaddress.ip_network("64:ff9b::/96")


class Refused(Exception):
    """The address is not visited. The message is a sentence for the curator."""


@dataclass(frozen=True)
class Target:
    """An address taken apart: `url` is all of it in ASCII, `path` what the server is asked for."""

    url: str
    scheme: str
    host: str
    port: int
    path: str


def target_of(url: str) -> Target:
    """Take an address apart, before anything is looked up. Raises Refused."""
    if len(url) > MOST_CHARACTERS:
        raise Refused(f"The address has more than {MOST_CHARACTERS:,} characters.")
    text = url.strip()
    if _CONTROL.search(text):
        raise Refused("The address holds a control character.")
    try:
        parts = urlsplit(text)
        host, port = ascii_host(parts.hostname or ""), parts.port
    except ValueError:
        raise Refused("The address cannot be read.") from None
    if parts.scheme not in DEFAULT_PORTS:
        raise Refused("Only addresses that begin with http:// or https:// are visited.")
    if parts.username is not None or parts.password is not None:
        raise Refused("The address holds a user name or password.")
    _check_host(host)
    default = DEFAULT_PORTS[parts.scheme]
    place = f"[{host}]" if ":" in host else host
    place = place if port in (None, default) else f"{place}:{port}"
    path = as_ascii(parts.path) or "/"
    if parts.query:
        path += f"?{as_ascii(parts.query)}"
    # Written in ASCII, an address may be several times as long.
    if len(whole := f"{parts.scheme}://{place}{path}") > MOST_CHARACTERS:
        raise Refused(f"The address has more than {MOST_CHARACTERS:,} characters.")
    return Target(whole, parts.scheme, host, default if port is None else port, path)


def host_of(url: str) -> str:
    """The host that an address is visited at; "" for one that is not visited at all."""
    try:
        return target_of(url).host
    except Refused:
        return ""


def literal(host: str) -> str | None:
    """The address that a host is instead of a name, if it is one."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return None


def why_not(address: str, port: int) -> str:
    """Why this address is not connected to: a sentence; "" for one that may be.

    Only the ports 80 and 443: a cited page is hardly ever at another, and with any port the checks
    could be used to knock at the doors of other services, ours on public addresses included.
    """
    if port not in DEFAULT_PORTS.values():
        return f"Port {port} is not visited; only 80 and 443 are."
    if not _is_public(address):
        return f"The host is at {address}, which is no public address."
    return ""


def system_addresses(host: str, port: int) -> list[str]:
    """What the machine's own resolver knows a name as. Raises socket.gaierror.

    With the closing dot, by which the name is whole: without it a name that is gone might be found
    within the machine's own domain.
    """
    found = socket.getaddrinfo(f"{host}.", port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def _check_host(host: str) -> None:
    if not host:
        raise Refused("The address has no host.")
    if "%" in host:
        raise Refused("The address names a network interface.")
    if literal(host):
        return
    labels = host.split(".")
    if len(host) > 253 or not all(map(_LABEL.fullmatch, labels)):
        raise Refused("The address has a host that cannot be.")
    if _NUMBER.fullmatch(labels[-1]):
        raise Refused("The host is a number that is no plain address.")
    if len(labels) == 1 or labels[-1] in INSIDE:
        raise Refused("The host has a name of the inside of a network.")


def _is_public(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            return False
        # These lead to the IPv4 address within.
        if address.ipv4_mapped or address in NAT64:
            return _is_public(str(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)))
        if address not in PUBLIC_IPV6:
            return False
        if address in SIX_TO_FOUR:
            return address.sixtofour is not None and _is_public(str(address.sixtofour))
    return address.is_global and not any(address in network for network in NOT_PUBLIC)
