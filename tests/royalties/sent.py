"""Reports as senders write them: a small file for every layout, with what it comes to."""

from __future__ import annotations

import csv
import gzip
import io
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

ISRC, UPC = "DEAB12600001", "4006381333931"


@dataclass(frozen=True)
class Sent:
    """A file as it comes, the layout that it is to be known by, and what its lines come to."""

    layout: str
    name: str
    body: bytes
    totals: dict[str, str]
    rows: int
    first: dict[str, object]
    """What is to stand in the first line."""


def table(
    names: Sequence[str],
    rows: Iterable[dict[str, str]],
    *,
    sign: str = ",",
    end: str = "\r\n",
    quotes: int = csv.QUOTE_MINIMAL,
) -> str:
    """Rows under these column names; columns that a row does not name are empty."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=sign, lineterminator=end, quoting=quotes)  # type: ignore[arg-type]
    writer.writerow(names)
    for row in rows:
        writer.writerow([row.get(name, "") for name in names])
    return text.getvalue()


def zipped(**members: bytes | str) -> bytes:
    """An archive of these files."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return body.getvalue()


def plain(*rows: dict[str, str], **usual: str) -> str:
    """A report of plain sales lines."""
    names = [*PLAIN, *sorted({name for row in rows for name in row} - set(PLAIN))]
    return table(names, [{**PLAIN, **usual, **row} for row in rows])


PLAIN = {
    "Store": "Spotify", "ISRC": ISRC, "UPC": UPC, "Title": "Tide", "Artist": "Ada", "Channel": "stream",
    "Territory": "DE", "Currency": "EUR", "Quantity": "10", "Net": "0.031", "Sold from": "2026-05-01",
    "Sold until": "2026-05-31",
}  # fmt: skip


def _columns(text: str) -> list[str]:
    return [name.strip() for name in text.split("|")]


def everything() -> list[Sent]:
    """A file for every layout, made by hand from the columns that its sender uses."""
    return [
        _distrokid(), _cdbaby(), _tunecore(), _believe(), _believe_ru(), _kontor(), _bandcamp(), _apple_financial(),
        _apple_music(), _spotify_2017(), _spotify(), _spotify_three(), _youtube_ads(), _youtube_subscription(),
        _deezer(), _soundcloud(), _merlin(), _iheart(), _pandora(), _symphonic(), _curve(), _cargo_physical(),
        _secretly(), _prs(),
    ]  # fmt: skip


def _distrokid() -> Sent:
    names = _columns(
        "Date Inserted|Reporting Date|Sale Month|Store|Artist|Title|ISRC|UPC|Quantity|Team Percentage|Source Type|"
        "Country of Sale|Songwriter Royalties Withheld (USD)|Earnings (USD)|Recoup (USD)"
    )
    row = {
        "Reporting Date": "2026-08-25", "Sale Month": "2026-07", "Store": "Spotify", "Artist": "Björk", "Title": "Tidé",
        "ISRC": ISRC, "UPC": UPC, "Quantity": "7", "Team Percentage": "50", "Source Type": "Song",
        "Country of Sale": "NL", "Songwriter Royalties Withheld (USD)": "0", "Earnings (USD)": "31.4500000001",
    }  # fmt: skip
    back = row | {"Store": "iTunes", "Quantity": "-1", "Earnings (USD)": "-0.69"}
    text = table(names, [row, row, back], sign="\t")
    first = {"net": Decimal("31.4500000001"), "quantity": 7, "channel": "stream", "territory": "NL", "artist": "Björk"}
    return Sent("distrokid", "d.tsv", text.encode("latin-1"), {"USD": "62.2100000002"}, 3, first)


def _cdbaby() -> Sent:
    names = _columns(
        "Report Date|Sales Date|Quantity|Price|Subtotal|Isrc|Barcode|CDBabySku|Album Name|Artist Name|Track Name|"
        "Partner Name|Transaction Type|Delivery Country"
    )
    row = {
        "Report Date": "10/15/2026 12:00:00 AM", "Sales Date": "7/31/2026 12:00:00 AM", "Quantity": "1",
        "Price": "0.09982699", "Subtotal": "0.0998269974", "Isrc": ISRC.lower(), "Barcode": UPC, "Artist Name": "Ada",
        "Track Name": '7" Mix', "Album Name": "Tide", "Partner Name": "Amazon", "Transaction Type": "Stream",
        "Delivery Country": "IN",
    }  # fmt: skip
    text = table(names, [row], sign="\t").replace(UPC, f'"{UPC}"').replace('"7"" Mix"', '7" Mix')
    first = {"net": Decimal("0.0998269974"), "isrc": ISRC, "upc": UPC, "title": '7" Mix', "sold_from": "2026-07-31"}
    return Sent("cdbaby", "c.txt", text.encode(), {"USD": "0.0998269974"}, 1, first)


def _tunecore() -> Sent:
    names = _columns(
        "Sales Period|Posted Date|Store Name|Country Of Sale|Artist|Release Type|Release Title|Song Title|Label|UPC|"
        "Optional UPC|TC Song ID|Optional ISRC|Sales Type|# Units Sold|Per Unit Price|Net Sales|Net Sales Currency|"
        "Exchange Rate|Total Earned|Currency"
    )
    row = {
        "Sales Period": "2026-04-01", "Posted Date": "2026-06-01", "Store Name": "Google Play", "Country Of Sale": "GB",
        "Artist": "Ada", "Release Type": "Song", "Song Title": "Tide", "UPC": UPC, "Optional ISRC": ISRC,
        "Sales Type": "Download", "# Units Sold": "1", "Net Sales": "0.000342", "Net Sales Currency": "USD",
        "Exchange Rate": "0.79", "Total Earned": "0.0271", "Currency": "GBP",
    }  # fmt: skip
    first = {"net": Decimal("0.0271"), "fx_rate": Decimal("0.79"), "channel": "download", "sold_until": "2026-04-30"}
    return Sent("tunecore", "t.csv", table(names, [row, row]).encode(), {"GBP": "0.0542"}, 2, first)


_BELIEVE = _columns(
    "Reporting month|Sales Month|Platform|Country / Region|Label Name|Artist Name|Release title|Track title|UPC|ISRC|"
    "Release Catalog nb|Streaming Subscription Type|Release type|Sales Type|Quantity|Client Payment Currency|"
    "Unit Price|Mechanical Fee|Gross Revenue|Client share rate|Net Revenue"
)


def _believe() -> Sent:
    row = {
        "Reporting month": "2026/06/01", "Sales Month": "2026/05/01", "Platform": "Deezer",
        "Country / Region": "Germany", "Artist Name": "Ada", "Track title": "Tide", "UPC": UPC, "ISRC": ISRC,
        "Release Catalog nb": "NJ-1", "Sales Type": "Stream", "Quantity": "1\u00a0234", "Client Payment Currency": "EUR",
        "Unit Price": "0,001", "Mechanical Fee": "0", "Gross Revenue": "2\u202f001,50", "Net Revenue": "1\u00a0400,75",
    }  # fmt: skip
    text = "\ufeff" + table(_BELIEVE, [row, row | {"Net Revenue": "-0,25", "Quantity": "-1"}], sign=";")
    first = {
        "net": Decimal("1400.75"),
        "gross": Decimal("2001.50"),
        "quantity": 1234,
        "territory": "DE",
        "sold_until": "2026-05-31",
    }
    return Sent("believe", "b.csv", text.encode(), {"EUR": "1400.50"}, 2, first)


def _believe_ru() -> Sent:
    names = _columns(
        "Отчетный месяц|Месяц продажи|Платформа|Страна / Регион|Название лейбла|Имя исполнителя|Название релиза|"
        "Название трека|UPC|ISRC|Тип продаж|Количество|Валюта платежа клиента|Чистый доход"
    )
    row = {
        "Отчетный месяц": "2026/06/01", "Месяц продажи": "2026/05/01", "Платформа": "Яндекс", "ISRC": ISRC, "UPC": UPC,
        "Страна / Регион": "Германия", "Название трека": "Tide", "Имя исполнителя": "Ada", "Тип продаж": "Стриминг",
        "Количество": "3", "Валюта платежа клиента": "EUR", "Чистый доход": "0,0333",
    }  # fmt: skip
    first = {"net": Decimal("0.0333"), "territory": "DE", "channel": "stream", "store": "Яндекс"}
    return Sent("believe_ru", "b.csv", table(names, [row], sign=";").encode(), {"EUR": "0.0333"}, 1, first)


def _kontor() -> Sent:
    names = _columns(
        "reporting month|sales month|store|channel type|channel id|country|label|product type|product title|"
        "product artist|ean|isrc|grid|article number|royalties|units"
    )
    row = {
        "reporting month": "2026-06", "sales month": "2026-05", "store": "Beatport", "channel type": "Download",
        "country": "AT", "product type": "Track", "product title": "Tide", "product artist": "Ada", "ean": UPC,
        "isrc": ISRC, "royalties": "1,20", "units": "2",
    }  # fmt: skip
    first = {"net": Decimal("1.20"), "channel": "download", "currency": "EUR"}
    return Sent("kontor", "k.csv", table(names, [row], sign=";").encode(), {"EUR": "1.20"}, 1, first)


BANDCAMP = _columns(
    "date|paid to|item type|item name|artist|currency|item price|quantity|discount code|sub total|tax|shipping|"
    "ship from country name|transaction fee|fee type|item total|amount you received|bandcamp transaction id|"
    "paypal transaction id|assessed revenue share|collected revenue share|balance of revenue share|"
    "change to payout balance|payout balance|net amount|package|option|item url|sku|catalog number|upc|isrc|"
    "buyer name|buyer email|buyer phone|buyer note|ship to name|ship to street|ship to street 2|ship to city|"
    "ship to state|ship to zip|ship to country|ship to country code|ship date|ship notes|country|country code|"
    "region/state|city|referrer|referrer url"
)
BUYER = {"buyer name": "Grace Buyer", "buyer email": "grace@buyers.test", "ship to street": "1 Hidden Lane"}


def _bandcamp() -> Sent:
    row = {
        "date": "6/24/26 11:45am", "paid to": "label@paid.test", "item type": "package", "item name": "Tide LP",
        "artist": "Ada", "currency": "USD", "item price": "12", "quantity": "1", "sub total": "12", "shipping": "4",
        "transaction fee": "0.65", "item total": "16", "amount you received": "14.15",
        "bandcamp transaction id": "1", "assessed revenue share": "1.20", "collected revenue share": "1.20",
        "change to payout balance": "14.15", "net amount": "10.15", "package": "LP", "catalog number": "NJ-1",
        "country code": "FR", **BUYER,
    }  # fmt: skip
    others = [
        row | {"currency": "EUR", "item type": "track", "bandcamp transaction id": "2", "net amount": "0.85"},
        row
        | {
            "item url": "REVERSAL",
            "package": "REVERSAL",
            "quantity": "-1",
            "net amount": "-10.15",
            "bandcamp transaction id": "3",
        },
        {
            "date": "6/30/26 1:00pm",
            "item type": "payout",
            "currency": "USD",
            "amount you received": "-99",
            "net amount": "-99",
        },
    ]
    body = b"\xff\xfe" + table(BANDCAMP, [row, *others]).encode("utf-16-le")
    first = {
        "net": Decimal("10.15"),
        "gross": Decimal(16),
        "fees": Decimal("0.65"),
        "channel": "physical",
        "territory": "FR",
        "catalog_number": "NJ-1",
    }
    return Sent("bandcamp", "b.csv", body, {"USD": "0.00", "EUR": "0.85"}, 3, first)


def _apple_financial() -> Sent:
    names = _columns(
        "Start Date|End Date|UPC|ISRC/ISBN|Vendor Identifier|Quantity|Partner Share|Extended Partner Share|"
        "Partner Share Currency|Sales or Return|Apple Identifier|Artist/Show/Developer/Author|Title|"
        "Label/Studio/Network/Developer/Publisher|Grid|Product Type Identifier|ISAN/Other Identifier|Country Of Sale|"
        "Pre-order Flag|Promo Code|Customer Price|Customer Currency"
    )
    row = {
        "Start Date": "05/31/2026", "End Date": "06/27/2026", "ISRC/ISBN": ISRC, "UPC": UPC, "Quantity": "-1",
        "Partner Share": "1.29", "Extended Partner Share": "-1.29", "Partner Share Currency": "AUD",
        "Sales or Return": "R", "Artist/Show/Developer/Author": "Ada", "Title": "Tide", "Country Of Sale": "AU",
        "Product Type Identifier": "S", "Customer Price": "-2.19", "Customer Currency": "AUD",
    }  # fmt: skip
    sale = row | {
        "Quantity": "3",
        "Extended Partner Share": "3.87",
        "Sales or Return": "S",
        "Customer Price": "2.39",
        "Customer Currency": "NZD",
        "Country Of Sale": "NZ",
    }
    text = table(names, [row, sale], sign="\t", end="\n") + "Total_Rows\t2\nTotal_Amount\t2.58\nTotal_Units\t2\n"
    first = {
        "net": Decimal("-1.29"),
        "quantity": -1,
        "unit_price": Decimal("1.29"),
        "retail_price": Decimal("2.19"),
        "sold_from": "2026-05-31",
        "sold_until": "2026-06-27",
        "adjustment": "return",
    }
    return Sent("apple_financial", "S1_AU.txt", text.encode(), {"AUD": "2.58"}, 2, first)


def _apple_music() -> Sent:
    names = _columns(
        "Storefront Name|Apple Identifier|Membership Type|Quantity|Net Royalty|Net Royalty Total|ISRC|Item_Title|"
        "Item_Artist|Item Type|Media Type|Vendor Identifier|Offline Indicator|Label/Studio/Network|Grid"
    )
    row = {
        "Storefront Name": "DE", "Apple Identifier": "1", "Membership Type": "Family", "Quantity": "2",
        "Net Royalty": ".010665", "Net Royalty Total": ".021330", "ISRC": ISRC, "Item_Title": "Tide", "Item_Artist": "Ada",
    }  # fmt: skip
    head = "Start Date\t05/31/2026\nEnd Date\t06/27/2026\nReport Type\tStreams\nCurrency\tEUR\n"
    text = head + table(names, [row, row | {"Membership Type": "Individual"}], sign="\t", end="\n")
    first = {"net": Decimal("0.021330"), "sold_from": "2026-05-31", "currency": "EUR", "commercial_model": "family"}
    return Sent("apple_music", "am.txt", text.encode(), {"EUR": "0.042660"}, 2, first)


_SPOTIFY_META = "Start date\tEnd date\tLicensor\n2026-05-01\t2026-05-31\tNightjar\n"
LONG = "0.0012345678901234567890123456789"


def _spotify_2017() -> Sent:
    names = _columns(
        "Country|Label|Product|URI|UPC|EAN|ISRC|Track name|Artist name|Composer name|Album name|Quantity|USD Payable"
    )
    row = {
        "Country": "SE",
        "Product": "FAM6",
        "URI": "spotify:track:1",
        "EAN": UPC,
        "ISRC": ISRC,
        "Track name": "Tide",
        "Artist name": "Ada",
        "Quantity": "4",
        "USD Payable": LONG,
    }
    text = _SPOTIFY_META + table(names, [row], sign="\t", end="\n")
    first = {"net": Decimal(LONG), "commercial_model": "family", "sold_from": "2026-05-01", "upc": UPC}
    return Sent("spotify_2017", "track-for-streaming.txt.gz", gzip.compress(text.encode()), {"USD": LONG}, 1, first)


def _spotify() -> Sent:
    names = _columns(
        "Country|Product|URI|UPC|EAN|ISRC|Track name|Artist name|Composer name|Album name|Quantity|Label|Payable|Payable currency"
    )
    row = {
        "Country": "SE",
        "Product": "P",
        "URI": "spotify:track:1",
        "UPC": UPC,
        "ISRC": ISRC,
        "Track name": "Tide",
        "Artist name": "Ada",
        "Quantity": "4",
        "Payable": "1e-7",
        "Payable currency": "EUR",
    }
    rows = table(
        names, [row, row | {"Country": "DK", "Payable": "0.5", "Payable currency": "USD"}], sign="\t", end="\n"
    )
    body = zipped(**{"track-for-streaming__txt": _SPOTIFY_META + rows, "revshare-summary__txt": _SPOTIFY_META + rows})
    first = {"net": Decimal("1e-7"), "commercial_model": "premium", "currency": "EUR"}
    return Sent("spotify", "spotify.zip", body, {"EUR": "0.0000001", "USD": "0.5"}, 2, first)


def _spotify_three() -> Sent:
    names = _columns(
        "Country|Product|URI|UPC|ISRC|Track Name|Artist Name|Composer Name|Album Name|Quantity|Label|"
        "Payable (Reporting)|Reporting Currency|Payable EUR|Payable USD|Payable (Invoice)|Invoice Currency|Noise Content"
    )
    row = {
        "Country": "SE",
        "Product": "A",
        "URI": "spotify:track:1",
        "ISRC": ISRC,
        "Track Name": "Tide",
        "Artist Name": "Ada",
        "Quantity": "9",
        "Payable (Reporting)": "9",
        "Reporting Currency": "SEK",
        "Payable EUR": "0.8",
        "Payable USD": "0.9",
        "Payable (Invoice)": "0.7",
        "Invoice Currency": "GBP",
    }
    first = {"net": Decimal("0.7"), "currency": "GBP", "commercial_model": "ad_supported", "sold_from": "2026-05-01"}
    return Sent(
        "spotify_three_currencies",
        "spotify-202605.tsv",
        table(names, [row], sign="\t").encode(),
        {"GBP": "0.7"},
        1,
        first,
    )


def _youtube_ads() -> Sent:
    names = _columns(
        "Adjustment Type|Day|Country|Asset ID|Asset Title|Asset Labels|Asset Channel ID|Asset Type|Custom ID|ISRC|UPC|"
        "GRid|Artist|Album|Label|Administer Publish Rights|Owned Views|YouTube Revenue Split : Auction|"
        "YouTube Revenue Split : Reserved|YouTube Revenue Split : Partner Sold YouTube Served|"
        "YouTube Revenue Split : Partner Sold Partner Served|YouTube Revenue Split|Partner Revenue : Auction|"
        "Partner Revenue : Reserved|Partner Revenue : Partner Sold YouTube Served|"
        "Partner Revenue : Partner Sold Partner Served|Partner Revenue"
    )
    row = {
        "Adjustment Type": "None",
        "Day": "20260514",
        "Country": "US",
        "Asset ID": "A1",
        "Asset Title": "Tide",
        "ISRC": ISRC,
        "Artist": "Ada",
        "Owned Views": "100",
        "YouTube Revenue Split": "0.2",
        "Partner Revenue : Auction": "0.11",
        "Partner Revenue": "0.12",
    }
    spam = row | {"Adjustment Type": "Spam Adjustment", "Owned Views": "0", "Partner Revenue": "-0.02"}
    first = {"net": Decimal("0.12"), "channel": "ugc", "adjustment": None, "sold_from": "2026-05-14", "store_id": "A1"}
    return Sent("youtube_ads", "yt.csv", table(names, [row, spam]).encode(), {"USD": "0.10"}, 2, first)


def _youtube_subscription() -> Sent:
    names = _columns(
        "Adjustment Type|Country|Day|Video ID|Video Channel ID|Asset ID|Asset Channel ID|Asset Title|Asset Labels|"
        "Asset Type|Custom ID|ISRC|UPC|GRID|Artist|Album|Label|Claim Type|Content Type|Offer|Owned Views|"
        "Monetized Views : Audio|Monetized Views : Audio Visual|Monetized Views|YouTube Revenue Split|"
        "Partner Revenue : Pro Rata|Partner Revenue : Per Sub Min|Partner Revenue"
    )
    row = {
        "Adjustment Type": "None",
        "Day": "20260514",
        "Country": "US",
        "Video ID": "V1",
        "Asset ID": "A1",
        "Asset Title": "Tide",
        "ISRC": ISRC,
        "Artist": "Ada",
        "Content Type": "UGC",
        "Offer": "YouTube Premium",
        "Owned Views": "3",
        "Partner Revenue": "0.003",
    }
    first = {"net": Decimal("0.003"), "channel": "ugc", "commercial_model": "youtube premium"}
    return Sent("youtube_subscription", "yts.csv", table(names, [row]).encode(), {"USD": "0.003"}, 1, first)


def _deezer() -> Sent:
    names = _columns(
        "Start Report|End Report|ISRC|Artist|Title|Album|UPC|Country|Nb of plays|Royalties|Service|Provider|provider_id|Label"
    )
    row = {
        "Start Report": "01/05/2026",
        "End Report": "31/05/2026",
        "ISRC": ISRC,
        "Artist": "Ada",
        "Title": "Tide",
        "UPC": UPC,
        "Country": "FR",
        "Nb of plays": "12",
        "Royalties": "0.0312",
        "Service": "Premium",
    }
    body = zipped(**{"deezer-report__csv": table(names, [row]), "deezer-market-share__csv": "Country,Plays\nFR,12\n"})
    first = {"net": Decimal("0.0312"), "sold_from": "2026-05-01", "sold_until": "2026-05-31", "currency": "EUR"}
    return Sent("deezer", "deezer.zip", body, {"EUR": "0.0312"}, 1, first)


def _soundcloud() -> Sent:
    names = _columns(
        "Partner ID|Partner Name|Label Name|Account ID|Account Name|Artist Name|Album Title|Track Name|Track ID|"
        "Track Classification|ISRC|UPC|Reporting Period|Territory|Total Plays|Total Amount|Revenue Currency|"
        "Monetisation Type|Usage Type|Version"
    )
    row = {
        "Account ID": "9",
        "Artist Name": "Ada",
        "Track Name": "Tide",
        "Track ID": "77",
        "ISRC": ISRC,
        "Reporting Period": "05-2026",
        "Territory": "GB",
        "Total Plays": "5",
        "Total Amount": "0.01",
        "Revenue Currency": "USD",
        "Monetisation Type": "Ads",
    }
    text = "Account ID,9\nUUID,1b4e28ba-2fa1-11d2-883f-0016d3cca427\n" + table(names, [row])
    first = {"net": Decimal("0.01"), "sold_from": "2026-05-01", "sold_until": "2026-05-31", "store_id": "77"}
    return Sent("soundcloud", "sc.csv", text.encode(), {"USD": "0.01"}, 1, first)


def _merlin() -> Sent:
    names = _columns(
        "Service|Start_Date|End_Date|DPID|Member_Name|Label_Name|Release_Title|Artist_Name|Track_Title|Release_ID|GRID|"
        "ISRC|Genre|Country_Of_Sale|Commercial_Model|Sound_Quality|Service_Type|Type_Of_Play|Price_Code|Retail_Price|"
        "Retail_Currency|Unit_Price|Quantity_ Streams|Total_Payable|Total_Payable_USD"
    )
    row = {
        "Service": "NetEase",
        "Start_Date": "20260501",
        "End_Date": "20260531",
        "DPID": "P1",
        "Artist_Name": "Ada",
        "Track_Title": "Tide",
        "ISRC": ISRC,
        "Country_Of_Sale": "CN",
        "Commercial_Model": "SubscriptionModel",
        "Type_Of_Play": "Stream",
        "Retail_Currency": "CNY",
        "Quantity_ Streams": "8",
        "Total_Payable": "7.1",
        "Total_Payable_USD": "1.01",
    }
    first = {"net": Decimal("1.01"), "currency": "USD", "quantity": 8, "store": "NetEase", "channel": "stream"}
    return Sent("merlin", "ne.csv", table(names, [row]).encode(), {"USD": "1.01"}, 1, first)


def _iheart() -> Sent:
    names = _columns(
        "ReportStartDt|ReportEndDt|EntityName|Merlin Member|Label Code|Artist Name|Album Name|UPC|# Discs|"
        "Album Sequence|Track Name|ISRC|# Streams|Album ID|Track ID|Country|Price|Curr|ProductTier"
    )
    row = {
        "ReportStartDt": "5/1/2026",
        "ReportEndDt": "5/31/2026",
        "EntityName": "iHeart",
        "Artist Name": "Ada",
        "Track Name": "Tide",
        "ISRC": ISRC,
        "# Streams": "20",
        "Country": "US",
        "Price": "0.05",
        "Curr": "USD",
        "ProductTier": "Plus",
    }
    first = {"net": Decimal("0.05"), "sold_from": "2026-05-01", "sold_until": "2026-05-31", "quantity": 20}
    return Sent("iheart", "ih.tsv", table(names, [row], sign="\t").encode(), {"USD": "0.05"}, 1, first)


def _pandora() -> Sent:
    meta = _columns(
        "MessageVersionId|MessageSender|MessageRecipient|MessageCreatedDateTime|MessageNotificationStartDate|"
        "MessageNotificationEndDate|UnitsSoldTotal|TotalSalesForMarketShareCalculation|CurrencyCode|NumberOfSalesLines|"
        "DspGrossRevenue|DspDeductionsAmount|TotalAmountPayable|CommercialModelType"
    )
    values = [
        "1",
        "Pandora",
        "Label",
        "2026-06-10",
        "2026-05-01",
        "2026-05-31",
        "30",
        "0",
        "USD",
        "2",
        "1",
        "0",
        "0.30",
        "Subscription",
    ]
    names = _columns(
        "DSP|Member|LabelName|UPC|ISRC|ReleaseTitle|ResourceTitle|Contributors|NumberOfConsumerSalesGross|RoyaltyRate|EffectiveRoyaltyRate|UseType|TerritoryCode|PlanName"
    )
    row = {
        "ISRC": ISRC,
        "ResourceTitle": "Tide",
        "Contributors": "Ada",
        "NumberOfConsumerSalesGross": "15",
        "EffectiveRoyaltyRate": "0.15",
        "TerritoryCode": "US",
    }
    rows = table(names, [row, row], end=",\n").replace("PlanName,\n", "PlanName\n")  # a cell more than names
    text = ",".join(meta) + "\n" + ",".join(values) + "\n\n" + rows
    first = {
        "net": Decimal("0.15"),
        "sold_from": "2026-05-01",
        "sold_until": "2026-05-31",
        "commercial_model": "subscription",
    }
    return Sent("pandora", "pa.csv", text.encode(), {"USD": "0.30"}, 2, first)


def _symphonic() -> Sent:
    names = _columns(
        "Reporting Period|Label|Release Name|Release Version|Release Artists|UPC Code|Catalogue|Track Title|"
        "Mix Version|ISRC Code|Track Artists|Digital Service Provider|Activity Period|Territory|Delivery|Content Type|"
        "Sale or Void|Count|Royalty ($US)"
    )
    row = {
        "Reporting Period": "JUN-26",
        "Release Name": "Tide",
        "Release Artists": "Ada",
        "UPC Code": UPC,
        "Track Title": "Tide",
        "ISRC Code": ISRC,
        "Track Artists": "Ada",
        "Digital Service Provider": "Spotify",
        "Activity Period": "June 2026",
        "Territory": "DEU",
        "Delivery": "Streaming",
        "Sale or Void": "Void",
        "Count": "0",
        "Royalty ($US)": "-0.062356",
    }
    first = {
        "net": Decimal("-0.062356"),
        "territory": "DE",
        "adjustment": "void",
        "sold_until": "2026-06-30",
        "quantity": 0,
    }
    return Sent("symphonic", "sy.csv", table(names, [row]).encode(), {"USD": "-0.062356"}, 1, first)


def _curve() -> Sent:
    names = _columns(
        "Royalty ID|Asset ISRC|Asset Title|Asset Version|Asset Artist|Asset Duration|Sale net receipts calculation|"
        "Sale net receipts|Contract deal term|Contract Reference|Reported Royalty|Asset/Product|Territory|Quantity|"
        "Sale Type|Sale User Type|Sale Start date|Sale End date|Sale Store Name|DSP|Royalty Calculation Base|"
        "Product Reference|Asset Reference|Product Share|Asset Share|Exchange Rate|Currency|Product Title|"
        "Product Artist|Product UPC|Product Catalog Number|Product Label|Sale ID"
    )
    row = {
        "Royalty ID": "1",
        "Asset ISRC": ISRC,
        "Asset Title": "Tide",
        "Asset Artist": "Ada",
        "Sale net receipts calculation": "$0.002 × 100% of sale × 0.985 £/$ = £",
        "Sale net receipts": "0.00164130103450794",
        "Contract deal term": "85%",
        "Reported Royalty": "0.00139510587933175",
        "Territory": "GB",
        "Quantity": "1",
        "Sale Type": "Streaming",
        "Sale Start date": "2026-08-01",
        "Sale End date": "2026-08-31",
        "Sale Store Name": "Spotify",
        "Exchange Rate": "0.985",
        "Currency": "USD",
        "Product UPC": UPC,
    }
    body = zipped(
        **{
            "c-royalty_extended__csv": table(names, [row]),
            "c-countries__csv": "Territory,Currency,Sale Net Receipts,Reported Royalty\nGB,GBP,0.0016,0.0013\n",
            "c-products__csv": "Product Title,Product UPC,Currency,Sale Net Receipts,Reported Royalty\n,,,,\n",
        }
    )
    first = {"net": Decimal("0.00139510587933175"), "gross": Decimal("0.00164130103450794"), "currency": "GBP"}
    return Sent("curve", "curve.zip", body, {"GBP": "0.00139510587933175"}, 1, first)


def _cargo_physical() -> Sent:
    names = _columns(
        "Period|Catalogue No.|Label|Label ID|Sold To|Cinram V Sage V Cost|Domestic v Export|Sale / Cost|"
        "Type / Cost Reason|Country|Artist / Invoice Ref|Title / More info|UPC on report|Format|Net Qty|Gross value|Cost|"
        "Storage Costs|Distribution fee|Net after fee"
    )
    rows: list[list[object]] = [
        ["2026_01", "NJ-1", "NIGHTJAR", 123456, "SHOP", "Sage", "Domestic", "Sale", "Store", "UK", "ADA", "TIDE", int(UPC), "VL", 1, 9.1, None, None, 0.8, 7.28],
        ["2026_01", "NJ-1", "NIGHTJAR", 123456, "", "Cost", "", "Cost", "Storage", "UK", "INV 1", "storage", None, "", 0, None, 2, 2, 0.8, -2],
    ]  # fmt: skip
    first = {"net": Decimal("7.28"), "upc": UPC, "channel": "physical", "territory": "GB", "sold_until": "2026-01-31"}
    return Sent("cargo_physical", "cargo.xlsx", workbook(names, rows), {"GBP": "5.28"}, 2, first)


def workbook(names: Sequence[str], rows: Sequence[Sequence[object]]) -> bytes:
    """A workbook with one sheet."""
    import xlsxwriter

    body = io.BytesIO()
    with xlsxwriter.Workbook(body) as book:
        sheet = book.add_worksheet("2026_Q1")
        sheet.write_row(0, 0, names)
        for at, row in enumerate(rows, start=1):
            sheet.write_row(at, 0, row)
    return body.getvalue()


def _secretly() -> Sent:
    names = _columns(
        "Internal Invoice Number|Customer|Catalog Number|Title_Description|UPC|Product ID|Artist|Product Title|"
        "Digital Service Provider_Subdescription|Country Code|Transaction Type|Quantity|Gross Unit Price|"
        "Total Gross Income|Distribution Fee Total|Label Net Unit Price|Label Net Total|datePaidlast|dateProcessedlast|"
        "Flag for mech obligation|Flag for Radio_Performance Royalty Exclusion|internal serial number|Label|"
        "invoice_description"
    )
    row = {
        "Internal Invoice Number": "1",
        "Customer": "Spotify",
        "Catalog Number": "NJ-1",
        "UPC": UPC,
        "Artist": "Ada",
        "Product Title": "Tide",
        "Country Code": "US",
        "Transaction Type": "Download",
        "Quantity": "1",
        "Total Gross Income": "0.7",
        "Distribution Fee Total": "0.1",
        "Label Net Unit Price": "0.6",
        "Label Net Total": "0.6",
        "dateProcessedlast": "5/31/2026",
        "internal serial number": "11",
    }
    text = table(names, [row]) + "Grand Total" + "," * 16 + "0.6" + "," * 7 + "\r\n"
    first = {"net": Decimal("0.6"), "fees": Decimal("0.1"), "channel": "download"}
    return Sent("secretly", "se.csv", text.encode(), {"USD": "0.6"}, 1, first)


def _prs() -> Sent:
    names = _columns("Record Number|CAE Number|Work Title|Amount (performance revenue)|IP1")
    rows = [
        {
            "Record Number": str(n),
            "CAE Number": "1",
            "Work Title": "Tide",
            "Amount (performance revenue)": "0.016",
            "IP1": "Ada",
        }
        for n in (1, 2)
    ]
    first = {"net": Decimal("0.016"), "channel": "neighbouring", "sold_from": "2026-04-01", "sold_until": "2026-06-30"}
    return Sent("prs", "prs 2026 Q2.csv", table(names, rows).encode(), {"GBP": "0.032"}, 2, first)
