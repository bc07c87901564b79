"""What the API records, in words."""

from __future__ import annotations

from app.kernel.activity.meanings import tell
from app.kernel.sentences import sentence

tell("api.client_made", sentence("A program was given access"), hears="api.clients")
tell("api.client_changed", sentence("What a program may do was changed"), hears="api.clients")
tell("api.client_revoked", sentence("A program's access was taken away"), hears="api.clients")
tell("api.secret_rotated", sentence("A program was given a new secret"))
tell("api.secret_ended", sentence("A program's old secrets were ended"))
tell("api.consent_given", sentence("A program was allowed to act in somebody's name"))
tell("api.consent_withdrawn", sentence("A program may not act in somebody's name any more"))
tell("api.family_revoked", sentence("A program gave its access in somebody's name back"))
tell(
    "api.family_replayed",
    sentence("A program's access in somebody's name was ended: a secret of it was used twice"),
    hears="api.clients",
)
tell("api.token_revoked", sentence("A program gave an access token back"))
tell("api.key_rotated", sentence("The key that signs access tokens was replaced"))
tell("webhook_endpoint.made", sentence("Events are sent to a new address"), hears="api.clients")
tell("webhook_endpoint.changed", sentence("Where events are sent was changed"), hears="api.clients")
tell("webhook_endpoint.removed", sentence("An address is sent no events any more"), hears="api.clients")
tell("webhook_endpoint.rotated", sentence("The secret of an address for events was replaced"))
tell("webhook_endpoint.enabled", sentence("An address is sent events again"))
tell("webhook_endpoint.disabled", sentence("An address for events was switched off"), hears="api.clients", asks=True)
tell("webhook.tested", sentence("An address for events was tried"))
tell("webhook.redelivered", sentence("Events were sent again"))
tell("bulk_job.asked", sentence("A program asked for many changes at once"))
tell("bulk_job.cancelled", sentence("Many changes at once were stopped"))
tell("bulk_job.finished", sentence("Many changes at once came to their end"), hears="api.clients")
tell("data_export.asked", sentence("Data was asked for as a file"))
tell("data_export.ready", sentence("Data that was asked for is ready as a file"), hears="api.clients")
