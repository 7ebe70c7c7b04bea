"""One settings file: safe for production by default, relaxed only by the environment."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent


def env(name: str, default: str | None = None) -> str:
    """The environment's value; without a default a missing one stops the start."""
    value = os.environ.get(name, default)
    if value is None:
        raise ImproperlyConfigured(f"Set the environment variable {name}.")
    return value


def env_flag(name: str, default: bool = False) -> bool:
    """True for 1, true, yes, on."""
    return env(name, "1" if default else "0").lower() in {"1", "true", "yes", "on"}


def env_list(name: str, default: str = "") -> list[str]:
    """Comma-separated values without blanks."""
    return [part.strip() for part in env(name, default).split(",") if part.strip()]


def database(url: str) -> dict[str, Any]:
    """Django's settings for a postgresql:// URL; a unix socket folder goes into ?host=."""
    parts = urlsplit(url)
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    of_url = {name: query.pop(name, "") for name in ("user", "password", "host", "port")}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "sightglass",
        "USER": unquote(parts.username or of_url["user"]),
        "PASSWORD": unquote(parts.password or of_url["password"]),
        "HOST": parts.hostname or of_url["host"],
        "PORT": str(parts.port or of_url["port"]),
        "OPTIONS": query,  # what is left is for the driver: sslmode, sslrootcert, connect_timeout
    }


def file_store() -> dict[str, Any]:
    """Where files are kept: in the data folder, or in a bucket of any S3-compatible store."""
    bucket = env("S3_BUCKET", "")
    if not bucket:
        return {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": bucket,
            "location": env("S3_PREFIX", ""),
            "endpoint_url": env("S3_ENDPOINT", "") or None,
            "region_name": env("S3_REGION", "") or None,
            # Without these two, the machine's own role or the usual AWS files are asked.
            "access_key": env("S3_ACCESS_KEY", "") or None,
            "secret_key": env("S3_SECRET_KEY", "") or None,
            # Nobody reads without us: objects are private, and any address is signed and short-lived.
            # A bucket that knows no access lists wants S3_ACL empty; it must then be private itself.
            "default_acl": env("S3_ACL", "private") or None,
            "querystring_auth": True,
            "querystring_expire": 300,
            "signature_version": "s3v4",
            "addressing_style": env("S3_ADDRESSING", "auto"),
            "file_overwrite": False,
        },
    }


# Where things are ------------------------------------------------------------------------------
DATA_DIR = Path(env("SIGHTGLASS_DATA", str(BASE_DIR / "data")))
MEDIA_ROOT = DATA_DIR / "files"
MEDIA_URL = ""  # files are private: pages hand them out after asking who wants them
STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"

# Secrets and doors -----------------------------------------------------------------------------
LOCAL = env_flag("SIGHTGLASS_LOCAL")  # set by `manage.py up` and `manage.py test`
DEBUG = env_flag("DEBUG")
SECRET_KEY = env("SECRET_KEY")
SECRET_KEY_FALLBACKS = env_list("SECRET_KEY_FALLBACKS")
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", "*" if LOCAL else "")
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS")
# Where browsers find the live stream: a path behind a reverse proxy, or the port beside ours.
LIVE_PORT = int(env("SIGHTGLASS_LIVE_PORT", "0"))
LIVE_PATH = "/live/"

# The house -------------------------------------------------------------------------------------
APPS = ["fsm", "customers", "equipment", "inventory", "sensors", "dispatch", "billing"]
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",  # our own field templates come before Django's
    "axes",
    "csp",
    "django_filters",
    "django_htmx",
    "django_otp",
    "django_otp.plugins.otp_static",
    "django_otp.plugins.otp_totp",
    "django_q",
    "drf_spectacular",
    "rest_framework",
    "simple_history",
    *APPS,
    "fsm.admin_config.HouseAdminConfig",  # last: every app has said by then what it offers
]
AUTH_USER_MODEL = "fsm.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "fsm.urls"
WSGI_APPLICATION = "fsm.wsgi.application"
ASGI_APPLICATION = "fsm.asgi.application"
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "fsm.web.middleware.renew_session",
    "fsm.web.middleware.attribute_request",
    "fsm.web.middleware.answer_refusals",
    "axes.middleware.AxesMiddleware",  # the last one: who is locked out gets the log-in page that says so
]
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
                "fsm.web.context.house",
            ],
            "builtins": [
                "fsm.templatetags.house",
                "fsm.templatetags.ui",
                "django.templatetags.i18n",
                "django.templatetags.static",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# Data ------------------------------------------------------------------------------------------
_DATABASE = database(env("DATABASE_URL"))
DATABASES = {
    "default": {
        **_DATABASE,
        "CONN_MAX_AGE": 0,
        "CONN_HEALTH_CHECKS": True,  # a database that restarted costs nobody an error page
        "ATOMIC_REQUESTS": False,
        "OPTIONS": {
            **_DATABASE["OPTIONS"],
            "application_name": "sightglass",
            # How alike a misspelt name must be to be offered (the server's own 0.6 misses "Jonson").
            "options": "-c pg_trgm.word_similarity_threshold=0.45",
            # A pool only where one process answers many requests; commands and tests keep one connection.
            **(
                {"pool": {"min_size": 1, "max_size": int(env("SIGHTGLASS_POOL_SIZE", "8")), "timeout": 20}}
                if env_flag("SIGHTGLASS_POOL")
                else {}
            ),
        },
        "TEST": {"NAME": env("SIGHTGLASS_TEST_DATABASE", "test_sightglass")},
    }
}
if not env_flag("SIGHTGLASS_POOL"):
    DATABASES["default"]["CONN_MAX_AGE"] = 60
SIMPLE_HISTORY_DATE_INDEX = False
Q_TIERS = {
    "critical": {"timeout": 20, "retry": 40, "workers": 1, "queue_limit": 1, "bulk": 1},
    "standard": {"timeout": 120, "retry": 180, "workers": 1, "queue_limit": 1, "bulk": 1},
    "analytical": {"timeout": 3600, "retry": 3700, "workers": 1, "queue_limit": 1, "bulk": 1},
}
Q_CLUSTER = {
    # One name for the whole site: it salts the signature of every queued task.
    "name": "sightglass",
    "orm": "default",
    "catch_up": False,
    "max_attempts": 5,
    "ack_failures": False,
    "save_limit": -1,
    "poll": 0.2,
    "label": "Tasks",
    **Q_TIERS["standard"],
    "ALT_CLUSTERS": Q_TIERS,
}

# People ----------------------------------------------------------------------------------------
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["username", "name", "email"]},
    },
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "fsm:log-in"
LOGIN_REDIRECT_URL = "fsm:home"
LOGOUT_REDIRECT_URL = "fsm:log-in"
SESSION_ENGINE = "fsm.sessions"
SESSION_COOKIE_AGE = 14 * 24 * 3600  # a phone stays signed in over days off; each use renews it
SESSION_SAVE_EVERY_REQUEST = False
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"

# Five failures of a name from an address, and the two are locked for a quarter of an hour.
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "fsm.web.session.locked_out"
AXES_CLIENT_IP_CALLABLE = "fsm.lockouts.client_address"
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "code", "csrfmiddlewaretoken"]
AXES_DISABLE_ACCESS_LOG = True  # who signed in where is in our own table
AXES_ENABLE_ADMIN = AXES_VERBOSE = False
# How many proxies of ours stand in front, each adding the sender's address to X-Forwarded-For.
TRUSTED_PROXIES = int(env("TRUSTED_PROXIES", "0" if LOCAL else "1"))
# Where people find us, for links in e-mail; empty: at the address of the request that asked for the link.
SITE_URL = env("SITE_URL", "").rstrip("/")

# Language and time -----------------------------------------------------------------------------
LANGUAGE_CODE = "en-us"
LANGUAGES = [("en-us", _("English")), ("es", _("Spanish"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# What leaves the house -------------------------------------------------------------------------
EMAIL_BACKEND = env("EMAIL_BACKEND", "django.core.mail.backends.filebased.EmailBackend")
EMAIL_FILE_PATH = str(DATA_DIR / "mail")
EMAIL_HOST = env("EMAIL_HOST", "localhost")
EMAIL_PORT = int(env("EMAIL_PORT", "25"))
EMAIL_HOST_USER = env("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env_flag("EMAIL_USE_TLS")
# Who says where an address is: census, nominatim (with GEOCODER_URL), or nobody but the ZIP table.
GEOCODER = env("GEOCODER", "")
GEOCODER_URL = env("GEOCODER_URL", "")
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", "office@sightglass.example")
SMS_BACKEND = env("SMS_BACKEND", "file")  # file: into the data folder; twilio: by Twilio's API
TWILIO_API_URL = env("TWILIO_API_URL", "https://api.twilio.com")
TWILIO_ACCOUNT_SID = env("TWILIO_ACCOUNT_SID", "")
TWILIO_AUTH_TOKEN = env("TWILIO_AUTH_TOKEN", "")  # also proves that a webhook's request is Twilio's
TWILIO_MESSAGING_SERVICE_SID = env("TWILIO_MESSAGING_SERVICE_SID", "")

# Files and uploads -----------------------------------------------------------------------------
STATICFILES_DIRS: list[str] = []
STORAGES: dict[str, dict[str, Any]] = {
    "default": file_store(),
    "staticfiles": {
        "BACKEND": "fsm.static_storage.HouseStaticStorage"
        if not DEBUG
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEBUG
FILE_UPLOAD_PERMISSIONS = 0o600
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
UPLOAD_LIMIT = 50 * 1024 * 1024  # bytes of a whole request; larger ones are refused before they are read

# Programs --------------------------------------------------------------------------------------
API_RATES = {"read": 600, "write": 240}  # requests a minute a person
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["fsm.api.auth.ByToken", "fsm.api.auth.BySession"],
    "DEFAULT_PERMISSION_CLASSES": ["fsm.api.auth.ByCapability"],
    "DEFAULT_THROTTLE_CLASSES": ["fsm.api.throttle.PerPerson"],
    "DEFAULT_PARSER_CLASSES": ["fsm.api.parsing.JsonBody"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "fsm.api.parsing.AlwaysJson",
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_SCHEMA_CLASS": "fsm.api.schema.HouseSchema",
    "EXCEPTION_HANDLER": "fsm.api.errors.answer",
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Sightglass",
    "DESCRIPTION": "Everything the pages do, for programs: the same rules, filters and permissions.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SCHEMA_PATH_PREFIX": "/api/",
    "COMPONENT_SPLIT_REQUEST": False,
    "ENFORCE_NON_BLANK_FIELDS": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "POSTPROCESSING_HOOKS": ["fsm.api.schema.exact"],
    "PREPROCESSING_HOOKS": ["fsm.api.schema.described"],
    "SORT_OPERATION_PARAMETERS": False,
}

# Browser rules ---------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        # The live stream of a local installation answers on the port beside ours.
        "connect-src": [SELF, *([f"http://*:{LIVE_PORT}"] if LIVE_PORT else [])],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
if not LOCAL:
    SECURE_SSL_REDIRECT = env_flag("SECURE_SSL_REDIRECT", default=True)
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True

MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
CURRENCY = "USD"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env("LOG_LEVEL", "WARNING")},
}
