"""The peer of the API's benchmark: the same list in Django REST framework on django-tenants, in one file.

It is written as its own documentation writes it: a tenant by host, token authentication, a model serializer, a cursor.
It runs in an environment of its own; none of these packages are among the product's.
"""

from __future__ import annotations

import os
import sys

import django
from django.conf import settings

APPS = ("django_tenants", "django.contrib.contenttypes", "django.contrib.auth", "rest_framework",
        "rest_framework.authtoken", "catalogue")  # fmt: skip
sys.modules.setdefault("peer", sys.modules[__name__])

settings.configure(
    SECRET_KEY="of a benchmark",
    DEBUG=False,
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF="catalogue.urls",
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
    SHARED_APPS=["django_tenants", "catalogue.tenants"],
    TENANT_APPS=list(APPS[1:]),
    INSTALLED_APPS=[*APPS, "catalogue.tenants"],
    TENANT_MODEL="tenants.Label",
    TENANT_DOMAIN_MODEL="tenants.Host",
    DATABASE_ROUTERS=["django_tenants.routers.TenantSyncRouter"],
    MIDDLEWARE=["django_tenants.middleware.main.TenantMainMiddleware", "django.middleware.common.CommonMiddleware"],
    DATABASES={
        "default": {
            "ENGINE": "django_tenants.postgresql_backend",
            "NAME": "peer",
            "USER": "postgres",
            "HOST": os.environ["PEER_HOST"],
            "CONN_MAX_AGE": None,
        }
    },
    REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.TokenAuthentication"],
        "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    },
)
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402 settings first

application = get_wsgi_application()
