"""The page's files in their bucket: their types, how long they are kept, and what becomes of parts of builds before."""

import datetime
import json
import pathlib

from claims import check

KINDS = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
}


def listed(cloud):
    pages = cloud.client("s3").get_paginator("list_objects_v2").paginate(Bucket=cloud.outputs["SiteBucketName"])
    return [found["Key"] for page in pages for found in page.get("Contents", [])]


def files_have_their_types(cloud):
    s3, bucket, wrong, names = cloud.client("s3"), cloud.outputs["SiteBucketName"], {}, listed(cloud)
    for name in names:
        head = s3.head_object(Bucket=bucket, Key=name)
        cache = "public, max-age=31536000, immutable" if name.startswith("assets/") else "no-cache"
        if (head["ContentType"], head["CacheControl"]) != (KINDS.get(pathlib.Path(name).suffix), cache):
            wrong[name] = head["ContentType"], head["CacheControl"]
    check(len(names) > 20 and not wrong, f"each of the page's {len(names)} files has its type, and is kept as it may be", wrong)


def parts_of_builds_before_stay_a_week(cloud):
    """The next deployment deletes what no build has named for a week, and nothing younger."""
    s3, bucket = cloud.client("s3"), cloud.outputs["SiteBucketName"]
    now = datetime.datetime.now(datetime.timezone.utc)

    def ago(days):
        return (now - datetime.timedelta(days=days)).isoformat()

    known = json.loads(s3.get_object(Bucket=bucket, Key="assets.json")["Body"].read())
    before = {"assets/eight-days.js": ago(8), "assets/six-days.js": ago(6), "assets/until-now.js": None}
    for name in before:
        s3.put_object(Bucket=bucket, Key=name, Body=b"//")
    s3.put_object(Bucket=bucket, Key="assets.json", Body=json.dumps(known | before).encode())
    cloud.deploy()
    left = set(listed(cloud)) & set(before)
    check(left == {"assets/six-days.js", "assets/until-now.js"}, "parts of a build before stay a week", left)
    after = json.loads(s3.get_object(Bucket=bucket, Key="assets.json")["Body"].read())
    check(after["assets/six-days.js"] == before["assets/six-days.js"], "counted from when no build named them", after)
    check((after["assets/until-now.js"] or "") >= now.isoformat(), "which is now for those of the build before", after)
    check(set(known) <= set(listed(cloud)), "and all that this build names is there", known)
