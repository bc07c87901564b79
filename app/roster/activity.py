"""What the roster records, in words."""

from __future__ import annotations

from app.kernel.activity.meanings import tell
from app.kernel.activity.subjects import is_about
from app.kernel.sentences import sentence
from app.roster.models import Artist, Imprint, Party
from app.roster.policies import may_see_artist, may_see_imprint
from app.roster.policies.parties import may_see_party

is_about("artist", Artist.id, may_see_artist, href="/portal/artists/{}", name=Artist.name)
is_about("imprint", Imprint.id, may_see_imprint, href="/portal/artists/imprints", name=Imprint.name)
is_about("party", Party.id, may_see_party, href="/portal/parties/{}", name=Party.legal_name)

tell("artist.added", sentence("An artist joined the roster"), hears="catalog.view")
tell("artist.changed", sentence("An artist was changed"))
tell("artist.leaving", sentence("An artist leaves the roster"), hears="catalog.edit")
tell("artist.left", sentence("An artist left the roster"), hears="catalog.edit")
tell("grant.offered", sentence("Somebody was asked to act for an artist"), hears="team.invite")
tell("grant.accepted", sentence("Somebody acts for an artist from now on"), hears="team.invite")
tell("grant.ended", sentence("Somebody does not act for an artist any more"), hears="team.invite")
tell("party.added", sentence("A legal person was added"), hears="contracts.edit")
tell("party.changed", sentence("A legal person was changed"), hears="contracts.edit")
tell("party.removed", sentence("A legal person was removed"), hears="contracts.edit")
tell("payee.added", sentence("A payee was added"), hears="payouts.prepare")
tell("payee.removed", sentence("A payee was removed"), hears="payouts.prepare")
tell("imprint.added", sentence("An imprint was added"), hears="catalog.edit")
tell("imprint.changed", sentence("An imprint was changed"))
tell("imprint.removed", sentence("An imprint was removed"), hears="catalog.edit")
tell("roster.exported", sentence("The roster was exported"))
