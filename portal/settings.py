"""All settings. Everything has a default that works after a clone; what differs comes from the environment, `.env`, or NAME_FILE."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from portal.local_secrets import ensure_local_secrets
from portal.logs import join_structlog

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.FileAwareEnv()
env.read_env(BASE_DIR / ".env")

DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "data")))
DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)

# ---- secrets -------------------------------------------------------------------------------------------------------
if not all(name in env.ENVIRON or f"{name}_FILE" in env.ENVIRON for name in ("SECRET_KEY", "TOKEN_KEYS")):
    env.read_env(ensure_local_secrets(BASE_DIR / ".secrets.env"))

SECRET_KEY = env.str("SECRET_KEY")
TOKEN_KEYS: list[str] = env.list("TOKEN_KEYS")

# ---- where we are --------------------------------------------------------------------------------------------------
DEBUG = env.bool("DEBUG", default=False)
PORTS = {
    "web": env.int("WEB_PORT", default=8000),
    "hubspot": env.int("HUBSPOT_SANDBOX_PORT", default=8001),
    "quickbooks": env.int("QUICKBOOKS_SANDBOX_PORT", default=8002),
}
SITE_URL = env.str("SITE_URL", default=f"http://localhost:{PORTS['web']}").rstrip("/")
_site = urlsplit(SITE_URL)
if _site.scheme not in ("http", "https") or not _site.hostname or _site.path:
    raise ImproperlyConfigured("SITE_URL must look like https://tandem.example.com, without a path.")
HTTPS = _site.scheme == "https"
ALLOWED_HOSTS = list(dict.fromkeys([_site.hostname, "localhost", "127.0.0.1"]))
CSRF_TRUSTED_ORIGINS = [SITE_URL]

# ---- the two providers ---------------------------------------------------------------------------------------------
PROVIDERS = env.str("PROVIDERS", default="sandbox")
if PROVIDERS not in ("sandbox", "live", "custom"):
    raise ImproperlyConfigured("PROVIDERS must be sandbox, live or custom.")
# 0 asks the simulations as fast as they answer: for benchmarks of simulations without limits.
SANDBOX_PACE = env.float("SANDBOX_PACE", default=1.0)
SANDBOX_URLS = {
    "hubspot": env.str("HUBSPOT_SANDBOX_URL", default=f"http://127.0.0.1:{PORTS['hubspot']}").rstrip("/"),
    "quickbooks": env.str("QUICKBOOKS_SANDBOX_URL", default=f"http://127.0.0.1:{PORTS['quickbooks']}").rstrip("/"),
}
QUICKBOOKS_ENVIRONMENT = env.str("QUICKBOOKS_ENVIRONMENT", default="production")
if QUICKBOOKS_ENVIRONMENT not in ("production", "sandbox"):
    raise ImproperlyConfigured("QUICKBOOKS_ENVIRONMENT must be production or sandbox.")
PROVIDER_TRIAL = {"hubspot": False, "quickbooks": QUICKBOOKS_ENVIRONMENT == "sandbox"}
PROVIDER_URLS = {
    "hubspot": {part: env.str(f"HUBSPOT_{part.upper()}_URL", default="") for part in ("api", "authorize")},
    "quickbooks": {part: env.str(f"QUICKBOOKS_{part.upper()}_URL", default="") for part in ("api", "authorize", "token", "revoke", "userinfo")},
}
PROVIDER_CLIENTS = {
    "hubspot": (env.str("HUBSPOT_CLIENT_ID", default=""), env.str("HUBSPOT_CLIENT_SECRET", default="")),
    "quickbooks": (env.str("QUICKBOOKS_CLIENT_ID", default=""), env.str("QUICKBOOKS_CLIENT_SECRET", default="")),
}
# HubSpot signs with the app's client secret. While a secret is exchanged for another, both are accepted: the new one first.
WEBHOOK_SECRETS = {
    "hubspot": [PROVIDER_CLIENTS["hubspot"][1], *env.list("HUBSPOT_PREVIOUS_CLIENT_SECRET", default=[])],
    "quickbooks": env.list("QUICKBOOKS_WEBHOOK_VERIFIER", default=[]),
}

# ---- Django --------------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "syncconfig",
    "portal.consent",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "csp",
    "django_filters",
    "django_htmx",
    "django_q",
    "portal",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "portal.middleware.no_store",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "portal.middleware.session_limits",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
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
            ],
        },
    }
]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# ---- database, cache, queue ----------------------------------------------------------------------------------------
DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'tandem.sqlite3'}")}
DATABASES["default"] |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # IMMEDIATE decides: a read transaction that later writes fails at once under WAL, however long the timeout.
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }

# Files people exported, for their owners only; web and worker need the same folder.
EXPORT_DIR = Path(env.str("EXPORT_DIR", default=str(DATA_DIR / "exports")))

REDIS_URL = env.str("REDIS_URL", default="")
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "portal_cache"}
}
# Rows decide what is due and what runs; the queue only wakes a worker. So: one attempt, no catching up, nothing held back by prefetching.
# How often each app is asked for changes, and how often everything is compared. QuickBooks meters what is read: five minutes is its budget.
POLL_SECONDS = {
    "hubspot": env.int("HUBSPOT_POLL_SECONDS", default=60),
    "quickbooks": env.int("QUICKBOOKS_POLL_SECONDS", default=300),
}
SYNC_COMPARE_SECONDS = env.int("SYNC_COMPARE_SECONDS", default=24 * 3600)

Q_CLUSTER = {
    "name": "tandem",
    "workers": env.int("WORKERS", default=2),
    "timeout": 300,
    "retry": 600,
    "queue_limit": 1,
    "bulk": 1,
    "catch_up": False,
    "save_limit": 20,
    "recycle": 200,
    "max_attempts": 1,
    "ack_failures": True,
    "poll": 0.5,
    "ALT_CLUSTERS": {},
    **({"redis": REDIS_URL} if REDIS_URL else {"orm": "default"}),
}

# ---- language and time ---------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("sv", "Svenska")]
LOCALE_PATHS = [BASE_DIR / "portal" / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.str("TIME_ZONE", default="UTC")

# ---- static files: served from where they lie, so that no build step is needed --------------------------------------
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_ALLOW_ALL_ORIGINS = False

# ---- sign-in -------------------------------------------------------------------------------------------------------
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend", "allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_ADAPTER = "portal.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = _site.scheme
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "10/m/ip,5/300s/key"}
MFA_ADAPTER = "portal.accounts.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Tandem"
SOCIALACCOUNT_ADAPTER = "portal.consent.adapter.ConsentAdapter"
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_REQUESTS_TIMEOUT = 15
PASSWORD_RESET_TIMEOUT = 60 * 60
EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
DEFAULT_FROM_EMAIL = env.str("EMAIL_FROM", default=f"Tandem <tandem@{_site.hostname}>")

# ---- sessions and cookies ------------------------------------------------------------------------------------------
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_IDLE_SECONDS = 60 * env.int("SESSION_IDLE_MINUTES", default=30)
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
if HTTPS:  # browsers keep a __Host- cookie only over HTTPS
    SESSION_COOKIE_NAME = "__Host-session"
    CSRF_COOKIE_NAME = "__Host-csrf"
    LANGUAGE_COOKIE_NAME = "__Host-language"

# ---- browser protection --------------------------------------------------------------------------------------------
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=1 if HTTPS else 0)
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
if HTTPS:
    SECURE_SSL_REDIRECT = True
    # Nobody who calls a webhook over plain HTTP may be sent on with it: these addresses refuse by themselves.
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^webhooks/"]
    SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "connect-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'"],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

# ---- logs ----------------------------------------------------------------------------------------------------------
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO").upper()
LOG_FORMAT = env.str("LOG_FORMAT", default="text")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"redacted": {"()": "portal.logs.formatter", "style": LOG_FORMAT}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "redacted"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": [], "level": LOG_LEVEL, "propagate": True},
        "django.server": {"handlers": [], "propagate": True},
        "django-q": {"handlers": [], "level": "WARNING" if LOG_LEVEL == "INFO" else LOG_LEVEL, "propagate": True},
        "urllib3": {"level": "WARNING"},  # its DEBUG lines hold whole addresses, and a query may hold a person's data
        "django.db.backends": {"level": "WARNING"},  # its DEBUG lines hold the values of every statement
    },
}
join_structlog()
