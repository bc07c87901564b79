"""What columns are called: in our twelve languages, in distributors' templates, in Discogs' sheets."""

from __future__ import annotations

from typing import Final

_NAMES: Final = {
    "release.id": "release id|release_id|release key|product id|album id|release number|product reference"
    "|Veröffentlichungs-ID|ID de sortie|ID del lanzamiento|ID da obra|ID uscita|ID wydania",
    "release.title": "release title|release_title|album title|album|album name|release|release name"
    "|product title|collection title|collection name|Albumtitel|Veröffentlichung|Produkttitel|titre de l'album"
    "|titre de la sortie|nom de l'album|título del álbum|título del lanzamiento|álbum|título do álbum"
    "|título do lançamento|titolo dell'album|titolo album|titolo della pubblicazione|albumtitel|releasetitel"
    "|tytuł albumu|tytuł wydania|アルバム|アルバム名|アルバムタイトル|リリースタイトル|앨범|앨범명|앨범 제목"
    "|음반명|专辑|专辑名称|专辑名|发行标题|الألبوم|عنوان الألبوم|اسم الألبوم|عنوان الإصدار",
    "release.version": "release version|album version|release subtitle|edition|product version|album subtitle"
    "|Albumversion|Ausgabe|édition|version de l'album|edición|edição|edizione|editie|wydanie|エディション"
    "|リリースバージョン|에디션|专辑版本|نسخة الألبوم",
    "release.kind": "release type|album type|product type|type of release|release format type|kind"
    "|Veröffentlichungsart|type de sortie|tipo de lanzamiento|tipo de lançamento|tipo di pubblicazione"
    "|releasetype|typ wydania|リリースタイプ|리리스 유형|앨범 유형|发行类型|专辑类型|نوع الإصدار",
    "release.artists": "release artists|release_artists|release artist|album artist|album artists|albumartist"
    "|product artist|primary artist (release)|display artist|release primary artist|Albuminterpret|Albumkünstler"
    "|artiste de l'album|artista del álbum|artista do álbum|artista dell'album|albumartiest|wykonawca albumu"
    "|アルバムアーティスト|앨범 아티스트|专辑艺人|专辑歌手|فنان الألبوم",
    "release.featuring": "release featuring|album featuring|release featured artist|release featured artists",
    "release.label": "label|label name|record label|imprint|sublabel|sub label|Plattenfirma|Labelname"
    "|maison de disques|nom du label|sello|sello discográfico|discográfica|selo|gravadora|etichetta"
    "|etichetta discografica|casa discografica|platenlabel|wytwórnia|wydawca|レーベル|レーベル名|레이블|음반사"
    "|厂牌|唱片公司|شركة التسجيل|العلامة",
    "release.catalog_number": "catalog number|catalog_number|catalogue number|cat no|cat. no.|cat#|catalog no"
    "|catalogue no.|catalog id|catalog #|catno|Katalognummer|Katalog-Nr.|Bestellnummer|numéro de catalogue"
    "|n° de catalogue|référence catalogue|número de catálogo|nº de catálogo|referencia|numero di catalogo"
    "|n. catalogo|catalogusnummer|numer katalogowy|カタログ番号|品番|商品番号|카탈로그 번호|목록번호|目录编号"
    "|目录号|编目号|رقم الكتالوج|رقم الفهرس",
    "release.upc": "upc|ean|upc/ean|ean/upc|upc code|barcode|bar code|gtin|jan|jan code|upc_ean|album upc"
    "|release upc|product upc|ean code|ean-13|icpn|Strichcode|Barcode/EAN|EAN-Code|code-barres|code barre"
    "|código de barras|codice a barre|streepjescode|kod kreskowy|バーコード|JANコード|바코드|条形码|条码"
    "|الباركود|رمز شريطي",
    "release.grid": "grid|grid code|global release identifier",
    "release.language": "release language|album language|metadata language|language of metadata"
    "|Sprache der Metadaten|langue des métadonnées|idioma de los metadatos|idioma dos metadados"
    "|lingua dei metadati|taal van de metadata|język metadanych|メタデータの言語|메타데이터 언어|元数据语言"
    "|لغة البيانات الوصفية",
    "release.genre": "genre|genres|primary genre|main genre|release genre|album genre|Hauptgenre|genre principal"
    "|género|género principal|gênero|gênero principal|genere|genere principale|hoofdgenre|gatunek|gatunek główny"
    "|ジャンル|メインジャンル|장르|流派|曲风|风格类型|النوع|النوع الموسيقي",
    "release.subgenre": "subgenre|sub-genre|secondary genre|genre 2|Untergenre|Subgenre|sous-genre|subgénero"
    "|subgênero|sottogenere|podgatunek|サブジャンル|하위 장르|세부 장르|子流派|النوع الفرعي",
    "release.styles": "styles|style|Stil|Stile|styles musicaux|estilo|estilos|stile|stili|stijl|styl|style tags"
    "|スタイル|스타일|风格|الأسلوب",
    "release.p_line": "p_line|p line|pline|p-line|(p) line|℗ line|℗|phonographic copyright|phonogram copyright"
    "|sound recording copyright|p copyright|P-Zeile|ligne p|línea p|linha p|linea p|p-regel|linia p|原盤権"
    "|Pライン|P 라인|录音版权|حقوق التسجيل",
    "release.p_year": "p year|p_year|pline year|p line year|(p) year|P-Jahr|année p|año p|ano p|anno p|p-jaar"
    "|rok p",
    "release.p_owner": "p owner|p_owner|pline owner|p line owner|p line text|p holder|(p) owner",
    "release.c_line": "c_line|c line|cline|c-line|(c) line|© line|©|copyright|copyright line|C-Zeile|ligne c"
    "|línea c|linha c|linea c|c-regel|linia c|著作権表示|Cライン|C 라인|版权|版权信息|حقوق النشر",
    "release.c_year": "c year|c_year|cline year|c line year|(c) year|copyright year|C-Jahr|année c|año c|ano c"
    "|anno c|c-jaar|rok c",
    "release.c_owner": "c owner|c_owner|cline owner|c line owner|c line text|copyright owner|copyright holder"
    "|(c) owner",
    "release.original_release_date": "original release date|original date|original_release_date"
    "|first release date|date of first release|originally released|ursprüngliches Veröffentlichungsdatum"
    "|Erstveröffentlichung|date de sortie originale|fecha de lanzamiento original|data de lançamento original"
    "|data di pubblicazione originale|oorspronkelijke releasedatum|pierwotna data wydania|オリジナル発売日"
    "|원 발매일|原始发行日期|首次发行日期|تاريخ الإصدار الأصلي",
    "release.release_date": "release date|release_date|date|street date|digital release date|sales start date"
    "|consumer release date|released|go live date|on sale date|Veröffentlichungsdatum|Erscheinungsdatum|VÖ"
    "|VÖ-Datum|date de sortie|date de parution|fecha de lanzamiento|fecha de publicación|data de lançamento"
    "|data di pubblicazione|data di uscita|releasedatum|verschijningsdatum|data wydania|data premiery|発売日"
    "|リリース日|配信日|발매일|출시일|发行日期|发行日|تاريخ الإصدار|تاريخ النشر",
    "release.preorder_date": "pre-order date|preorder date|preorder start|pre-order start date|preorder_date"
    "|Vorbestellung ab|Vorbestelldatum|date de précommande|fecha de reserva|data de pré-venda|data di preordine"
    "|pre-orderdatum|data przedsprzedaży|予約開始日|예약 판매일|예약 시작일|预售日期|تاريخ الطلب المسبق",
    "release.explicit": "release explicit|album explicit|album parental advisory|release parental advisory"
    "|release parental warning",
    "release.ai_use": "release ai use|album ai use|release ai disclosure",
    "release.territories": "territories|territory|countries|release territories|available territories"
    "|sales territories|Gebiete|Vertriebsgebiete|territoires|territorios|territórios|territori|gebieden"
    "|terytoria|地域|配信地域|지역|판매 지역|地区|发行地区|المناطق|الأقاليم",
    "release.excluded_territories": "excluded territories|excluded countries|territories excluded"
    "|territory exclusions|excluded_territories|ausgeschlossene Gebiete|territoires exclus|territorios excluidos"
    "|territórios excluídos|territori esclusi|uitgesloten gebieden|wykluczone terytoria|除外地域|제외 지역"
    "|排除地区|المناطق المستثناة",
    "release.format": "format|media|medium|configuration|carrier|Tonträger|Medium|support|formato|supporto"
    "|drager|nośnik|メディア|フォーマット|매체|포맷|载体|格式|الصيغة|الوسيط",
    "release.country": "country|release country|country of release|Land|pays|país|paese|kraj|国|発売国|국가|国家"
    "|البلد",
    "release.artwork": "artwork|artwork file|cover|cover art|cover file|cover image|artwork filename|front cover"
    "|Coverbild|Coverdatei|Albumcover|pochette|fichier de la pochette|portada|carátula|capa|capa do álbum|copertina"
    "|hoes|hoesafbeelding|okładka|plik okładki|ジャケット|カバー画像|アートワーク|커버|앨범 커버|커버 이미지|封面"
    "|封面图片|封面文件|الغلاف|صورة الغلاف|ملف الغلاف",
    "track.position": "track_position|track position|position|pos|side|track pos|Trackposition|Seite|posición"
    "|posição|posizione|positie|pozycja|位置|トラック位置|위치|الموضع",
    "track.number": "track number|track no|track no.|track #|track num|track_number|tracknumber|no.|nr.|#"
    "|Titelnummer|Tracknummer|Titel-Nr.|Lfd. Nr.|numéro de piste|n° de piste|numéro de titre|número de pista"
    "|n.º de pista|número da faixa|nº da faixa|numero traccia|n. traccia|numer utworu|nr utworu|曲順"
    "|トラック番号|曲番号|트랙 번호|곡 번호|曲目编号|音轨号|曲序|رقم المقطع|رقم المسار",
    "track.sequence": "track_sequence|sequence|track sequence|sequence number|running order|Reihenfolge|ordre"
    "|orden|ordem|ordine|volgorde|kolejność|순서|顺序|الترتيب",
    "track.disc": "disc|disc number|disc no|disk|disk number|volume number|volume|cd number|set number"
    "|disc_number|CD-Nr.|Disc-Nummer|numéro de disque|disque|número de disco|disco|numero disco|schijfnummer"
    "|schijf|numer płyty|płyta|ディスク|ディスク番号|디스크|디스크 번호|碟号|碟片编号|رقم القرص",
    "track.title": "track title|track_title|track name|song title|song|song name|title|track|name"
    "|recording title|Titel|Tracktitel|Songtitel|Titelname|titre|titre de la piste|titre du morceau"
    "|titre de la chanson|morceau|título|título de la pista|título de la canción|canción|título da faixa"
    "|título da música|faixa|música|titolo|titolo del brano|titolo traccia|brano|nummertitel|tracktitel"
    "|titel van het nummer|nummer|tytuł|tytuł utworu|utwór|曲名|トラック名|タイトル|楽曲名|トラックタイトル|곡명"
    "|곡 제목|노래 제목|제목|트랙 제목|歌曲名称|歌名|曲目|曲目名称|标题|العنوان|عنوان الأغنية|اسم الأغنية"
    "|عنوان المقطع",
    "track.version": "version|track version|mix version|mix name|mix|remix name|subtitle|track subtitle"
    "|version title|Titelversion|Untertitel|sous-titre|version de la piste|versión|subtítulo|versão|versione"
    "|sottotitolo|versie|ondertitel|wersja|podtytuł|バージョン|サブタイトル|버전|부제|版本|副标题|النسخة"
    "|العنوان الفرعي",
    "track.artists": "track artists|track_artists|track artist|artist|artists|artist name|performer|performed by"
    "|main artist|primary artist|primary artists|track primary artist|artist(s)|Interpret|Interpreten|Künstler"
    "|Künstlername|Hauptkünstler|artiste|artistes|interprète|artiste principal|artista|artistas|intérprete"
    "|artista principal|artisti|interprete|artista principale|artiest|artiesten|hoofdartiest|uitvoerende|artysta"
    "|wykonawca|artyści|アーティスト|アーティスト名|歌手|演奏者|아티스트|아티스트명|가수|艺人|艺术家|表演者"
    "|الفنان|اسم الفنان|المطرب",
    "track.featuring": "featuring|featured artist|featured artists|feat|feat.|ft|track featuring"
    "|track featured artist|Gastkünstler|artiste invité|artista invitado|artista convidado|artista ospite"
    "|gastartiest|gość|gościnnie|フィーチャリング|피처링|합작 아티스트|客座艺人|特邀艺人|فنان ضيف",
    "track.isrc": "isrc|isrc code|isrc number|isrc-code|track isrc|asset isrc|ISRCコード|ISRC 코드|ISRC编码"
    "|رمز ISRC",
    "track.iswc": "iswc|iswc code|work iswc|iswc number",
    "track.duration": "duration|length|time|track length|track duration|running time|playing time|track time"
    "|Dauer|Länge|Spieldauer|Laufzeit|durée|longueur|duración|tiempo|duração|durata|duur|speelduur|lengte|czas"
    "|czas trwania|długość|再生時間|長さ|演奏時間|時間|길이|재생 시간|시간|时长|长度|المدة|الطول",
    "track.duration_ms": "duration ms|duration_ms|duration (ms)|length ms|milliseconds|track duration (ms)",
    "track.language": "language|track language|title language|audio language|language code|Sprache|langue|idioma"
    "|lingua|taal|język|言語|언어|语言|اللغة",
    "track.lyrics_language": "lyrics language|language of lyrics|lyrics_language|vocal language"
    "|Sprache des Textes|langue des paroles|idioma de la letra|idioma da letra|lingua del testo"
    "|taal van de tekst|język tekstu|歌詞の言語|가사 언어|歌词语言|لغة الكلمات",
    "track.lyrics": "lyrics|lyric|lyrics text|Liedtext|Songtext|paroles|letra|testo|songtekst|tekst utworu|歌詞"
    "|가사|歌词|الكلمات",
    "track.explicit": "explicit|explicit content|parental advisory|parental warning|advisory|explicit lyrics"
    "|explicit?|parental_warning_type|Jugendschutz|anstößig|explicite|contenu explicite|explícito"
    "|contenido explícito|conteúdo explícito|esplicito|contenuto esplicito|expliciet|treści wulgarne|wulgaryzmy"
    "|露骨な表現|エクスプリシット|노골적|성인|청소년 유해|露骨内容|محتوى صريح|صريح",
    "track.instrumental": "instrumental|is instrumental|instrumental?|Instrumental|instrumentale|strumentale"
    "|instrumentaal|instrumentalny|インスト|インストゥルメンタル|연주곡|纯音乐|موسيقى فقط",
    "track.preorder_only": "preorder only|pre-order only|preorder_only",
    "track.instant_grat": "instant grat|instant gratification|instant_grat|ig track|instant grat track",
    "track.contributors": "contributors|contributor|credits|track credits|personnel|performers and roles"
    "|Mitwirkende|Credits|contributeurs|crédits|colaboradores|créditos|collaboratori|crediti|medewerkers"
    "|bijdragers|twórcy|współtwórcy|クレジット|参加者|참여자|크레딧|贡献者|制作人员|المساهمون",
    "track.composers": "composer|composers|composed by|music by|written by|writer|writers|songwriter|songwriters"
    "|Komponist|Komponisten|Musik|Urheber|compositeur|compositeurs|auteur-compositeur|compositor|compositores"
    "|compositore|compositori|componist|componisten|kompozytor|kompozytorzy|作曲|作曲者|작곡|작곡가|作曲家"
    "|الملحن|المؤلف الموسيقي",
    "track.lyricists": "lyricist|lyricists|lyrics by|words by|author|Textdichter|Texter|Text von|parolier"
    "|paroliers|auteur|letrista|letristas|autor|paroliere|parolieri|autore|tekstschrijver|autor tekstu|作詞"
    "|作詞者|작사|작사가|作词|词作者|كاتب الكلمات|المؤلف",
    "track.producers": "producer|producers|produced by|Produzent|Produzenten|producteur|producteurs|réalisateur"
    "|productor|productores|produtor|produtores|produttore|produttori|producent|producenten|プロデューサー"
    "|프로듀서|制作人|المنتج",
    "track.remixers": "remixer|remixers|remixed by|remix by|remix artist|Remixer|remixeur|remezclador|remixador"
    "|リミキサー|리믹서|混音师|混音艺人",
    "track.genre": "track genre|song genre|Titelgenre|genre de la piste|género de la pista|gênero da faixa",
    "track.ai_use": "ai use|ai_use|ai disclosure|ai generated|ai usage|artificial intelligence|KI-Nutzung|KI"
    "|utilisation de l'ia|uso de ia|uso di ia|ai-gebruik|użycie ai|AIの使用|AI 사용|AI使用|使用人工智能"
    "|استخدام الذكاء الاصطناعي",
    "track.file": "file|filename|file name|audio file|audio filename|audio file name|wav|path|asset filename"
    "|Datei|Dateiname|Audiodatei|fichier|nom du fichier|fichier audio|archivo|nombre de archivo|archivo de audio"
    "|arquivo|nome do arquivo|file audio|nome file|bestand|bestandsnaam|audiobestand|plik|nazwa pliku|plik audio"
    "|ファイル|ファイル名|音声ファイル|파일|파일명|오디오 파일|文件|文件名|音频文件|الملف|اسم الملف|ملف الصوت",
}  # fmt: skip

ALIASES: Final[dict[str, tuple[str, ...]]] = {field: tuple(names.split("|")) for field, names in _NAMES.items()}
"""Field → what its column is called. A field is `release.…` or `track.…`, for the frame and the column it fills."""

_BARE: Final = {
    "release.title": "title|name|titel|titre|título|titolo|tytuł|タイトル|제목|标题|العنوان",
    "release.artists": "artist|artists|artist name|artist(s)|Interpret|Interpreten|Künstler|Künstlername|artiste"
    "|artistes|artista|artistas|artisti|artiest|artiesten|artysta|artyści|アーティスト|アーティスト名|아티스트|아티스트명|艺人"
    "|الفنان|اسم الفنان",
    "release.version": "version|versión|versão|versione|versie|wersja|バージョン|버전|版本|النسخة",
}  # fmt: skip

BARE: Final[dict[str, tuple[str, ...]]] = {field: tuple(names.split("|")) for field, names in _BARE.items()}
"""What is called so without saying of what: the track's, and the release's beside a column that says the track's."""

OF_TRACK: Final = (
    "track", "song", "recording", "piste", "morceau", "chanson", "pista", "canción", "faixa", "música", "brano",
    "traccia", "nummer", "utwór", "utworu", "曲", "歌", "トラック", "곡", "노래", "트랙", "أغنية", "مقطع",
)  # fmt: skip
"""What the name of a column holds that says it is the track's."""

BY_ROLE: Final = {
    "track.composers": "Composer",
    "track.lyricists": "Lyricist",
    "track.producers": "Producer",
    "track.remixers": "Remixer",
}
"""Columns that hold the people of one role (DDEX names)."""
