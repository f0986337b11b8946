"""All settings. `campaignos.environment` has the table of those that an operator can make, and reads them.

On SQLite nothing needs to be set: the secret key is made once and kept under `var/`. With a DATABASE_URL of
PostgreSQL, SECRET_KEY must be given, since several hosts have to share it.
"""

from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key
from whitenoise.compress import Compressor  # type: ignore[import-untyped]

from campaignos import __version__
from campaignos.environment import database, read_environment

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

env = read_environment(BASE_DIR)


def kept_secret_key() -> str:
    """The key under `var/`, made at the first start of an installation on SQLite."""
    path = VAR_DIR / "secret-key"
    VAR_DIR.mkdir(exist_ok=True)
    if not path.exists():
        # Of several processes that start at once, one gives its file the name, and no one sees it half-written.
        with NamedTemporaryFile("w", dir=VAR_DIR) as file, suppress(FileExistsError):
            file.write(get_random_secret_key())
            file.flush()
            path.hardlink_to(file.name)
    key = path.read_text()
    if not key:
        raise ImproperlyConfigured(f"{path} is empty: delete it, and a new key is made at the next start.")
    return key


DATABASES = {"default": database(env["DATABASE_URL"] or "sqlite:///var/campaignos.sqlite3", BASE_DIR)}
DATABASE_VENDOR = DATABASES["default"]["ENGINE"].rsplit(".", 1)[-1]
DATABASE_SOURCE = env.sources.get("DATABASE_URL", "DATABASE_URL is not set")
"""The place of the setting that names the database: the environment, a file, or none."""

LOCK_SECONDS = env["DATABASE_LOCK_SECONDS"]
STATEMENT_SECONDS = env["DATABASE_STATEMENT_SECONDS"]
LEDGER_CACHE_BYTES = 1_000_000 * env["LEDGER_CACHE_MB"]

if DATABASE_VENDOR == "sqlite3":
    VAR_DIR.mkdir(exist_ok=True)
    DATABASES["default"]["ENGINE"] = "campaignos.sqlite"
    DATABASES["default"]["CONN_MAX_AGE"] = None  # opening one, and reading the schema, takes 4 ms of each request
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": LOCK_SECONDS,
        "init_command": (
            # 16 MB for each connection, of which each thread keeps one: with 64 reports and imports took as long.
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16384; "
            # Changes are moved into the file 64 MB at a time: after each batch, commits took 23 instead of 14 µs a row.
            "PRAGMA wal_autocheckpoint=16384; PRAGMA journal_size_limit=134217728;"
        ),
    }
    DATABASES["default"]["TEST"] = {"NAME": VAR_DIR / "test.sqlite3"}  # in memory, threads would share one lock
else:
    from campaignos.postgresql import TRANSPORT, Connection

    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True  # the pool may hold connections to a server that was restarted
    DATABASES["default"]["OPTIONS"] = {
        **TRANSPORT,
        **DATABASES["default"].get("OPTIONS", {}),
        "options": f"-c lock_timeout={LOCK_SECONDS}s",
        "pool": {
            "min_size": 1,
            "max_size": env["DATABASE_POOL_SIZE"],
            "timeout": 5,
            "reconnect_timeout": 1,  # then it tries anew with the next request, and not after ever longer waits
            "connection_class": Connection,
        },
    }

WEB_DATABASE = database(env["WEB_DATABASE_URL"], BASE_DIR) if env["WEB_DATABASE_URL"] else {}
"""The pooler that the web server asks in place of the database itself; commands hold locks that no pooler keeps."""
if WEB_DATABASE and DATABASE_VENDOR != "postgresql":
    raise ImproperlyConfigured("WEB_DATABASE_URL is a pooler's before PostgreSQL; name that as DATABASE_URL, too.")

ROW_LEVEL_SECURITY = env["ROW_LEVEL_SECURITY"]
"""Whether PostgreSQL is told with each statement whose rows it is about; `manage.py protect` makes it go by that."""
if ROW_LEVEL_SECURITY:
    if DATABASE_VENDOR != "postgresql":
        raise ImproperlyConfigured("ROW_LEVEL_SECURITY is for PostgreSQL; SQLite has none. Leave it unset.")
    DATABASES["default"]["ENGINE"] = "workspaces.postgresql"

DEBUG = env["DEBUG"]
SECRET_KEY = env["SECRET_KEY"]
if not SECRET_KEY:
    if DATABASE_VENDOR != "sqlite3":
        raise ImproperlyConfigured("Set SECRET_KEY: a long random text, the same on every host.")
    SECRET_KEY = kept_secret_key()

SECRET_KEY_FALLBACKS = env["SECRET_KEY_FALLBACKS"]

ALLOWED_HOSTS = env["ALLOWED_HOSTS"]
WEBHOOK_NETWORKS = env["WEBHOOK_NETWORKS"]
CSRF_TRUSTED_ORIGINS = env["CSRF_TRUSTED_ORIGINS"]
HTTPS = env["HTTPS"]
SECURE_REDIRECT_EXEMPT = [
    r"^(?:healthz|readyz|metrics)/?$",  # asked from inside, without the proxy
    r"^(?:v1|hooks)/|^(?:batch|capture|e)/?$",  # a redirect would lose what is sent: they refuse it themselves
]
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_ENGINE = "workspaces.sessions"
SESSION_COOKIE_AGE = env["SESSION_MAX_HOURS"] * 3600
SESSION_IDLE_AGE = env["SESSION_IDLE_HOURS"] * 3600
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"

INSTALLED_APPS = [
    "workspaces.apps.AdministrationConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "workspaces",
    "analytics",
]

MIDDLEWARE = [
    "campaignos.middleware.RequestMiddleware",
    "workspaces.scope.ScopeMiddleware",
    "campaignos.middleware.HeadersMiddleware",
    "campaignos.compression.CompressionMiddleware",
    "campaignos.middleware.SentByHttpsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "campaignos.static_files.StaticFilesMiddleware",
    "campaignos.middleware.DatabaseAwayMiddleware",
    "campaignos.middleware.ConflictMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "workspaces.middleware.AccessMiddleware",
    "analytics.views.former_names.FormerNamesMiddleware",
    "analytics.views.disclosure.DisclosureMiddleware",
]

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "object-src": ["'none'"],
        "report-uri": ["/csp-report"],
    }
}

ROOT_URLCONF = "campaignos.urls"
WSGI_APPLICATION = "campaignos.wsgi.application"
APPEND_SLASH = False  # A redirect on an ingest route loses the SDK's event; every route takes both forms itself.

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "campaignos.page_parameters.parameter_notices",
                "campaignos.context.version",
            ],
        },
    },
]

AUTH_USER_MODEL = "workspaces.User"
CSRF_FAILURE_VIEW = "campaignos.errors.csrf_failure"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "account_login"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
PASSWORD_CHARACTERS = 12
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": PASSWORD_CHARACTERS},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "campaignos.passwords.OwnWordsValidator"},
]

OPEN_SIGNUP = env["OPEN_SIGNUP"]
STAFF_SECOND_FACTOR = env["STAFF_SECOND_FACTOR"]
AUDIT_IP = env["AUDIT_IP"]

ACCOUNT_ADAPTER = "workspaces.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory" if OPEN_SIGNUP else "none"  # users of staff and invitations are vouched for
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_FORMS = {
    "login": "workspaces.forms.LogInForm",
    "signup": "workspaces.forms.SignUpForm",
    "change_password": "workspaces.forms.ChangePasswordForm",
    "set_password": "workspaces.forms.SetPasswordForm",
    "reset_password": "workspaces.forms.ResetPasswordForm",
    "reset_password_from_key": "workspaces.forms.ResetPasswordKeyForm",
}
ACCOUNT_RATE_LIMITS = {"login": None, "reset_password": "20/m/ip"}  # the rest is in log_in_limits
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = "CampaignOS Analytics: "
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
ALLAUTH_TRUSTED_PROXY_COUNT = env["TRUSTED_PROXIES"]
MFA_ADAPTER = "workspaces.adapter.MFAAdapter"
MFA_FORMS = {
    "authenticate": "workspaces.forms.AuthenticateForm",
    "reauthenticate": "workspaces.forms.ReauthenticateForm",
    "add_webauthn": "workspaces.forms.NewPasskeyForm",
    "edit_webauthn": "workspaces.forms.PasskeyNameForm",
    "login_webauthn": "workspaces.forms.PasskeyLogInForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_TOTP_ISSUER = "CampaignOS Analytics"
MFA_TOTP_TOLERANCE = 1  # phones' clocks are half a minute off
MFA_RECOVERY_CODES_SHOW_ONCE = False
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not HTTPS  # browsers themselves allow it on localhost alone

CACHES = {
    "default": {  # what must hold across processes and hosts: how often somebody tried to log in
        "BACKEND": "campaignos.attempts.Attempts",
        "LOCATION": "cache",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    },
    "process": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "process",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    },
}

_EMAIL = env["EMAIL_URL"]
EMAIL_BACKEND = _EMAIL["EMAIL_BACKEND"]
EMAIL_HOST, EMAIL_PORT = _EMAIL.get("EMAIL_HOST") or "localhost", _EMAIL.get("EMAIL_PORT") or 25
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _EMAIL.get("EMAIL_HOST_USER") or "", _EMAIL.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS, EMAIL_USE_SSL = _EMAIL.get("EMAIL_USE_TLS", False), _EMAIL.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env["EMAIL_FROM"]

LANGUAGE_CODE = "en"
FORMAT_MODULE_PATH = "campaignos.formats"
TIME_ZONE = "UTC"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "campaignos.static_files.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True  # what was not collected is served, too
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_KEEP_ONLY_HASHED_FILES = True  # nobody asks for the others, which would be compressed too
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = [*Compressor.SKIP_COMPRESS_EXTENSIONS, "map"]  # three fifths of all bytes

MAX_BODY_BYTES = 5 * 1024 * 1024
"""The largest request body taken, after decompression: batches of SDKs and the bulk API."""
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_BODY_BYTES
MAX_UPLOAD_BYTES = 10 * 1024 * 1024
"""The largest file taken by a form, also after decompression."""
FILE_UPLOAD_HANDLERS = ["campaignos.uploads.InMemoryUploadHandler"]

REQUESTS_PER_SECOND = env["REQUESTS_PER_SECOND"]
"""How many requests a second a key may send to each server process, over ten seconds; 0 for any number."""

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["workspaces.access.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["campaignos.bodies.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "campaignos.schema.ApiSchema",
    "EXCEPTION_HANDLER": "campaignos.errors.api_error_response",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}

SPECTACULAR_SETTINGS = {
    "OAS_VERSION": "3.1.1",
    "TITLE": "CampaignOS Analytics",
    "VERSION": __version__,
    "SERVERS": [
        {"url": "/", "description": "Where this is read."},
        {
            "url": "{origin}",
            "description": "Where else it is installed.",
            "variables": {"origin": {"default": "http://localhost:8000", "description": "Without a last slash."}},
        },
    ],
    "SCHEMA_PATH_PREFIX": "/api",
    "CAMELIZE_NAMES": True,
    "COMPONENT_SPLIT_PATCH": False,
    "SORT_OPERATION_PARAMETERS": False,
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_AUTHENTICATION": [],
    "PREPROCESSING_HOOKS": ["campaignos.schema.without_last_slash"],
    "POSTPROCESSING_HOOKS": [
        "analytics.intake.schema.with_ingest_routes",
        "analytics.api.examples.with_examples",
        "campaignos.schema.with_what_is_common",
    ],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "docExpansion": "none", "validatorUrl": None},
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {"()": "campaignos.logs.JsonFormatter"},
        "line": {"()": "campaignos.logs.LineFormatter"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": env["LOG_FORMAT"]}},
    "root": {"handlers": ["console"], "level": env["LOG_LEVEL"]},
    "loggers": {
        "django": {"handlers": [], "propagate": True},  # its own handlers are the debug server's and mail to admins
        "django.request": {"level": "ERROR"},  # refusals are in each request's own line
    },
}

METRICS_TOKEN = env["METRICS_TOKEN"]
"""Whoever sends it as bearer token reads /metrics; without one nobody does."""

BACKUP_FILE = env["BACKUP_FILE"]
"""The newest backup, of which `doctor` and `/metrics` tell the age; empty where nobody has named one."""

SENTRY_DSN = env["SENTRY_DSN"]
if SENTRY_DSN:
    from campaignos.sentry import report_errors

    report_errors(SENTRY_DSN, environment=env["SENTRY_ENVIRONMENT"])
