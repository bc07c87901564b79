"""What people and acts may have done: DDEX's names for it (AVS ContributorRole, InstrumentType), and their words."""

from __future__ import annotations

ARTIST_ROLES = ("main", "featured", "remixer")
WRITER_ROLES = ("ComposerLyricist", "Composer", "Lyricist", "Author", "Arranger", "Adapter", "Translator")
"""Roles of those who made a work rather than a recording of it."""

_ARTIST_SENTENCES = {
    "main": "Main artist", "featured": "Featured", "remixer": "Remixer", "MainArtist": "Main artist",
    "FeaturedArtist": "Featured artist",
}  # fmt: skip
_CREDIT_SENTENCES = {
    "Composer": "Composer", "Lyricist": "Lyricist", "ComposerLyricist": "Composer and lyricist", "Author": "Author",
    "Librettist": "Librettist", "Arranger": "Arranger", "Adapter": "Adapter", "Translator": "Translator",
    "Orchestrator": "Orchestrator", "Producer": "Producer", "CoProducer": "Co-producer",
    "ExecutiveProducer": "Executive producer", "AssistantProducer": "Assistant producer", "Remixer": "Remixer",
    "Mixer": "Mixer", "MixingEngineer": "Mixing engineer", "MasteringEngineer": "Mastering engineer",
    "RecordingEngineer": "Recording engineer", "Engineer": "Sound engineer",
    "AssistantEngineer": "Assistant engineer", "Editor": "Sound editor", "Programmer": "Programmer",
    "Vocalist": "Vocalist", "LeadVocalist": "Lead vocalist", "BackgroundVocalist": "Background vocalist",
    "Performer": "Performer", "Soloist": "Soloist", "Band": "Band", "Ensemble": "Ensemble",
    "Orchestra": "Orchestra", "Choir": "Choir", "Conductor": "Conductor", "ConcertMaster": "Concertmaster",
    "MusicalDirector": "Musical director", "ChorusMaster": "Chorus master", "Accompanyist": "Accompanist",
    "DJ": "DJ", "Narrator": "Narrator", "MusicPublisher": "Music publisher", "Consultant": "Consultant",
    "Guitar": "Guitar", "AcousticGuitar": "Acoustic guitar", "ElectricGuitar": "Electric guitar",
    "LeadGuitar": "Lead guitar", "RhythmGuitar": "Rhythm guitar", "SlideGuitar": "Slide guitar",
    "SteelGuitar": "Steel guitar", "PedalSteelGuitar": "Pedal steel guitar", "Bass": "Bass",
    "ElectricBass": "Electric bass", "DoubleBass": "Double bass", "Drums": "Drums",
    "DrumMachine": "Drum machine", "Percussion": "Percussion", "Congas": "Congas", "Bongos": "Bongos",
    "Tabla": "Tabla", "Timpani": "Timpani", "Tambourine": "Tambourine", "Handclaps": "Handclaps",
    "Vibraphone": "Vibraphone", "Marimba": "Marimba", "Bells": "Bells", "Piano": "Piano",
    "ElectricPiano": "Electric piano", "Organ": "Organ", "HammondOrgan": "Hammond organ",
    "Harpsichord": "Harpsichord", "Keyboards": "Keyboards", "Synthesizer": "Synthesizer",
    "Accordion": "Accordion", "Harmonium": "Harmonium", "Violin": "Violin", "Viola": "Viola", "Cello": "Cello",
    "Strings": "Strings", "Harp": "Harp", "Mandolin": "Mandolin", "Banjo": "Banjo", "Ukulele": "Ukulele",
    "Lute": "Lute", "Oud": "Oud", "Sitar": "Sitar", "Trumpet": "Trumpet", "Trombone": "Trombone",
    "FrenchHorn": "French horn", "Horns": "Horns", "Tuba": "Tuba", "Flugelhorn": "Flugelhorn", "Brass": "Brass",
    "Saxophone": "Saxophone", "AltoSaxophone": "Alto saxophone", "TenorSaxophone": "Tenor saxophone",
    "BaritoneSaxophone": "Baritone saxophone", "SopranoSaxophone": "Soprano saxophone", "Flute": "Flute",
    "Clarinet": "Clarinet", "BassClarinet": "Bass clarinet", "Oboe": "Oboe", "Bassoon": "Bassoon",
    "Recorder": "Recorder", "Harmonica": "Harmonica",
}  # fmt: skip
CREDIT_ROLES = tuple(_CREDIT_SENTENCES)
"""Roles that are offered; another instrument is written as it is."""

ROLE_SENTENCES = _ARTIST_SENTENCES | _CREDIT_SENTENCES
