"""Whom a request comes from, and by which scheme, when a trusted proxy stands in front."""

import ipaddress
import logging

from django.conf import settings

logger = logging.getLogger(__name__)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
# A household, or one rented server, has a whole /64 of IPv6 addresses to choose from.
CLIENT_BITS = 64


class TrustedProxies:
    """Takes X-Forwarded-For and X-Forwarded-Proto from TRUSTED_PROXIES, and from nobody else."""

    def __init__(self, get_response):
        self.get_response = get_response
        self.networks = [ipaddress.ip_network(text) for text in settings.TRUSTED_PROXIES]
        self.warned = False

    def __call__(self, request):
        meta = request.META
        if self._trusts(meta.get("REMOTE_ADDR", "")):
            hops = [hop.strip() for hop in meta.get("HTTP_X_FORWARDED_FOR", "").split(",")]
            # The last address that is no proxy of ours; those before it may be invented.
            for hop in reversed([hop for hop in hops if hop]):
                meta["REMOTE_ADDR"] = hop
                if not self._trusts(hop):
                    break
            if meta.get("HTTP_X_FORWARDED_PROTO") == "https":
                meta["wsgi.url_scheme"] = "https"
        elif not self.warned and meta.get("HTTP_X_FORWARDED_PROTO") == "https":
            self.warned = True
            logger.warning(
                "%s says that it forwards https, and is not believed: if it is your proxy, name "
                "it in TRUSTED_PROXIES; without that, browsers are redirected for ever.",
                meta.get("REMOTE_ADDR"),
            )
        return self.get_response(request)

    def _trusts(self, text: str) -> bool:
        if not self.networks:
            return False
        address = _parse(text)
        return address is not None and any(address in network for network in self.networks)


def address_of(request) -> str:
    """The client's address, by which it is counted: of IPv6 its network of 64 bits."""
    text = request.META.get("REMOTE_ADDR") or "unknown"
    address = _parse(text)
    if address is None:
        return text
    if address.version == 6:
        return str(ipaddress.ip_network((address, CLIENT_BITS), strict=False))
    return str(address)


def _parse(text: str) -> Address | None:
    """An address; an IPv4 one also where a socket of both kinds wrote it as ::ffff:192.0.2.1."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
