"""What drf-spectacular cannot see: the error answers, the limits and the licence."""

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema as SpectacularSchema

from rest import idempotency

PROBLEM = {
    "type": "object",
    "description": "Problem details (RFC 9457).",
    "required": ["type", "title", "status", "detail", "errors"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "request_id": {
            "type": "string",
            "description": "When the server failed: what its log calls this request.",
        },
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {
                    "pointer": {
                        "type": "string",
                        "description": (
                            "A JSON pointer into the body, ?name for a parameter, or the name of a"
                            " header."
                        ),
                    },
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
PROBLEM_EXAMPLE = {
    "type": "about:blank",
    "title": "Unprocessable Entity",
    "status": 422,
    "detail": "d = 6 is not divisible by num_heads = 4.",
    "errors": [
        {
            "pointer": "/params/num_heads",
            "code": "divisibility",
            "detail": "d = 6 is not divisible by num_heads = 4.",
        }
    ],
}
MEANINGS = {
    "400": "The body is not JSON, or a query parameter is unknown or has a bad value.",
    "401": "Credentials are missing or not valid.",
    "403": "These credentials may not do this.",
    "404": "There is nothing here, or nothing that you may see.",
    "406": "This is not available in an accepted media type.",
    "405": "This method is not allowed here.",
    "409": "The state of the thing does not allow this.",
    "413": "The body is larger than 2 MB, or the file than 20 MB.",
    "415": "The media type is not one that is read here.",
    "422": "Well-formed, but not allowed; pointers name the places.",
    "429": "A limit is reached; Retry-After says when to try again.",
}


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = "rest.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema):
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Authorization: Token <key>`, from `POST /api/v1/auth/token/`.",
        }


class SessionScheme(OpenApiAuthenticationExtension):
    target_class = "rest.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema):
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}


class AutoSchema(SpectacularSchema):
    """Adds to every operation the error answers that it can give."""

    def get_operation(self, path, path_regex, path_prefix, method, registry):
        operation = super().get_operation(path, path_regex, path_prefix, method, registry)
        if operation is None:
            return None
        # An empty requirement stands for "without credentials".
        security = operation.setdefault("security", [{}])
        if method == "GET" and {} in security:
            text = "Not changed since the ETag in If-None-Match."
            operation["responses"].setdefault("304", {"description": text})
        codes = ["400", "401", "404", "406"]
        if method in ("POST", "PUT", "DELETE"):
            codes += ["403", "409", "413", "415", "422", "429"]
        parameters = operation.get("parameters", [])
        takes_a_key = any(parameter["name"] == idempotency.HEADER for parameter in parameters)
        for code in codes:
            meaning = MEANINGS[code]
            if code == "422" and takes_a_key:
                meaning += " Or the Idempotency-Key was used with another body."
            operation["responses"].setdefault(
                code,
                {
                    "description": meaning,
                    "content": {
                        "application/problem+json": {
                            "schema": {"$ref": "#/components/schemas/ProblemDetails"}
                        }
                    },
                },
            )
        return operation


def add_conventions(result, generator, request, public):
    """A postprocessing hook: the schema of errors with its example, and the licence of content."""
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    schemas["ProblemDetails"] = PROBLEM | {"examples": [PROBLEM_EXAMPLE]}
    result["info"]["license"] = {"name": "CC BY 4.0 (content), Apache-2.0 (code)"}
    return result
