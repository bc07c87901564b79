"""Reports as senders write them: a small file for every layout, with what it comes to."""

from __future__ import annotations

from tests.royalties import distributors, stores
from tests.royalties.distributors import BANDCAMP, BUYER
from tests.royalties.tables import Sent, plain, table, workbook

__all__ = ["BANDCAMP", "BUYER", "Sent", "everything", "plain", "table", "workbook"]

SENDERS = (
    distributors.distrokid,
    distributors.cdbaby,
    distributors.tunecore,
    distributors.believe,
    distributors.believe_ru,
    distributors.kontor,
    distributors.bandcamp,
    distributors.symphonic,
    distributors.curve,
    distributors.cargo_physical,
    distributors.secretly,
    stores.apple_financial,
    stores.apple_music,
    stores.spotify_2017,
    stores.spotify,
    stores.spotify_three,
    stores.youtube_ads,
    stores.youtube_subscription,
    stores.deezer,
    stores.soundcloud,
    stores.merlin,
    stores.iheart,
    stores.pandora,
    stores.prs,
)


def everything() -> list[Sent]:
    """A file for every layout, made by hand from the columns that its sender uses."""
    return [sender() for sender in SENDERS]
