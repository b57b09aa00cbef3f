"""Whom a request comes from, and by which scheme, when a trusted proxy stands in front."""

from django.conf import settings


class TrustedProxies:
    """Takes X-Forwarded-For and X-Forwarded-Proto from TRUSTED_PROXIES, and from nobody else."""

    def __init__(self, get_response):
        self.get_response = get_response
        self.trusted = set(settings.TRUSTED_PROXIES)

    def __call__(self, request):
        meta = request.META
        if meta.get("REMOTE_ADDR") in self.trusted:
            hops = [hop.strip() for hop in meta.get("HTTP_X_FORWARDED_FOR", "").split(",")]
            # The last address that is no proxy of ours; those before it may be invented.
            for hop in reversed([hop for hop in hops if hop]):
                meta["REMOTE_ADDR"] = hop
                if hop not in self.trusted:
                    break
            if meta.get("HTTP_X_FORWARDED_PROTO") == "https":
                meta["wsgi.url_scheme"] = "https"
                request.META["HTTPS"] = "on"
        return self.get_response(request)


def address_of(request) -> str:
    return request.META.get("REMOTE_ADDR") or "unknown"
