"""Pages are compressed; answers of the API are cached as they are, and most are small."""

from django.middleware.gzip import GZipMiddleware


class CompressPages(GZipMiddleware):
    """Django's own, with its random padding against guessing secrets by length; HTML only."""

    def process_response(self, request, response):
        if response.get("Content-Type", "").startswith("text/html"):
            return super().process_response(request, response)
        return response
