"""Make the peer's tables, its label, its rows and a token, which is printed."""

import os

import peer  # noqa: F401 it configures Django
from django.apps import apps
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django_tenants.utils import schema_context
from rest_framework.authtoken.models import Token

releases, tracks = map(int, os.environ["PEER_ROWS"].split("x"))
call_command("migrate_schemas", "--shared", run_syncdb=True, verbosity=0)
label, host = apps.get_model("tenants", "Label"), apps.get_model("tenants", "Host")
one = label(schema_name="peer")
one.save(verbosity=0)
host.objects.create(domain="peer.localhost", tenant=one, is_primary=True)
with schema_context("peer"):
    with connection.schema_editor() as editor:
        for name in ("Release", "Recording", "Track"):
            editor.create_model(apps.get_model("catalogue", name))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO catalogue_release (id, title) SELECT gen_random_uuid(), 'Release ' || n "
            "FROM generate_series(1, %s) n",
            [releases],
        )
        cursor.execute(
            "INSERT INTO catalogue_recording (id, title, artist_line, isrc, duration_ms, parental) "
            "SELECT gen_random_uuid(), 'Track ' || n, 'Artist ' || n %% 20, 'DEA0126' || lpad(n::text, 5, '0'), "
            "200000, 'none' FROM generate_series(1, %s) n",
            [releases * tracks],
        )
        cursor.execute(
            "INSERT INTO catalogue_track (id, release_id, recording_id, disc, number, is_preorder_only, "
            "is_instant_grat, created_at, updated_at) SELECT gen_random_uuid(), r.id, c.id, 1, 1, false, false, now(), "
            "now() FROM catalogue_recording c CROSS JOIN LATERAL (SELECT id FROM catalogue_release LIMIT 1) r"
        )
        cursor.execute("ANALYZE")
    print(Token.objects.create(user=User.objects.create(username="program")).key)
