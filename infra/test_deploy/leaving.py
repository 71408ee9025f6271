"""All of it goes, and comes back; Google takes over."""

import contextlib
import hashlib
import os
import pathlib
import secrets
import threading

from claims import check
from page_files import parts_of_builds_before_stay_a_week
from person import png


def goes_and_comes_back(cloud, photo_id):
    check(f"USER_POOL={cloud.outputs['UserPoolId']}" in cloud.destroy_asks(), "what stays is said before anything goes")
    cloud.forget_calls()
    pool, vault = cloud.outputs["UserPoolId"], cloud.outputs["VaultBucketName"]
    said = cloud.cloud("destroy", "--yes")
    check("stay" in said and vault in said, "destroying says what stays", said)
    gone = cloud.cloud_ends("destroy", "--yes")
    check("there is no stack" in gone.stderr, "said again, there is nothing left to do", gone.stderr)
    s3 = cloud.client("s3")
    buckets = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
    check({vault, cloud.outputs["UploadsBucketName"]} <= buckets, "both buckets stay", buckets)
    check(cloud.outputs["SiteBucketName"] not in buckets, "the page goes", buckets)
    check(cloud.outputs["TableName"] in cloud.client("dynamodb").list_tables()["TableNames"], "the catalog stays")
    pools = cloud.client("cognito-idp").list_user_pools(MaxResults=10)["UserPools"]
    check(pool in {found["Id"] for found in pools}, "the people stay", pools)
    cognito = cloud.client("cognito-idp")
    other = cognito.create_user_pool(PoolName="office-users")["UserPool"]["Id"]
    for typed in ("", other, "nonsense"):
        refused = cloud.cloud_ends("adopt", typed)
        check(
            refused.returncode != 0 and pool in refused.stderr and "Traceback" not in refused.stderr,
            f"adopting {typed or 'without a pool'} is refused, and the right one named",
            refused.stderr,
        )
    cognito.delete_user_pool(UserPoolId=other)
    cloud.cloud("adopt", pool)
    twice = cloud.cloud_ends("adopt", pool)
    check("make deploy" in twice.stderr, "adopted already, it says what comes next", twice.stderr)
    cloud.deploy()
    check(cloud.outputs["UserPoolId"] == pool, "a new stack adopts them", cloud.outputs)
    person, _ = cloud.signed_in("ada@example.com")
    listed = person.ask("GET", "/api/photos?limit=10").json()["photos"]
    check(photo_id in {entry["photo_id"] for entry in listed}, "and shows the same photos to the same people", listed)
    content = png(4)
    person.upload("after.png", content)
    person.wait_for(hashlib.sha256(content).hexdigest(), "ready")
    check(True, "and takes new ones")
    check(cloud.denied() == [], "with its rights", cloud.denied())


def google_takes_over(cloud):
    """Its secret comes from the environment, and no command line shows it meanwhile."""
    secret = "GOCSPX-" + secrets.token_urlsafe(18)
    shown, over = [], threading.Event()

    def watch():
        while not over.wait(0.1):
            for process in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
                with contextlib.suppress(OSError):
                    command = process.read_bytes()
                    shown.extend([command] if secret.encode() in command else [])

    def provider():
        named = {"UserPoolId": cloud.outputs["UserPoolId"], "ProviderName": "Google"}
        return cloud.client("cognito-idp").describe_identity_provider(**named)["IdentityProvider"]

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        said = cloud.deploy(
            "GoogleClientId=1-a.apps.googleusercontent.com", env={**os.environ, "GOOGLE_CLIENT_SECRET": secret}
        )
    finally:
        over.set()
        watching.join()
    check(provider()["ProviderDetails"]["client_secret"] == secret, "Google's secret arrives", provider())
    check(shown == [] and secret not in said, "and is on no command line and in no output", shown)
    parts_of_builds_before_stay_a_week(cloud)
    check(provider()["ProviderDetails"]["client_secret"] == secret, "the next deployment keeps it", provider())
    invited_by_google(cloud)


def invited_by_google(cloud):
    """make invite, where Google is the way in: one more on the list, and nobody less."""
    before = [entry.strip() for entry in cloud.parameter("AllowedEmails").split(",")]
    check(not cloud.google_lets_in("new@example.com"), "somebody whom nobody invited stays outside")
    said = cloud.cloud("invite", "new@example.com")
    check("may come in with Google" in said, "inviting says how they come in", said)
    cloud.cloud("invite", "NEW@example.com")
    listed = cloud.parameter("AllowedEmails")
    check(listed == ",".join([*before, "new@example.com"]), "one more is listed, once, and nobody less", listed)
    for email in ("New@example.com", "ada@example.com", "anyone@family.example"):
        check(cloud.google_lets_in(email), f"{email} comes in")
    wrong = cloud.cloud_ends("invite", "new@exa_mple.com")
    check(wrong.returncode != 0 and "addresses and @domains" in wrong.stderr, "what is no address is refused", wrong.stderr)
