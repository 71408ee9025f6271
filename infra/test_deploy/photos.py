"""Photos are taken in, kept, and shown to who may see them."""

import hashlib
import os
import pathlib

from claims import check
from emulator import EMULATOR, PORT, ROOT
from person import png, request


def keeps_photos(cloud, person):
    photo, note = png(1), b"not a picture"
    photo_id, note_id = (hashlib.sha256(content).hexdigest() for content in (photo, note))
    sent = person.upload("holiday.png", photo, content_type="image/png")
    check(sent.status == 200, "S3 receives a photo by its presigned address", sent)
    check(person.upload("note.txt", note).status == 200, "and a file that is none")
    found = person.wait_for(photo_id, "ready")
    check(found["safe"], "S3's notification starts the processor: it is safe, with variants", found)
    person.wait_for(note_id, "none")
    check(True, "what is no picture is safe without")
    again = person.ask(
        "POST", "/api/uploads", {"files": [{"sha256": photo_id, "size": len(photo), "file_name": "again.png"}]}
    )
    check(again.json()["results"][0]["outcome"] == "known", "a second time there is nothing to send", again)
    listed = person.ask("GET", "/api/photos?limit=10").json()["photos"]
    check({entry["photo_id"] for entry in listed} == {photo_id, note_id}, "both are in the timeline", listed)
    check(person.ask("GET", "/api/timeline").status == 200, "months are counted")
    shown = person.ask("GET", f"/api/photos/{photo_id}")
    check(shown.json()["width"] == 600, "a photo says what it is", shown)
    original = person.ask("GET", f"/api/photos/{photo_id}/original").json()
    check(request("GET", original["url"]).body == photo, "the original comes back bit for bit")
    waiting = cloud.client("s3").list_objects_v2(Bucket=cloud.outputs["UploadsBucketName"])
    check(waiting["KeyCount"] == 0, "nothing waits in the uploads bucket", waiting)
    head = cloud.client("s3").list_object_versions(Bucket=cloud.outputs["VaultBucketName"], Prefix="originals/")
    check(all(version["StorageClass"] == "GLACIER_IR" for version in head["Versions"]), "originals have their class", head)
    api = request(
        "GET", f"{EMULATOR}/api/me",
        headers={"Host": f"{cloud.outputs['ApiId']}.execute-api.localhost:{PORT}",
                 "Authorization": f"Bearer {person.access_token}"},
    )  # fmt: skip
    check(api.status == 200, "the API answers at its own address too", api)
    return photo_id, shown.json()


def shows_images(cloud, person, photo):
    user = person.ask("GET", "/api/me").json()["user_id"]
    paths = [f"/media/{user}/{photo['photo_id']}/{photo['generation']}/{name}.webp" for name in ("thumb", "preview")]
    check(person.ask("GET", paths[0]).status == 403, "without a cookie there is no image")
    person.open_images()
    for path in paths:
        image = person.ask("GET", path)
        check(image.status == 200 and image.body[8:12] == b"WEBP", f"{path.rsplit('/')[-1]} comes with it", image)
        check("immutable" in image.headers["Cache-Control"], "and is kept for good", image.headers)
    other = person.ask("GET", paths[0].replace(user, "somebody-else"))
    check(other.status == 403, "not for somebody else's folder", other)
    policy = person.cookies["CloudFront-Policy"]
    person.cookies["CloudFront-Policy"] = policy[:-8] + "AAAAAAAA"
    check(person.ask("GET", paths[0]).status == 403, "not with another policy")
    person.cookies["CloudFront-Policy"] = policy


def measures(cloud, person):
    """What infra/cost/inputs.json says was measured here; over real photos where they stand beside the repository."""
    folder = pathlib.Path(os.environ.get("TINTYPE_PHOTOS", ROOT.parent / "shared" / "photos")) / "bench"
    photos = sorted(folder.glob("[rs]0[0-9]_*.jpg")) + sorted(folder.glob("[rs][12][0-9]_*.jpg"))
    if not photos:
        print("      no photos to measure with")
        return

    def log_bytes(function):
        # With a line end each, as CloudWatch bills them, but for its own 26 bytes an event.
        return sum(len(line.encode()) + 1 for line in cloud.logs(function))

    before = log_bytes("processor")
    ids = []
    for photo in photos:
        content = photo.read_bytes()
        ids.append(hashlib.sha256(content).hexdigest())
        check(person.upload(photo.name, content, content_type="image/jpeg").status == 200, f"{photo.name} arrives")
    for photo_id in ids:
        person.wait_for(photo_id, "ready")
    user = person.ask("GET", "/api/me").json()["user_id"]
    s3, vault = cloud.client("s3"), cloud.outputs["VaultBucketName"]
    variants = sum(
        entry["Size"]
        for photo_id in ids
        for entry in s3.list_objects_v2(Bucket=vault, Prefix=f"media/{user}/{photo_id}/")["Contents"]
    )
    records = [
        cloud.client("dynamodb").get_item(
            TableName=cloud.outputs["TableName"], Key={"PK": {"S": f"U#{user}"}, "SK": {"S": f"P#{photo_id}"}}
        )["Item"]
        for photo_id in ids
    ]
    # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
    record = sum(len(name) + len(next(iter(value.values()))) for each in records for name, value in each.items())

    def keeper_runs():
        return sum('"kept"' in line for line in cloud.logs("keeper"))

    keeper_before, runs_before = log_bytes("keeper"), keeper_runs()
    for _ in range(3):
        cloud.run_keeper()
    # The schedule may have added one.
    runs = keeper_runs() - runs_before
    print(
        f"      {len(ids)} photos; variants {variants / len(ids) / 1e6:.3f} MB, record {record / len(ids) / 1e3:.2f} KB, "
        f"log of the processor {(log_bytes('processor') - before) / len(ids) / 1e3:.2f} KB a photo, "
        f"log of the keeper {(log_bytes('keeper') - keeper_before) / runs / 1e3:.2f} KB a run"
    )
