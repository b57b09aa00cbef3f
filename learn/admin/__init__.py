from learn.admin import accounts

__all__ = ["accounts"]
