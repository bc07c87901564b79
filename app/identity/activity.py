"""What identity records and the label's activity tells in words, beyond what the portal tells already."""

from __future__ import annotations

from app.kernel.activity.meanings import tell
from app.kernel.sentences import sentence

tell("member.joined", sentence("Somebody joined"), hears="team.view")
tell("member.introduced", sentence("Somebody said who they are"))
tell("support.came_in", sentence("Support came in"), hears="security.edit")
