"""The page's files and its config.json in the site bucket."""

import datetime
import json
import mimetypes
import pathlib
import re

from stack import Wrong, say

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "frontend-static" / "dist"
#: Files whose name holds a hash of their content never change; all others are asked for again each time.
IMMUTABLE = "public, max-age=31536000, immutable"
REVALIDATE = "no-cache"
#: How long a page that is still open may fetch parts of the build before.
OLD_ASSETS = datetime.timedelta(days=7)
#: Remembers since when an asset is old.
ASSETS = "assets.json"


def upload_page(session, stack):
    s3, bucket = session.client("s3"), stack["SiteBucketName"]
    if not (PAGE / "index.html").is_file():
        raise Wrong("the page is not built: make page")
    say("Uploading the page ...")
    names = [path.relative_to(PAGE).as_posix() for path in sorted(PAGE.rglob("*")) if path.is_file()]
    # CloudFront compresses by itself.
    names = [name for name in names if not name.endswith((".br", ".gz", ".map"))]
    # What the document names is there before the document.
    for name in sorted(names, key=lambda name: (name == "index.html", not name.startswith("assets/"))):
        if name == "index.html":
            put(s3, bucket, "config.json", json.dumps(page_config(session, stack)).encode())
        put(s3, bucket, name, (PAGE / name).read_bytes())
    retire_assets(s3, bucket, {name for name in names if name.startswith("assets/")})


def put(s3, bucket, name, body):
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    kind = {".webmanifest": "application/manifest+json", ".js": "text/javascript"}.get(pathlib.Path(name).suffix, kind)
    if kind.startswith("text/"):
        kind += "; charset=utf-8"
    cache = IMMUTABLE if name.startswith("assets/") else REVALIDATE
    s3.put_object(Bucket=bucket, Key=name, Body=body, ContentType=kind, CacheControl=cache)


def retire_assets(s3, bucket, current):
    """Deletes what no build has named for a week: a page that is open since yesterday still fetches its parts."""
    now = datetime.datetime.now(datetime.timezone.utc)
    try:
        known = json.loads(s3.get_object(Bucket=bucket, Key=ASSETS)["Body"].read())
    except (s3.exceptions.NoSuchKey, ValueError):
        known = {}
    since = {name: known.get(name) or now.isoformat() for name in known if name not in current}
    old = [name for name, retired in since.items() if now - datetime.datetime.fromisoformat(retired) > OLD_ASSETS]
    for name in old:
        s3.delete_object(Bucket=bucket, Key=name)
        del since[name]
    put(s3, bucket, ASSETS, json.dumps(since | dict.fromkeys(sorted(current))).encode())


def page_config(session, stack):
    """The names that local/src/stack.rs gives the page, with what Cognito does not say in its discovery document."""
    origin = f"https://{{}}.s3.{session.region_name}.{suffix(session)}"
    return {
        "version": re.search(r'^version = "(.+)"', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)[1],
        "issuer": stack["Issuer"],
        "client_id": stack["PageClientId"],
        "cli_client_id": stack["CliClientId"],
        "scope": "openid tintype/read tintype/write tintype/upload",
        "end_session_endpoint": f"{stack['SignIn']}/logout",
        "revocation_endpoint": f"{stack['SignIn']}/oauth2/revoke",
        "uploads_origin": origin.format(stack["UploadsBucketName"]),
        "vault_origin": origin.format(stack["VaultBucketName"]),
        "storage_class": stack["StorageClass"],
    }


def suffix(session):
    return "amazonaws.com.cn" if session.region_name.startswith("cn-") else "amazonaws.com"
