"""The Content-Security-Policy: strict everywhere, wider where a theme of others needs it."""

from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.middleware import CSPMiddleware

# Unfold's Alpine.js evaluates attributes; Swagger UI and Redoc write inline styles.
THEMES = {
    "/admin/": {
        "script-src": [SELF, UNSAFE_INLINE, UNSAFE_EVAL],
        "style-src": [SELF, UNSAFE_INLINE],
        "frame-src": [SELF],
        "frame-ancestors": [SELF],
    },
    "/api/docs/": {
        "script-src": [SELF, UNSAFE_INLINE],
        "style-src": [SELF, UNSAFE_INLINE],
        "worker-src": [SELF, "blob:"],
        "frame-ancestors": [NONE],
    },
}


# The frame of the admin's preview, in an origin of its own.
PREVIEW = "/preview/"
IN_A_FRAME = {"frame-ancestors": [SELF], "sandbox": ["allow-scripts"]}


class ContentSecurityPolicy(CSPMiddleware):
    def get_policy_parts(self, request, response, report_only=False):
        parts = super().get_policy_parts(request, response, report_only)
        if request.path.startswith(PREVIEW):
            parts.replace = IN_A_FRAME
        for prefix, directives in THEMES.items():
            if request.path.startswith(prefix) and parts.replace is None:
                parts.replace = directives
        return parts
