"""The keeper: its chores, what is asked of it by hand, its schedule."""

import base64
import hashlib
import secrets
import time

from claims import check, until
from person import png, request


def keeper_keeps(cloud, person, photo_id):
    """Each chore of the keeper once: records are set back by hand to what a crash would leave."""
    table, name = cloud.client("dynamodb"), cloud.outputs["TableName"]
    user = person.ask("GET", "/api/me").json()["user_id"]
    key = {"PK": {"S": f"U#{user}"}, "SK": {"S": f"P#{photo_id}"}}
    ready = table.get_item(TableName=name, Key=key)["Item"]
    past = "2026-01-01T00:00:00.000Z"
    due = {
        "due": {"S": "2026-01-01T00:00:00Z"},
        "work_pk": {"S": "W#0"},
        "work_sk": {"S": f"{past}#{user}#{photo_id}"},
        "preview": {"S": "pending"},
    }
    table.put_item(TableName=name, Item=ready | due)
    report = cloud.run_keeper()
    check(report["renders_sent"] == 1, "the keeper sends a photo without variants to the processor", report)
    person.wait_for(photo_id, "ready")
    ready = table.get_item(TableName=name, Key=key)["Item"]
    storing = ready | due | {"state": {"S": "storing"}}
    for absent in ("timeline_pk", "timeline_sk", "stored_at"):
        storing.pop(absent, None)
    table.put_item(TableName=name, Item=storing)
    report = cloud.run_keeper()
    check(report["finished"] == 1, "it finishes a photo whose copy is there", report)
    cloud.run_keeper()
    person.wait_for(photo_id, "ready")
    nowhere = hashlib.sha256(b"never sent").hexdigest()
    table.put_item(
        TableName=name,
        Item=storing
        | {
            "SK": {"S": f"P#{nowhere}"},
            "work_sk": {"S": f"{past}#{user}#{nowhere}"},
            "key": {"S": storing["key"]["S"].replace(photo_id, nowhere)},
        },
    )
    report = cloud.run_keeper()
    check(report["removed"] == 1, "it removes a record that never got a photo", report)
    gone = png(2)
    gone_id = hashlib.sha256(gone).hexdigest()
    person.upload("gone.png", gone)
    person.wait_for(gone_id, "ready")
    trashed = person.ask("POST", "/api/photos/trash", {"photo_ids": [gone_id]})
    check(trashed.status == 200, "a photo goes to the trash", trashed)
    person.ask("POST", "/api/photos/restore", {"photo_ids": [gone_id]})
    check(person.lookup(gone_id)[0]["safe"], "and comes back")
    person.ask("POST", "/api/photos/trash", {"photo_ids": [gone_id]})
    person.ask("POST", "/api/trash/empty")
    until("the emptied trash is removed", 30, lambda: cloud.run_keeper()["purged"] == 1)
    versions = cloud.client("s3").list_object_versions(
        Bucket=cloud.outputs["VaultBucketName"], Prefix=f"originals/{user}/{gone_id}/"
    )
    check(len(versions["DeleteMarkers"]) == 1 and len(versions["Versions"]) == 1, "behind a marker, not erased", versions)


def audits_and_repairs(cloud, person, photo_id):
    user = person.ask("GET", "/api/me").json()["user_id"]
    report = cloud.run_keeper(audit={})
    check(report["finished"] and report["found"] == 0, "an audit finds no difference", report)
    s3, vault = cloud.client("s3"), cloud.outputs["VaultBucketName"]
    [original] = s3.list_objects_v2(Bucket=vault, Prefix=f"originals/{user}/{photo_id}/")["Contents"]
    s3.delete_object(Bucket=vault, Key=original["Key"])
    report = cloud.run_keeper(audit={})
    check(report["found"] == 1, "an original that somebody deleted is missed", report)
    repaired = cloud.run_keeper(repair={"report": report["report"]})
    check(repaired["repaired"] == 1, "a repair brings it back from the version before", repaired)
    check(cloud.run_keeper(audit={"every_byte": True})["found"] == 0, "and the next audit, of every byte, is content")
    [variant, _] = s3.list_objects_v2(Bucket=vault, Prefix=f"media/{user}/{photo_id}/")["Contents"]
    s3.delete_object(Bucket=vault, Key=variant["Key"])
    report = cloud.run_keeper(audit={})
    check(report["found"] == 1, "a variant that somebody deleted is missed", report)
    repaired = cloud.run_keeper(repair={})
    check(repaired["repaired"] == 1, "a repair has it made again", repaired)
    person.wait_for(photo_id, "ready")
    until("it is there again", 30, lambda: s3.list_objects_v2(Bucket=vault, Prefix=variant["Key"])["KeyCount"])
    drill = cloud.run_keeper(drill={"photos": 2})
    check(drill["photos"] == 2 and not drill["wrong"], "originals come back byte for byte", drill)
    rebuilt = cloud.run_keeper(rebuild={})
    check(rebuilt["finished"], "the catalog could be made from the vault", rebuilt)


def tries_again(cloud, person):
    """make retry and its sisters: by name, by reason, and whatever may be helped."""
    note_id = hashlib.sha256(b"not a picture").hexdigest()

    def runs():
        return sum('"photos_without_preview"' in line for line in cloud.logs("processor"))

    for asked, sent in (
        ({"photo_ids": [note_id]}, 1),
        ({"reasons": ["not_an_image"]}, 1),
        ({"photo_ids": [hashlib.sha256(b"unknown").hexdigest()]}, 0),
        ({}, 0),
    ):
        before = runs()
        answer = cloud.run_keeper(retry=asked)
        check(answer["finished"] and answer["renders_sent"] == sent, f"retry {list(asked)}: {sent} tried again", answer)
        if sent:
            until("the processor has tried", 30, lambda: runs() > before)
            person.wait_for(note_id, "none")
            check(True, "and it is no picture still")


def heals_from_uploads(cloud, person):
    """The bytes of a photo are gone from the vault for good, and come once more: a repair takes them from the upload."""
    s3, vault, uploads = cloud.client("s3"), cloud.outputs["VaultBucketName"], cloud.outputs["UploadsBucketName"]
    user = person.ask("GET", "/api/me").json()["user_id"]
    content = png(7)
    digest = hashlib.sha256(content)
    photo_id = digest.hexdigest()
    check(person.upload("healed.png", content).status == 200, "a photo arrives")
    person.wait_for(photo_id, "ready")
    [lost] = s3.list_object_versions(Bucket=vault, Prefix=f"originals/{user}/{photo_id}/")["Versions"]
    s3.delete_object(Bucket=vault, Key=lost["Key"], VersionId=lost["VersionId"])
    key = f"in/{user}/{photo_id}/{ulid()}"
    s3.put_object(Bucket=uploads, Key=key, Body=content, ChecksumSHA256=base64.b64encode(digest.digest()).decode())
    until("the processor asks for a person", 60, lambda: any("needs_a_person" in line for line in cloud.logs("processor")))
    check(s3.list_objects_v2(Bucket=uploads)["KeyCount"] == 1, "the processor mends nothing by itself, and keeps the upload")
    answer = cloud.run_keeper(retry={})
    check(answer["uploads_sent"] == 1, "another try takes what waits", answer)
    report = cloud.run_keeper(audit={})
    check(report["found"] == 1, "the audit misses the original", report)
    repaired = cloud.run_keeper(repair={})
    check(repaired["repaired"] == 1, "a repair brings it back from the upload", repaired)
    until("the upload is done with", 60, lambda: s3.list_objects_v2(Bucket=uploads)["KeyCount"] == 0)
    original = person.ask("GET", f"/api/photos/{photo_id}/original").json()
    check(request("GET", original["url"]).body == content, "bit for bit")


def ulid():
    """An upload's id of now."""
    number, text = time.time_ns() // 1_000_000 << 80 | secrets.randbits(80), ""
    for _ in range(26):
        number, digit = divmod(number, 32)
        text = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"[digit] + text
    return text


def schedule_runs(cloud):
    def ran():
        return [line for line in cloud.logs("keeper") if '"kept"' in line]

    before = len(ran())
    until("the schedule runs the keeper", 100, lambda: len(ran()) > before)
    check(True, "the schedule runs the keeper")
