"""The words that stores and standards allow: languages (ISO 639), territories (ISO 3166-1), genres."""

from __future__ import annotations

_LANGUAGES = """
    aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en
    eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja
    jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb
    nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq
    sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu ast ceb
    cmn fil gsw haw hmn hsb kab mul nan nds pap scn sco scr szl und yue zxx
"""
LANGUAGES = tuple(_LANGUAGES.split())
"""Two letters where there are two; three for some that music has and for “none” (zxx), “several” and “unknown”."""

LANGUAGE_NAMES = {
    "english": "en", "german": "de", "deutsch": "de", "french": "fr", "français": "fr", "spanish": "es",
    "español": "es",
    "italian": "it", "italiano": "it", "portuguese": "pt", "dutch": "nl", "nederlands": "nl", "polish": "pl",
    "japanese": "ja", "korean": "ko", "chinese": "zh", "arabic": "ar", "russian": "ru", "swedish": "sv", "eng": "en",
    "ger": "de", "deu": "de", "fre": "fr", "fra": "fr", "spa": "es", "ita": "it", "por": "pt", "jpn": "ja", "kor": "ko",
    "pt-br": "pt-BR", "pt_br": "pt-BR", "en_us": "en-US", "en_gb": "en-GB", "de_de": "de-DE",
    "en-us": "en-US", "en-gb": "en-GB", "instrumental": "zxx",
    **{name.upper().lower(): name for name in LANGUAGES},
}  # fmt: skip

WORLDWIDE = "Worldwide"
_TERRITORIES = """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
    CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO
    FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE
    JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO
    MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW
    PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM
    TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""
TERRITORIES = tuple(_TERRITORIES.split())

GENRES = {
    "Alternative": ("College Rock", "Goth Rock", "Grunge", "Indie Rock", "New Wave", "Punk"),
    "Blues": ("Acoustic Blues", "Chicago Blues", "Country Blues", "Delta Blues", "Electric Blues"),
    "Brazilian": ("Bossa Nova", "Forró", "MPB", "Samba", "Sertanejo"),
    "Children's Music": ("Lullabies", "Sing-Along", "Stories"),
    "Christian & Gospel": ("CCM", "Gospel", "Praise & Worship"),
    "Classical": (
        "Baroque",
        "Chamber Music",
        "Choral",
        "Contemporary",
        "Early Music",
        "Opera",
        "Orchestral",
        "Romantic",
    ),
    "Comedy": ("Novelty", "Standup Comedy"),
    "Country": ("Alternative Country", "Americana", "Bluegrass", "Honky Tonk", "Outlaw Country"),
    "Dance": ("Breakbeat", "Garage", "Hardcore", "House", "Jungle/Drum'n'Bass", "Techno", "Trance"),
    "Electronic": (
        "Ambient",
        "Downtempo",
        "Dub",
        "Dubstep",
        "Electronica",
        "Experimental",
        "IDM",
        "Industrial",
        "Synth-pop",
    ),
    "Fitness & Workout": (),
    "Folk": ("Alternative Folk", "Contemporary Folk", "Folk-Rock", "Traditional Folk"),
    "Hip-Hop/Rap": ("Alternative Rap", "Gangsta Rap", "Hardcore Rap", "Old School Rap", "Trap", "Underground Rap"),
    "Holiday": ("Christmas",),
    "Jazz": ("Avant-Garde Jazz", "Bebop", "Big Band", "Cool Jazz", "Fusion", "Hard Bop", "Smooth Jazz", "Vocal Jazz"),
    "Karaoke": (),
    "Latin": ("Bachata", "Latin Jazz", "Latin Urban", "Pop Latino", "Reggaeton", "Salsa y Tropical", "Tango"),
    "Metal": ("Black Metal", "Death Metal", "Doom Metal", "Heavy Metal", "Power Metal", "Thrash Metal"),
    "New Age": ("Healing", "Meditation", "Nature"),
    "Pop": ("Indie Pop", "J-Pop", "K-Pop", "Pop/Rock", "Schlager", "Soft Rock", "Teen Pop"),
    "R&B/Soul": ("Contemporary R&B", "Disco", "Funk", "Motown", "Neo-Soul", "Soul"),
    "Reggae": ("Dancehall", "Dub", "Roots Reggae", "Ska"),
    "Rock": ("Arena Rock", "Blues-Rock", "Hard Rock", "Prog-Rock/Art Rock", "Psychedelic", "Rock & Roll", "Rockabilly"),
    "Singer/Songwriter": ("Alternative Folk", "Contemporary Singer/Songwriter"),
    "Soundtrack": ("Film", "Musicals", "Original Score", "Television", "Video Game"),
    "Spoken Word": ("Audiobook", "Poetry"),
    "World": ("Afrobeat", "Afro-Pop", "Arabic", "Celtic", "Europe", "Flamenco", "Indian", "Klezmer"),
}

GENRE_ALIASES = {genre.lower(): genre for genre in GENRES} | {
    "hip hop": "Hip-Hop/Rap", "hip-hop": "Hip-Hop/Rap", "rap": "Hip-Hop/Rap", "hip-hop/rap": "Hip-Hop/Rap",
    "r&b": "R&B/Soul", "rnb": "R&B/Soul", "soul": "R&B/Soul", "funk / soul": "R&B/Soul", "electronica": "Electronic",
    "stage & screen": "Soundtrack", "soundtracks": "Soundtrack", "children's": "Children's Music",
    "heavy metal": "Metal",
    "singer-songwriter": "Singer/Songwriter", "gospel": "Christian & Gospel", "world music": "World",
}  # fmt: skip
"""What other catalogues call the same genre; names that mean several of ours are left to people."""
