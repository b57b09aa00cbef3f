from learn.admin import accounts, digest

__all__ = ["accounts", "digest"]
