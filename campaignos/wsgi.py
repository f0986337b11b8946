"""The WSGI application that gunicorn serves."""

import gc
import logging
import os

import django
from django.conf import settings
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "campaignos.settings")

django.setup(set_prefix=False)
from campaignos.requests import Handler  # noqa: E402  reads the settings
from campaignos.static_files import StaticFilesStorage  # noqa: E402

application = Handler()
if not (settings.STATIC_ROOT / StaticFilesStorage.manifest_name).exists():
    logging.getLogger(__name__).warning(
        "Static files are not collected: browsers get them, but uncompressed, and again and again. "
        "Run `manage.py collectstatic` and start again."
    )
if settings.DATABASE_VENDOR == "postgresql":
    from campaignos.postgresql import ask_pooler, limit_statements

    if settings.WEB_DATABASE:
        ask_pooler(settings.DATABASES["default"], settings.WEB_DATABASE, settings.STATEMENT_SECONDS)
    else:
        limit_statements(settings.DATABASES["default"]["OPTIONS"], settings.STATEMENT_SECONDS)
get_resolver().url_patterns  # noqa: B018  brings in every view now, for which the first request would wait
gc.collect()
gc.freeze()  # what is there now stays; to look through it for garbage would hold up a request for a tenth of a second
gc.set_threshold(50_000, 20, 20)  # a report makes many objects: looking among them for garbage took a third of its time
