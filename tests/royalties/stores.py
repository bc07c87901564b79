"""What stores and societies send."""

from __future__ import annotations

import gzip
from decimal import Decimal

from tests.royalties.tables import ISRC, UPC, Sent, columns, table, zipped


def apple_financial() -> Sent:
    names = columns(
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


def apple_music() -> Sent:
    names = columns(
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


def spotify_2017() -> Sent:
    names = columns(
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


def spotify() -> Sent:
    names = columns(
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


def spotify_three() -> Sent:
    names = columns(
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


def youtube_ads() -> Sent:
    names = columns(
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


def youtube_subscription() -> Sent:
    names = columns(
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


def deezer() -> Sent:
    names = columns(
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


def soundcloud() -> Sent:
    names = columns(
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


def merlin() -> Sent:
    names = columns(
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


def iheart() -> Sent:
    names = columns(
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


def pandora() -> Sent:
    meta = columns(
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
    names = columns(
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


def prs() -> Sent:
    names = columns("Record Number|CAE Number|Work Title|Amount (performance revenue)|IP1")
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
