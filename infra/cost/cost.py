"""What Tintype costs: from inputs.json and prices.json to docs/COST.md. usage: cost.py [--check]

Without free tiers, which come and go, and hide what is spent; the page says which would apply.
"""

import json
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SHEET = json.loads((HERE / "prices.json").read_text())
PRICE = {name: entry["usd"] for name, entry in SHEET["prices"].items()}
INPUTS = json.loads((HERE / "inputs.json").read_text())
M = {name: entry["value"] for name, entry in INPUTS.items()}
#: Where a price was looked up: in a page of AWS's, in a table that says it is checked against AWS's Pricing API, or in
#: somebody else's page.
READ_BY = ("aws", "api", "other")
#: What a number may be worth. Only what a command printed is measured; its `how` names command and day.
KINDS = ("measured", "counted", "assumed")
CLASSES = {"GLACIER_IR": "s3_glacier_ir", "STANDARD": "s3_standard"}
GB = 1000.0
#: Thumb and preview.
VARIANTS = 2
#: An audit asks for the checksum of one original in so many: shared/core/src/audit.rs.
ROTATION = 30


def taking_in(photos, gb, kind):
    """Dollars to take photos in, by what they are spent on."""
    s3 = CLASSES[kind]
    gb_s = (M["decode_cpu_s"] / M["processor_share"] + M["calls_s"]) * M["processor_gb"]
    return {
        "S3 requests": photos
        * (
            M["standard_puts"] * PRICE["s3_standard_put"]
            + M["original_puts"] * PRICE[f"{s3}_put"]
            + M["standard_gets"] * PRICE["s3_standard_get"]
            + M["original_gets"] * PRICE[f"{s3}_get"]
        ),
        "S3 reads the originals once, to decode them": gb * PRICE.get(f"{s3}_retrieval_gb", 0),
        "DynamoDB": photos
        * (M["write_units"] * PRICE["dynamodb_write_unit"] + M["read_units"] * PRICE["dynamodb_read_unit"]),
        "Lambda": photos
        * (
            gb_s * PRICE["lambda_arm64_gb_second"]
            + PRICE["lambda_request"]
            + M["api_requests"] * (M["api_gb_s"] * PRICE["lambda_arm64_gb_second"] + PRICE["lambda_request"])
        ),
        "API Gateway and CloudFront": photos
        * M["api_requests"]
        * (PRICE["http_api_request"] + PRICE["cloudfront_request"]),
        "Logs": photos * M["log_kb"] / GB / GB * PRICE["logs_gb"],
    }


def keeping(photos, gb, kind):
    """Dollars to keep them a month."""
    table_gb = photos * M["record_kb"] / GB / GB
    return {
        "originals": gb * PRICE[f"{CLASSES[kind]}_gb_month"],
        "variants": photos * M["variants_mb"] / GB * PRICE["s3_standard_gb_month"],
        "catalog": table_gb * (PRICE["dynamodb_gb_month"] + PRICE["dynamodb_pitr_gb_month"]),
    }


def removing(photos):
    """Dollars to remove photos for good, from the trash to the tombstone. S3 takes nothing for a DELETE."""
    return {
        "S3 requests": photos * M["purge_lists"] * PRICE["s3_standard_put"],
        "DynamoDB": photos
        * (
            M["purge_write_units"] * PRICE["dynamodb_write_unit"]
            + M["purge_read_units"] * PRICE["dynamodb_read_unit"]
        ),
        "Lambda": photos * M["purge_gb_s"] * PRICE["lambda_arm64_gb_second"],
    }


def idle():
    """Dollars a month while nobody comes: the keeper looks whether there is something to do."""
    runs = M["keeper_runs_month"]
    return {
        "Lambda": runs * (M["keeper_gb_s"] * PRICE["lambda_arm64_gb_second"] + PRICE["lambda_request"]),
        "DynamoDB": runs * M["keeper_read_units"] * PRICE["dynamodb_read_unit"],
        "S3": runs * M["keeper_lists"] * PRICE["s3_standard_put"],
        "Logs": runs * M["keeper_log_kb"] / GB / GB * PRICE["logs_gb"],
    }


def audits(photos, kind):
    """Dollars a month for the audits, which are weekly: everything is listed, and some originals are asked for (HEAD)."""
    listed = photos * (1 + VARIANTS) / 1000
    records = photos * M["record_kb"] / 4 / 2
    return (30 / 7) * (
        listed * PRICE["s3_standard_put"]
        + records * PRICE["dynamodb_read_unit"]
        + photos / ROTATION * PRICE[f"{CLASSES[kind]}_get"]
    )


def looking():
    """Dollars a month for looking at photos."""
    thumb_mb = M["variants_mb"] / 8
    views = M["views_month"]
    return {
        "CloudFront": views * (PRICE["cloudfront_request"] + thumb_mb / GB * PRICE["cloudfront_gb"]),
        "S3": views * PRICE["s3_standard_get"],
    }


def years(photos_month, gb_month, kind, months=60):
    """Dollars of each month, for somebody who adds as much every month."""
    spent = []
    for month in range(1, months + 1):
        spent.append(
            total(taking_in(photos_month, gb_month, kind))
            + total(keeping(photos_month * month, gb_month * month, kind))
            + total(idle())
            + total(looking())
        )
    return spent


def total(parts):
    return sum(parts.values())


def table(head, rows):
    lines = [f"| {' | '.join(head)} |", f"| --- |{' --: |' * (len(head) - 1)}"]
    return "\n".join(lines + [f"| {' | '.join(row)} |" for row in rows])


def usd(dollars, digits=4):
    return f"{dollars:.{digits}f}"


def by_class(parts_of, digits=4):
    found = {kind: parts_of(kind) for kind in CLASSES}
    names = list(next(iter(found.values())))
    rows = [[name, *(usd(parts[name], digits) for parts in found.values())] for name in names]
    rows.append(["**together**", *(f"**{usd(total(parts), digits)}**" for parts in found.values())])
    return table(["US dollars", *CLASSES], rows)


def page():
    photos, gb = 1000, M["photo_mb"]
    spent = {kind: years(200, 4, kind) for kind in CLASSES}
    rows = [
        [f"month {month}", f"{200 * month:,}", f"{4 * month}", *(usd(spent[kind][month - 1], 2) for kind in CLASSES)]
        for month in (1, 12, 24, 36, 48, 60)
    ]
    rows.append(["**all 60 months**", "", "", *(f"**{usd(sum(spent[kind]), 2)}**" for kind in CLASSES)])
    sheet = "\n".join(
        f"| {name} | {entry['usd']} | {entry['source']} | {entry['read_by']}: {entry['read_at']} | {entry['read_on']} |"
        for name, entry in SHEET["prices"].items()
    )
    inputs = "\n".join(
        f"| {name} | {entry['value']} | {entry['kind']} | {entry['how']} |" for name, entry in INPUTS.items()
    )
    looked = {by: sum(entry["read_by"] == by for entry in SHEET["prices"].values()) for by in READ_BY}
    many = {kind: sum(entry["kind"] == kind for entry in INPUTS.values()) for kind in KINDS}
    oldest = min(entry["read_on"] for entry in SHEET["prices"].values())
    idle_rows = [[name, usd(cost)] for name, cost in idle().items()]
    idle_rows.append(["**together**", f"**{usd(total(idle()))}**"])
    removing_rows = [[name, usd(cost)] for name, cost in removing(photos).items()]
    removing_rows.append(["**together**", f"**{usd(total(removing(photos)))}**"])
    return f"""# What it costs

Written by `make cost` (`infra/cost/cost.py`) from {len(INPUTS)} numbers ({many['measured']} measured, {many['counted']} counted in code and template, {many['assumed']} assumed: the table at the end says which) and a dated sheet of {len(SHEET['prices'])} prices ({looked['aws']} found in a page of AWS's, {looked["api"]} in a table that says it is checked against AWS's Pricing API, {looked['other']} in other people's pages: the last table); do not edit. Nothing here was read from a bill yet. Prices of {SHEET['region']}, the oldest of {oldest}, before taxes and **without free tiers**: in an account of one family Lambda, DynamoDB's storage, CloudFront, Cognito, logs, ten metrics and ten alarms are likely to be free.

## Nobody comes: a month

{table(["US dollars", "idle"], idle_rows)}

Nothing else bills while idle; a test reads the template and fails when something does.

## {photos:,} photos of {M['photo_mb']:g} MB come in

{by_class(lambda kind: taking_in(photos, gb, kind))}

## And are kept, a month

{by_class(lambda kind: keeping(photos, gb, kind))}

GLACIER_IR bills at least 90 days and 128 KB for each original, and 0.03 a GB when one is downloaded. What is deleted stays in the vault for 30 more days.

## {photos:,} photos are removed for good

{table(["US dollars", "once"], removing_rows)}

## A keen photographer: 200 photos and 4 GB a month

Everything: taking in, keeping, looking at {M['views_month']:,} thumbs a month, the keeper.

{table(["", "photos", "GB", *CLASSES], rows)}

## What may come on top

- Downloads of originals: S3's 0.09 a GB behind 100 GB a month.
- Metrics: CloudWatch bills each of about a dozen behind the tenth of an account, 0.30 a month, for the hours in which photos come in.
- By parameter: a dashboard behind the third of an account 3.00 a month, a WAF from 5.00.
- The weekly audit: lists, and S3's checksum of every thirtieth original. Of 12,000 with GLACIER_IR {usd(audits(12000, 'GLACIER_IR'), 2)} a month, of 100,000 {usd(audits(100_000, 'GLACIER_IR'), 2)}.
- The restore drill: it reads about 200 MB a week, which with GLACIER_IR is {usd(0.2 * 30 / 7 * PRICE['s3_glacier_ir_retrieval_gb'], 2)} a month for the reads.

## What it is computed from

| | value | | how |
| --- | --: | --- | --- |
{inputs}

{SHEET['how']}

| price | US dollars | AWS's page | looked up in | on |
| --- | --: | --- | --- | --- |
{sheet}
"""


def check():
    """The page is up to date, and the template says the same price as the sheet."""
    wrong = []
    for name, entry in INPUTS.items():
        dated = re.search(r"\d{4}-\d\d-\d\d", entry["how"]) and re.search(r"make |docs/", entry["how"])
        if entry["kind"] not in KINDS or (entry["kind"] == "measured") != bool(dated):
            wrong.append(f"inputs.json: {name} is measured if, and only if, it names day and command or page")
    for name, entry in SHEET["prices"].items():
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", entry.get("read_on", "")) or not entry["source"].startswith("https://"):
            wrong.append(f"prices.json: {name} lacks the day it is known of, or its source")
        if entry.get("read_by") not in READ_BY or not entry.get("read_at", "").startswith("http"):
            wrong.append(f"prices.json: {name} does not say where it was looked up")
    if (ROOT / "docs" / "COST.md").read_text() != page():
        wrong.append("docs/COST.md is not what infra/cost computes: run `make cost` and commit it")
    if f"ROTATION: u16 = {ROTATION};" not in (ROOT / "shared" / "core" / "src" / "audit.rs").read_text():
        wrong.append("infra/cost/cost.py: ROTATION is not that of shared/core/src/audit.rs")
    found = re.search(r"!If \[InstantRetrieval, '([0-9.]+)', '([0-9.]+)'\]", (ROOT / "template.yaml").read_text())
    expected = (PRICE["s3_glacier_ir_gb_month"], PRICE["s3_standard_gb_month"])
    if not found or tuple(map(float, found.groups())) != expected:
        wrong.append("template.yaml: ORIGINALS_USD_GB_MONTH is not what infra/cost/prices.json says")
    sys.exit("\n".join(wrong) or None)


if __name__ == "__main__":
    if "--check" in sys.argv:
        check()
    (ROOT / "docs" / "COST.md").write_text(page())
