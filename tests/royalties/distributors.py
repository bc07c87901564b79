"""What distributors and shops send."""

from __future__ import annotations

from decimal import Decimal

from tests.royalties.tables import ISRC, UPC, Sent, columns, table, workbook, zipped


def distrokid() -> Sent:
    names = columns(
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


def cdbaby() -> Sent:
    names = columns(
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


def tunecore() -> Sent:
    names = columns(
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


_BELIEVE = columns(
    "Reporting month|Sales Month|Platform|Country / Region|Label Name|Artist Name|Release title|Track title|UPC|ISRC|"
    "Release Catalog nb|Streaming Subscription Type|Release type|Sales Type|Quantity|Client Payment Currency|"
    "Unit Price|Mechanical Fee|Gross Revenue|Client share rate|Net Revenue"
)


def believe() -> Sent:
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


def believe_ru() -> Sent:
    names = columns(
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


def kontor() -> Sent:
    names = columns(
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


BANDCAMP = columns(
    "date|paid to|item type|item name|artist|currency|item price|quantity|discount code|sub total|tax|shipping|"
    "ship from country name|transaction fee|fee type|item total|amount you received|bandcamp transaction id|"
    "paypal transaction id|assessed revenue share|collected revenue share|balance of revenue share|"
    "change to payout balance|payout balance|net amount|package|option|item url|sku|catalog number|upc|isrc|"
    "buyer name|buyer email|buyer phone|buyer note|ship to name|ship to street|ship to street 2|ship to city|"
    "ship to state|ship to zip|ship to country|ship to country code|ship date|ship notes|country|country code|"
    "region/state|city|referrer|referrer url"
)
BUYER = {"buyer name": "Grace Buyer", "buyer email": "grace@buyers.test", "ship to street": "1 Hidden Lane"}


def bandcamp() -> Sent:
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


def symphonic() -> Sent:
    names = columns(
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


def curve() -> Sent:
    names = columns(
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


def cargo_physical() -> Sent:
    names = columns(
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


def secretly() -> Sent:
    names = columns(
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
