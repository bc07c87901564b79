"""What the API records, in words."""

from __future__ import annotations

from app.kernel.activity.meanings import tell
from app.kernel.sentences import sentence

tell("api.client_made", sentence("A program was given access"), hears="api.clients")
tell("api.client_changed", sentence("What a program may do was changed"), hears="api.clients")
tell("api.client_revoked", sentence("A program's access was taken away"), hears="api.clients")
tell("api.secret_rotated", sentence("A program was given a new secret"))
tell("api.secret_ended", sentence("A program's old secrets were ended"))
tell("api.key_rotated", sentence("The key that signs access tokens was replaced"))
