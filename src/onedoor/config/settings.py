"""Settings, all from the environment; `onedoor up` and `./run` set what a newcomer need not know."""

from __future__ import annotations

from pathlib import Path

import environs

from onedoor.config import log

env = environs.Env()

ROOT = Path(__file__).resolve().parents[3]
HOME = Path(env.str("ONEDOOR_HOME", str(ROOT / ".onedoor")))

SECRET_KEY = env.str("ONEDOOR_SECRET_KEY", "not-secret: only for tests and tools")
DEMONSTRATION = env.bool("ONEDOOR_DEMO", False)
"""One-click sign-in and the settable clock exist only in a demonstration."""
MESH_POLL_SECONDS = env.float("ONEDOOR_MESH_POLL_SECONDS", 3.0 if DEMONSTRATION else 300.0)
"""How often an inbox is looked at: live about every five minutes (interop.md 1.3)."""
DEMO_TOKEN = env.str("ONEDOOR_DEMO_TOKEN", "")
DEBUG = False
EXTRACT_DUE_DAY = env.int("ONEDOOR_EXTRACT_DUE_DAY", 10)
"""The day of the next month, 1 to 28, by which a month's extract is due. Ours: no source names one."""

ALLOWED_HOSTS = env.list("ONEDOOR_HOSTS", ["127.0.0.1", "localhost", "testserver"])
CSRF_TRUSTED_ORIGINS: list[str] = env.list("ONEDOOR_ORIGINS", [])

PUBLIC_ADDRESS = env.str(
    "ONEDOOR_ADDRESS",
    CSRF_TRUSTED_ORIGINS[0] if CSRF_TRUSTED_ORIGINS else env.str("ONEDOOR_URL", "") or "http://127.0.0.1:8000",
).rstrip("/")
"""Where patients find us: the beginning of the links in texts."""

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "onedoor.kernel",
    "onedoor.accounts",
    "onedoor.patients",
    "onedoor.records",
    "onedoor.tasks",
    "onedoor.directory",
    "onedoor.documents",
    "onedoor.messaging",
    "onedoor.questionnaires",
    "onedoor.booking",
    "onedoor.referrals",
    "onedoor.calls",
    "onedoor.recall",
    "onedoor.exchange",
    "onedoor.reporting",
    "onedoor.ui",
    "onedoor.staff",
    "onedoor.portal",
]

_database_url = env.str("DATABASE_URL", "postgresql:///onedoor")
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "",
        "OPTIONS": {},
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        # A template is a database that has been migrated before: copying it takes a second, migrating half a minute.
        "TEST": {
            "NAME": env.str("ONEDOOR_TEST_DATABASE", "test_onedoor"),
            "TEMPLATE": env.str("ONEDOOR_TEST_TEMPLATE", "") or None,
        },
    }
}


def _read_database_url(url: str) -> None:
    """libpq reads the whole URL (sockets, TLS and all); Django only needs its parts."""
    from psycopg.conninfo import conninfo_to_dict

    parts = conninfo_to_dict(url)
    database = DATABASES["default"]
    database["NAME"] = str(parts.pop("dbname", None) or "onedoor")
    for key, name in (("USER", "user"), ("PASSWORD", "password"), ("HOST", "host"), ("PORT", "port")):
        database[key] = str(parts.pop(name, None) or "")
    database["OPTIONS"] = {key: value for key, value in parts.items() if value is not None}


_read_database_url(_database_url)

AUTH_USER_MODEL = "accounts.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
USE_TZ = True
TIME_ZONE = "Europe/London"
LANGUAGE_CODE = "en-gb"
USE_I18N = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "onedoor.ui.nul.NoNul",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "onedoor.ui.access.ClosedByDefault",
]
ROOT_URLCONF = "onedoor.config.urls"
WSGI_APPLICATION = "onedoor.config.wsgi.application"

SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = env.bool("ONEDOOR_HTTPS", False)
CSRF_COOKIE_SECURE = SESSION_COOKIE_SECURE
LOGIN_URL = "signin"
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"
DATA_UPLOAD_MAX_MEMORY_SIZE = 25 * 1024 * 1024

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "APP_DIRS": False,
        "DIRS": [ROOT / "src/onedoor" / package / "templates" for package in ("ui", "staff", "portal")],
        "OPTIONS": {
            "environment": "onedoor.ui.jinja.environment",
            "context_processors": ["django.template.context_processors.request"],
        },
    },
]

# Images must stand at /assets/images for the NHS stylesheet to find them (house-style.md 3.2).
STATIC_URL = "/assets/"
STATIC_ROOT = HOME / "static"
STATICFILES_DIRS = [HOME / "assets"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if env.str("ONEDOOR_ASSETS", "built") == "built"
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_MAX_AGE = 3600

_PAGE_SCRIPT = "'sha256-tDOvXJi1PXbg0CWjLCCYSNHRXtps26K4JXkE3M6u/c0='"
"""The one inline script of the NHS page template; a test works it out anew from the installed package."""
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'", _PAGE_SCRIPT],
        "img-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

LOGGING_CONFIG = None
log.configure()
