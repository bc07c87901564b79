"""What fans do, in words; who it was is known by an id alone."""

from __future__ import annotations

from app.kernel.activity.meanings import tell
from app.kernel.sentences import sentence

tell("fan.joined", sentence("A fan joined"))
tell("fan.signed_in", sentence("A fan signed in"))
tell("fan.session_ended", sentence("A fan ended a session"))
tell("fan.password_changed", sentence("A fan changed their password"))
tell("fan.moved", sentence("A fan changed their mail address"))
tell("fan.changed", sentence("A fan changed their details"))
tell("fan.address_saved", sentence("A fan saved a postal address"))
tell("fan.address_removed", sentence("A fan removed a postal address"))
tell("fan.consented", sentence("A fan agreed to something"))
tell("fan.withdrew", sentence("A fan took an agreement back"))
tell("fan.followed", sentence("A fan follows"))
tell("fan.unfollowed", sentence("A fan follows no longer"))
tell("fan.export_asked", sentence("A fan asked for their data"))
tell("fan.erased", sentence("A fan had their data erased"), hears="store.view")
tell("fan.gift_taken", sentence("A fan took a gift"))
tell("fan.code_redeemed", sentence("A fan redeemed a code"))
