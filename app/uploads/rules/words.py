"""What people write for a fixed choice, in our languages: by lower-case letters and digits, and nothing else."""

from __future__ import annotations

from typing import Final


def _table(said: dict[str, str]) -> dict[str, str]:
    return {word: meaning for meaning, words in said.items() for word in words.split()}


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_YES: Final = (
    "yes y true t 1 x ja j wahr oui o vrai sí si sim s verdadeiro vero waar tak prawda はい 예 네 是 有 نعم ✓ 真"
)
_NO: Final = "no n false f 0 nein falsch non faux não nao falso nee onwaar nie fałsz いいえ 아니요 아니오 否 无"
" لا 偽"

YES_NO: Final = _table({"yes": _YES, "no": _NO})

EXPLICIT: Final = _table(
    {
        "explicit": f"{_YES} explicit explicitcontent explicitlyrics e parentaladvisory advisory explizit"
        " anstößig explicite"
        " explícito explícita explicito esplicito esplicita expliciet wulgarny wulgarne 露骨 露骨な表現 성인"
        " 노골적 显式 脏标 صريح",
        "clean": "clean cleaned edited radioedit radiosafe c bereinigt sauber censuré censurado limpio limpo limpa"
        " censurato pulito"
        " gekuist ocenzurowany ocenzurowane クリーン 클린 洁净 净版 نظيف",
        "none": f"{_NO} none notexplicit nonexplicit notapplicable na keine nichtexplizit aucun aucune ninguno"
        " ninguna nenhum"
        " nenhuma nessuno nessuna geen brak nieexplicit なし 없음 没有 بدون",
    }
)

KINDS: Final = _table(
    {
        "album": "album albumy lp longplay longplayer fulllength studioalbum álbum アルバム 앨범 专辑 ألبوم",
        "ep": "ep extendedplay maxi minialbum ミニアルバム 미니앨범 迷你专辑 ألبومقصير ألبومقصيرep",
        "single": "single singles maxisingle einzeltitel simple sencillo singolo singel シングル 싱글 单曲 أغنيةمنفردة",
        "compilation": "compilation sampler zusammenstellung recopilatorio compilación compilação coletânea"
        " compilazione raccolta"
        " compilatie verzamelalbum składanka kompilacja コンピレーション 컴필레이션 合辑 精选集 تجميع ألبومتجميعي",
        "dj_mix": "djmix continuousmix mixcompilation djset djミックス dj믹스 dj混音",
    }
)

AI_USE: Final = _table(
    {
        "none": f"{_NO} none keine aucun aucune ninguno nenhum nessuno geen brak なし 없음 بدون",
        "partial": "partial partly some assisted aiassisted teilweise partiel partielle parcial parziale"
        " gedeeltelijk częściowo"
        " częściowe 一部 일부 部分 جزئي",
        "full": f"{_YES} full fully complete generated aigenerated vollständig ganz complet total completo"
        " totale volledig"
        " całkowite całkowicie 全部 전체 完全 كامل",
    }
)

VARIOUS: Final = _set(
    "various variousartists va variousartist verschiedene verschiedeneinterpreten diverse diversekünstler diversen"
    " diverseartiesten artistesvariés artistesdivers multiinterprètes variosartistas varios variosintérpretes"
    " váriosartistas vários váriosintérpretes artistivari vari różniwykonawcy różni ヴァリアスアーティスト"
    " オムニバス"
    " ヴァリアス 여러아티스트 群星 合辑 فنانونمتنوعون منوعات"
)
"""Ways to say that a release has too many artists to name."""

WORLDWIDE: Final = _set(
    "worldwide world ww global all allterritories weltweit welt mondial monde mundial mundo todoelmundo"
    " mondiale mondo"
    " wereldwijd wereld świat całyświat 全世界 ワールドワイド 전세계 全球 العالم عالمي جميعأنحاءالعالم"
)
"""Ways to say: everywhere."""
