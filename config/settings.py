"""All settings, in one file. What differs between machines comes from the environment.

What one machine needs and nobody gave is made once and kept in the state folder (`var/`), so that
`manage.py` beside a running site sees the same database, broker and secret.
"""

import ipaddress
import json
from pathlib import Path
from urllib.parse import urlsplit

import environ
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static
from kombu import Queue
from whitenoise.compress import Compressor

from config.logs import FORMS
from config.state import kept_secret, socket_path

BASE_DIR = Path(__file__).resolve().parent.parent
RELEASE = "0.1.0"

env = environ.FileAwareEnv(DEBUG=(bool, False))

# --- State of one machine -------------------------------------------------------------------

VAR_DIR = Path(env("CASEBOOK_VAR", default=str(BASE_DIR / "var"))).resolve()
MEDIA_ROOT = VAR_DIR / "media"

# --- Who may reach it -----------------------------------------------------------------------

DEBUG = env("DEBUG")
# The public address, such as https://casebook.example.org. Empty: one machine, plain HTTP.
SITE_URL = env("SITE_URL", default="").rstrip("/")
HOST = env("HOST", default="127.0.0.1")
PORT = env.int("PORT", default=8000)
LOOPBACK_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
ALLOWED_HOSTS = [*LOOPBACK_HOSTS, *env.list("ALLOWED_HOSTS", default=[])]
IS_HTTPS = SITE_URL.startswith("https://")


def _is_address(text: str) -> bool:
    """Whether it is a whole address of HTTP or HTTPS, with a host."""
    return text.startswith(("https://", "http://")) and bool(urlsplit(text).hostname)


if SITE_URL:
    if not _is_address(SITE_URL):
        raise ImproperlyConfigured(
            f"SITE_URL={SITE_URL} should be a whole address, such as https://casebook.example.org."
        )
    ALLOWED_HOSTS.append(urlsplit(SITE_URL).hostname)
    CSRF_TRUSTED_ORIGINS = [SITE_URL]

if not DEBUG and HOST not in ("127.0.0.1", "localhost", "::1") and not SITE_URL:
    raise ImproperlyConfigured(
        f"HOST={HOST} makes this site public: set SITE_URL (https://…) and SECRET_KEY,"
        " or leave HOST at 127.0.0.1."
    )
if SITE_URL and not env("SECRET_KEY", default=""):
    raise ImproperlyConfigured(
        "SITE_URL makes this site public: set SECRET_KEY (50 random characters or more),"
        " or SECRET_KEY_FILE with the path of a file that holds it."
    )
SECRET_KEY = env("SECRET_KEY", default="") or kept_secret(VAR_DIR)

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_HTTPONLY = True
SECURE_SSL_REDIRECT = IS_HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = IS_HTTPS
# A list in every browser that nobody leaves within months is the operator's own choice, whatever
# Django's check (W021) would have.
SECURE_HSTS_PRELOAD = IS_HTTPS and env.bool("HSTS_PRELOAD", default=False)
SILENCED_SYSTEM_CHECKS = ["security.W021"]
SECURE_REFERRER_POLICY = "same-origin"
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]


def _network(text: str) -> str:
    """An address, or a network such as 172.16.0.0/12."""
    try:
        return str(ipaddress.ip_network(text.strip(), strict=False))
    except ValueError:
        raise ImproperlyConfigured(
            f"TRUSTED_PROXIES holds {text}, which should be an address such as 192.0.2.1 or a"
            " network such as 172.16.0.0/12."
        ) from None


# Proxies in front, whose X-Forwarded-For and X-Forwarded-Proto are believed.
TRUSTED_PROXIES = [_network(text) for text in env.list("TRUSTED_PROXIES", default=[])]

# The admin's theme and the API's reference pages have a policy of their own (rest/security.py).
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# --- The parts ------------------------------------------------------------------------------

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "config.apps.StaticFiles",
    "corsheaders",
    "csp",
    "django_filters",
    "rest_framework",
    "drf_standardized_errors",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "knox",
    # Without "allauth" itself, which holds pages and mails that are not ours.
    "allauth.account",
    "rest",
    "compute",
    "kb",
    "problems",
    "learn",
    "web",
]

MIDDLEWARE = [
    "rest.proxies.TrustedProxies",
    # Second: answers public reads of the API before anything else is done.
    "rest.conditional.ConditionalReads",
    "rest.access.AccessLog",
    "rest.compress.CompressPages",
    "corsheaders.middleware.CorsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "rest.security.ContentSecurityPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "rest.limits.LimitsOnPages",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "csp.context_processors.nonce",
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "web.accounts.offered_here",
            ],
        },
    }
]

# --- Data -----------------------------------------------------------------------------------

DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{VAR_DIR}/casebook.sqlite3")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # IMMEDIATE and the long timeout: two writers wait for each other instead of failing.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
            " PRAGMA cache_size=-16000; PRAGMA mmap_size=134217728;"
        ),
    }
DATABASES["default"]["CONN_MAX_AGE"] = 600
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

CACHE_URL = env("CACHE_URL", default="")
CACHES = {
    "default": env.cache_url_config(CACHE_URL)
    if CACHE_URL
    else {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": VAR_DIR / "cache",
    },
    # Answers of public reads, in each web process: the key holds the content version.
    "reads": {
        "BACKEND": "rest.answers.AnswersCache",
        "LOCATION": "reads",
        "OPTIONS": {"MAX_BYTES": 64_000_000},
    },
}

# --- Work -----------------------------------------------------------------------------------


def _broker_url() -> str:
    """The environment's, else that of the site running on this state folder."""
    if url := env("BROKER_URL", default=""):
        return url
    try:
        return json.loads((VAR_DIR / "run.json").read_text())["broker_url"]
    except (OSError, ValueError, KeyError):
        return f"redis+socket://{socket_path(VAR_DIR)}"


CELERY_BROKER_URL = _broker_url()
CELERY_TASK_IGNORE_RESULT = True
# Messages are not acknowledged: the row brings back what a worker loses. Keeping books of them cost
# a third of the worker's own time; and one that was due when the broker died kept its place in the
# prefetch count: with as many as there are processes the worker never asked the broker again.
CELERY_TASK_QUEUES = [Queue(name, no_ack=True) for name in ("compute", "judge", "default")]
CELERY_TASK_ACKS_LATE = False
# A message is fetched only when a process is free: the others are for workers elsewhere.
CELERY_WORKER_DISABLE_PREFETCH = True
CELERY_TASK_REJECT_ON_WORKER_LOST = False
# Each kind's own limit is kept by the thread beside it (compute/runner.py); this one is for
# code that lets no other thread run at all.
CELERY_TASK_TIME_LIMIT = 300
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# A new process costs some 50 ms of the worker's time: at 200 tasks, a twentieth of small ones.
CELERY_WORKER_MAX_TASKS_PER_CHILD = 1000
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_SEND_TASK_EVENTS = False
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# Without the zeros a publish blocks for 6 s while the broker is down.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "socket_timeout": 5,
    "socket_connect_timeout": 1,
    "health_check_interval": 10,
    "max_retries": 0,
    "interval_start": 0,
    "interval_step": 0,
    "interval_max": 0,
}
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "compute.*": {"queue": "compute"},
    # Found before the pattern below: a slow model server holds up no judging.
    "problems.explain": {"queue": "default"},
    "problems.*": {"queue": "judge"},
}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False

# --- Limits (each from the environment; "off" switches one off) ------------------------------


def _limit(name: str, default: str, time: str = "/m") -> str:
    """A number, such as 60, or "off". "60/m" says the same as 60 where it is one of a minute."""
    text = env.str(name, default=default).strip().lower().removesuffix(time)
    if text != "off" and not text.replace(".", "", 1).isdecimal():
        raise ImproperlyConfigured(f'{name}={text} should be a number such as {default}, or "off".')
    return text


LIMITS = {
    # seconds of computing a minute for an address; and for a learner
    "compute_anonymous": _limit("LIMIT_COMPUTE_ANONYMOUS", "60"),
    "compute_user": _limit("LIMIT_COMPUTE_USER", "300"),
    # unfinished jobs and submissions of a learner; and of an address, which may be a whole class's
    "waiting": _limit("LIMIT_WAITING", "5"),
    "waiting_anonymous": _limit("LIMIT_WAITING_ANONYMOUS", "100"),
    # tries a minute to sign in, by user name and address together; and by address alone, which a
    # whole class may share
    "token": _limit("LIMIT_TOKEN", "10"),
    "token_address": _limit("LIMIT_TOKEN_ADDRESS", "200"),
    # tries to make an account in an hour, by address
    "sign_up": _limit("LIMIT_SIGN_UP", "200", "/h"),
    # requests for a new password in an hour, by e-mail address and address together; and by address
    "reset": _limit("LIMIT_RESET", "5", "/h"),
    "reset_address": _limit("LIMIT_RESET_ADDRESS", "200", "/h"),
    # mails of one kind to one e-mail address in an hour; what is more is not sent
    "mails": _limit("LIMIT_MAILS", "10", "/h"),
    # submissions of a learner in an hour, which try all tests; and runs, which try the visible ones
    "submissions": _limit("LIMIT_SUBMISSIONS", "30", "/h"),
    "runs": _limit("LIMIT_RUNS", "120", "/h"),
    # explanations in words that a learner asks for in an hour
    "explanations": _limit("LIMIT_EXPLANATIONS", "20", "/h"),
    # answers of a learner to the questions of topics in an hour
    "answers": _limit("LIMIT_ANSWERS", "300", "/h"),
    # datasets that a learner uploads in an hour
    "datasets": _limit("LIMIT_DATASETS", "30", "/h"),
}
# Jobs of strangers are kept for so many days, and the newest of them up to so many megabytes.
JOB_DAYS = env.int("JOB_DAYS", default=7)
JOB_MEGABYTES = env.int("JOB_MEGABYTES", default=2000)
# A dataset is kept for so many days after it was last uploaded; and so much of one learner.
DATASET_DAYS = env.int("DATASET_DAYS", default=30)
DATASET_MEGABYTES = env.int("DATASET_MEGABYTES", default=200)
# How many requests of one process may wait for a job at once: half of the server's threads.
WEB_THREADS = env.int("WEB_THREADS", default=32)

# --- Explanations in words (optional) ---------------------------------------------------------

# A server that speaks the chat completions of OpenAI's API, such as http://127.0.0.1:8080/v1, and
# the model to ask. Without both nothing of it is shown.
EXPLAIN_BASE_URL = env("EXPLAIN_BASE_URL", default="").strip()
EXPLAIN_MODEL = env("EXPLAIN_MODEL", default="").strip()
EXPLAIN_API_KEY = env("EXPLAIN_API_KEY", default="").strip()
# How long the model may take to answer.
EXPLAIN_SECONDS = env.float("EXPLAIN_SECONDS", default=30)
if EXPLAIN_BASE_URL and not _is_address(EXPLAIN_BASE_URL):
    raise ImproperlyConfigured(
        f"EXPLAIN_BASE_URL={EXPLAIN_BASE_URL} should be a whole address, such as"
        " http://127.0.0.1:8080/v1."
    )
if not 1 <= EXPLAIN_SECONDS <= 240:
    raise ImproperlyConfigured(f"EXPLAIN_SECONDS={EXPLAIN_SECONDS:g} should be from 1 to 240.")

# --- Links that rot (optional) ----------------------------------------------------------------

# Whether the addresses that published texts cite are visited now and then. Off: no connection.
LINK_CHECKS = env.bool("LINK_CHECKS", default=False)
# After so many days without a review or a change, what is published is listed as stale.
STALE_AFTER = env.int("STALE_AFTER", default=365)

# What of this site depends on its settings; the API's root lists it.
FEATURES = {"judge": True, "explanations": bool(EXPLAIN_BASE_URL and EXPLAIN_MODEL)}

# --- Language, time, files ------------------------------------------------------------------

LANGUAGE_CODE = "en-gb"
TIME_ZONE = env("TIME_ZONE", default="UTC")
USE_TZ = True
USE_I18N = True

STATIC_URL = "/static/"
STATIC_ROOT = Path(env("STATIC_ROOT", default=str(VAR_DIR / "static")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_MAX_AGE = 3600
# Source maps are for developers; compressing those of others took most of a first start.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = [*Compressor.SKIP_COMPRESS_EXTENSIONS, "map"]

# --- People ---------------------------------------------------------------------------------

AUTHENTICATION_BACKENDS = ["learn.sign_in.CountedSignIn"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"

# Whether anybody may make an account. Off: only the operator does.
SIGN_UP = env.bool("SIGN_UP", default=True)
# A link that sets a new password works for so long, and once.
PASSWORD_RESET_TIMEOUT = 24 * 3600

# A mail server, such as smtp+tls://user:password@mail.example.org:587. Without one no mail is
# ever tried.
EMAIL_URL = env("EMAIL_URL", default="").strip()
SENDS_MAIL = bool(EMAIL_URL)
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="").strip()
if SENDS_MAIL:
    try:
        globals().update(env.email_url_config(EMAIL_URL))
        if EMAIL_URL.startswith("smtp") and not urlsplit(EMAIL_URL).hostname:
            raise ValueError
    except (ImproperlyConfigured, KeyError, ValueError):
        # Without its text, which may hold a password.
        raise ImproperlyConfigured(
            "EMAIL_URL should be an address of a mail server, such as"
            " smtp+tls://user:password@mail.example.org:587."
        ) from None
    if "@" not in DEFAULT_FROM_EMAIL:
        raise ImproperlyConfigured(
            "EMAIL_URL makes this site send mail: set DEFAULT_FROM_EMAIL to the address that it"
            " comes from, such as casebook@example.org."
        )


def _site_address() -> str:
    """What links in mails begin with: never what a request says of its host."""
    if SITE_URL:
        return SITE_URL
    host, port = HOST, PORT
    if not env("PORT", default=""):
        # Of the site that runs on this state folder, for a command beside it.
        try:
            running = json.loads((VAR_DIR / "run.json").read_text())
            host, port = running["host"], running["port"]
        except (OSError, ValueError, KeyError):
            pass
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


SITE_ADDRESS = _site_address()

ACCOUNT_ADAPTER = "learn.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*", "password2*"]
# Optional: nobody is locked out by a mail that never came, and most need no address at all.
ACCOUNT_EMAIL_VERIFICATION = "optional" if SENDS_MAIL else "none"
ACCOUNT_CHANGE_EMAIL = True
# "strict": several accounts may name one address, which only its owner can confirm. So no door
# says whether an address is known.
ACCOUNT_PREVENT_ENUMERATION = "strict"
# LIMITS are counted instead: allauth's own are by address alone, or by name alone.
ACCOUNT_RATE_LIMITS = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# Django's own: allauth's writes to the database when a link is only looked at.
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "django.contrib.auth.tokens.PasswordResetTokenGenerator"

# --- The API --------------------------------------------------------------------------------

# The contract's largest body is 2 MB; the API's parser enforces it with an answer of its own.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
MAX_BODY_BYTES = 2_000_000
# The form of a case has a field for each fact of each row: 1,800 for one with 58 claims, 24
# components and 33 flows, where Django's default is 1,000. A form with more is refused.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000

# Below /api/v1/, as its root is: the same for everybody, and changed by publishing alone.
PUBLIC_READS = (
    *("case-studies/", "companies/", "techniques/", "study-plans/", "topics/", "problems/"),
    *("claims/", "quantities/", "components/", "units/", "exports/", "search/", "compute/kinds/"),
    "digest/",
)
# Of these, what another day at the site's place changes too.
READS_OF_A_DAY = ("digest/",)

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest.authentication.TokenAuthentication",
        "rest.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],
    "DEFAULT_RENDERER_CLASSES": ["rest.json.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest.json.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "rest.pagination.PageNumberPagination",
    "DEFAULT_FILTER_BACKENDS": ["rest.filters.StrictFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "rest.schema.AutoSchema",
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "rest.negotiation.ContentNegotiation",
    "EXCEPTION_HANDLER": "config.errors.exception_handler",
    "DEFAULT_VERSIONING_CLASS": None,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
REST_KNOX = {
    "TOKEN_TTL": None,
    "AUTH_HEADER_PREFIX": "Token",
    "AUTO_REFRESH": False,
}
TOKEN_DAYS = env.int("TOKEN_DAYS", default=90)

CORS_ALLOW_ALL_ORIGINS = True
CORS_ALLOW_CREDENTIALS = False
CORS_URLS_REGEX = r"^/api/.*$"
CORS_ALLOW_HEADERS = [
    *("accept", "authorization", "content-type", "idempotency-key"),
    *("if-none-match", "prefer", "x-request-id"),
]
CORS_EXPOSE_HEADERS = [
    *("etag", "idempotency-replayed", "location", "preference-applied"),
    *("ratelimit", "ratelimit-policy", "retry-after", "x-request-id"),
]

SPECTACULAR_SETTINGS = {
    "TITLE": "Casebook",
    "DESCRIPTION": (
        "Case studies of real machine-learning systems, study plans, problems, and computed"
        " examples. Content is licensed CC BY 4.0.\n\n"
        "[Running jobs](/guide/jobs/) shows with curl, Python and JavaScript how to submit a job,"
        " wait for it, cancel it and send it again, and what each error means."
    ),
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
    # Fields that share a name.
    "ENUM_NAME_OVERRIDES": {
        "ClaimKindEnum": "kb.models.Claim.Kind",
        "FlowKindEnum": "kb.models.Flow.Kind",
        "ComponentKindEnum": "kb.api.case_serializers.KINDS",
        "ComponentStateEnum": "kb.models.Component.State",
        "StateEnum": "compute.work.State",
        "TopicStateEnum": "learn.next_steps.STATES",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "rest.schema.add_conventions",
    ],
    "PREPROCESSING_HOOKS": ["problems.api.explanations.offered_here"],
}

# --- Admin ----------------------------------------------------------------------------------

UNFOLD = {
    "SITE_TITLE": "Casebook",
    "SITE_HEADER": "Casebook",
    "SITE_SYMBOL": "menu_book",
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            "href": lambda _request: static("build/favicon.svg"),
        }
    ],
    "SHOW_HISTORY": True,
    "SIDEBAR": {
        "show_all_applications": True,
        "navigation": "kb.admin.navigation.sidebar",
    },
    # The panel above an entry's form links to its page.
    "SHOW_VIEW_ON_SITE": False,
    # The site's teal, from light to dark.
    "COLORS": {
        "primary": {
            "50": "#eff8fa",
            "100": "#d5edf1",
            "200": "#acdbe3",
            "300": "#6cc5d4",
            "400": "#3fa3b4",
            "500": "#1f8093",
            "600": "#0b5c6b",
            "700": "#0a4f5c",
            "800": "#09414b",
            "900": "#07343c",
            "950": "#04222a",
        }
    },
}

# --- Figures and logs ------------------------------------------------------------------------

# Whoever sends it as `Authorization: Bearer …` reads /metrics, as staff do. Empty: only staff do.
METRICS_TOKEN = env("METRICS_TOKEN", default="")

LOG_FORMAT = env("LOG_FORMAT", default="console" if DEBUG else "json")
if LOG_FORMAT not in FORMS:
    raise ImproperlyConfigured(f"LOG_FORMAT={LOG_FORMAT} should be one of {', '.join(FORMS)}.")
LOGGING_CONFIG = "config.logs.configure"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "config.logs.formatter", "form": LOG_FORMAT}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env("LOG_LEVEL", default="INFO")},
    "loggers": {
        # A bad request is the client's affair; the answer says what was wrong.
        "django.request": {"level": "ERROR"},
        "django.security": {"level": "CRITICAL"},
        # Celery's pool of processes, whose logger hands nothing on.
        "multiprocessing": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        # What a worker does with its message is in the line that compute/runner.py writes.
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        # The address of the model server is the operator's own affair.
        "httpx2": {"level": "WARNING"},
    },
}
