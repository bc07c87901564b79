"""Who did what: credits as labels and Discogs write them, with the role names of DDEX (AVS ContributorRole)."""

from __future__ import annotations

from typing import Final

import polars as pl


def _table(said: dict[str, str]) -> dict[str, str]:
    return {word: role for role, words in said.items() for word in words.split()}


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


ROLES: Final = _table({
    "Composer": "composer composedby composedbymusicby music musicby componist komponist kompositeur"
    " compositeur compositor"
    " compositore kompozytor 作曲 작곡 الملحن score",
    "Lyricist": "lyricist lyricsby lyrics wordsby words textby text textdichter texter parolier letrista"
    " paroliere librettoby"
    " tekst 作詞 작사 作词",
    "ComposerLyricist": "writtenby writer songwriter songwrittenby songby songwriting composerlyricist"
    " authorcomposer wroteby",
    "Author": "author authorby",
    "Librettist": "librettist",
    "Arranger": "arranger arrangedby arrangement stringsarrangedby stringarrangement arrangedbystrings"
    " instrumentationby"
    " 編曲 편곡 编曲",
    "Adapter": "adapter adaptedby adaptedbytext adaptation",
    "Translator": "translator translatedby",
    "Orchestrator": "orchestrator orchestratedby orchestration",
    "Producer": "producer producedby production produzent producteur productor produtor produttore producent"
    " プロデューサー"
    " 프로듀서 制作人",
    "CoProducer": "coproducer coproducedby coproduction",
    "ExecutiveProducer": "executiveproducer execproducer executiveproducedby",
    "AssistantProducer": "assistantproducer associateproducer",
    "Remixer": "remixer remix remixedby remixby remixproducer",
    "Mixer": "mixer mixedby mix mixing djmix",
    "MixingEngineer": "mixingengineer mixengineer",
    "MasteringEngineer": "masteringengineer masteredby mastering remasteredby lacquercutby",
    "RecordingEngineer": "recordingengineer recordedby recording trackingengineer",
    "Engineer": "engineer engineering engineeredby soundengineer tontechnik sound technician",
    "AssistantEngineer": "assistantengineer engineerassistant secondengineer",
    "Editor": "editor editedby edit",
    "Programmer": "programmer programmedby programming drumprogramming computer sequencedby beats",
    "Vocalist": "vocalist vocals vocal voice voc singer sung gesang chant vocaux voz voci zang śpiew rap mc"
    " rapper spokenword"
    " humming harmonyvocals chanter sopranovocals altovocals tenorvocals baritonevocals bassvocals soprano"
    " tenor baritone"
    " mezzosopranovocals vocalspercussion",
    "LeadVocalist": "leadvocals leadvocalist leadvocal leadsinger solovocals",
    "BackgroundVocalist": "backingvocals backgroundvocals backgroundvocalist backingvocalist backvocals chorus"
    " choirvocals",
    "FeaturedArtist": "featuring featuredartist feat ft guest specialguest with",
    "MainArtist": "mainartist primaryartist artist",
    "Performer": "performer performedby performance instruments instrumentation interpret",
    "Soloist": "soloist solo",
    "Band": "band backingband",
    "Ensemble": "ensemble",
    "Orchestra": "orchestra orchester orchestre orquesta orkest 管弦楽 오케스트라",
    "Choir": "choir chor chœur coro koor chór sbor",
    "Conductor": "conductor conductedby dirigent directedby leader",
    "ConcertMaster": "concertmaster",
    "MusicalDirector": "musicaldirector musicdirector",
    "ChorusMaster": "chorusmaster",
    "Accompanyist": "accompaniedby accompanist accompaniment",
    "DJ": "dj scratches turntables cut cuts scratching",
    "Narrator": "narrator narration readby presenter",
    "MusicPublisher": "publisher musicpublisher publishedby",
    "Consultant": "consultant",
})  # fmt: skip
"""What people write for a role, by lower-case letters → DDEX ContributorRole."""

INSTRUMENTS: Final = _set(
    "guitar acousticguitar electricguitar leadguitar rhythmguitar slideguitar steelguitar pedalsteelguitar bass"
    " bassguitar"
    " acousticbass electricbass doublebass contrabass upright piano electricpiano grandpiano keyboards keyboard"
    " organ"
    " hammondorgan harpsichord synthesizer synth accordion harmonium clavinet celesta drums drum drummachine"
    " percussion"
    " congas bongos tabla timpani tambourine handclaps vibraphone marimba xylophone glockenspiel bells cymbal"
    " cowbell shaker"
    " trumpet trombone basstrombone frenchhorn horn horns tuba flugelhorn cornet brass saxophone altosaxophone"
    " tenorsaxophone baritonesaxophone sopranosaxophone flute piccolo clarinet bassclarinet oboe bassoon"
    " recorder woodwind"
    " violin viola cello strings fiddle harp mandolin banjo ukulele lute oud sitar sarod sarangi bouzouki balalaika"
    " harmonica whistle bagpipes didgeridoo theremin talkingdrum framedrum udu kalimba zither dulcimer bodhrán"
    " cajon djembe"
    " gong melodica mellotron vocoder sampler"
)
"""Instruments a person may be credited for; the role is then the instrument, as DDEX (InstrumentType) has it."""


def exploded_credits(rows: pl.DataFrame) -> pl.DataFrame:
    """One row a credit of a frame with `row` and `credits` ("Jay-J [Engineer, Remix]; Petalpusher [Written-By]").

    Gives `row`, `name`, `role` (DDEX's name; as written where there is none; null where none is said), `said` and
    `is_known`. A detail within a role ("Producer [Drum Loop]") is left out.
    """
    credits_ = (
        rows.filter(pl.col("credits").is_not_null())
        .with_columns(part=pl.col("credits").str.replace_all("|", ";", literal=True).str.split(";"))
        .explode("part")
        .with_columns(pl.col("part").str.strip_chars().str.extract_groups(r"^(.*?)\s*(?:\[(.*)\])?$"))
        .with_columns(name=pl.col("part").struct[0].str.strip_chars(), said=_without_details(pl.col("part").struct[1]))
        .with_columns(pl.col("said").str.split(",").fill_null([None]))
        .explode("said")
        .with_columns(pl.col("said").str.strip_chars().replace("", None))
        .filter(pl.col("name") != "")
    )
    bare = pl.col("said").str.to_lowercase().str.replace_all(r"[^\p{L}\p{M}\p{N}]", "")
    known = bare.replace_strict(list(ROLES), list(ROLES.values()), default=None, return_dtype=pl.String)
    is_instrument = bare.is_in(list(INSTRUMENTS))
    named = pl.when(is_instrument).then(pl.col("said").str.to_titlecase().str.replace_all(" ", "", literal=True))
    return credits_.select(
        pl.col("row"),
        pl.col("name"),
        pl.coalesce(known, named, pl.col("said")).alias("role"),
        pl.col("said"),
        (known.is_not_null() | is_instrument | pl.col("said").is_null()).alias("is_known"),
    )


def _without_details(said: pl.Expr) -> pl.Expr:
    # Details may hold details of their own; two passes reach as deep as anybody writes.
    inner = r"\[[^\[\]]*\]"
    return said.str.replace_all(inner, "").str.replace_all(inner, "").str.replace_all(r"[\[\]]", "")
