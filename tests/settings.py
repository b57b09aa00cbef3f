"""The project's settings, with what makes tests fast and keeps them away from a running site."""

import atexit
import os
import shutil
import tempfile

_var = tempfile.mkdtemp(prefix="casebook-test-")
atexit.register(shutil.rmtree, _var, ignore_errors=True)
os.environ["CASEBOOK_VAR"] = _var
for _name in (
    *("SITE_URL", "BROKER_URL", "CACHE_URL", "PORT", "HOST", "TRUSTED_PROXIES"),
    *("EXPLAIN_BASE_URL", "EXPLAIN_MODEL", "EXPLAIN_API_KEY"),
    "LINK_CHECKS",
    *("EMAIL_URL", "DEFAULT_FROM_EMAIL", "SIGN_UP"),
):
    os.environ.pop(_name, None)

from config.settings import *

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
# An N+1 query is an error.
INSTALLED_APPS = ["zeal", *INSTALLED_APPS]
MIDDLEWARE = ["zeal.middleware.zeal_middleware", *MIDDLEWARE]
ZEAL_RAISE = True
DEBUG = False
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # In a file, as in production: in memory, one that writes would not wait for another.
    DATABASES["default"]["TEST"] = {"NAME": f"{_var}/test.sqlite3"}
STATIC_ROOT.mkdir(parents=True)
# Django's inline formsets look each posted row up by itself; that is theirs, and a save.
ZEAL_ALLOWLIST = [
    {"model": f"kb.{model}", "field": "get()"}
    for model in ("Source", "Reference", "Example", "Chapter")
]
