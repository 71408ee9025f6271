"""What was logged, and what each role may do and did."""

import contextlib
import hashlib
import json

from claims import check, turns_red, until
from deployment import FUNCTIONS, STACK
from emulator import REGION
from person import png


def unit(lines, name):
    metrics = (metric for line in lines for metric in line["_aws"]["CloudWatchMetrics"][0]["Metrics"])
    return next((metric.get("Unit") for metric in metrics if metric["Name"] == name), None)


def metrics_are_there(cloud):
    lines = [json.loads(line) for line in cloud.logs("processor") if line.startswith('{"_aws"')]
    names = {metric["Name"] for line in lines for metric in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]}
    for name in ("photos_stored", "stored_bytes", "photos_previewed", "photos_without_preview"):
        check(name in names, f"the processor counts {name}", names)
    for step in ("store_ms", "read_ms", "decode_ms", "write_ms"):
        check(unit(lines, step) == "Milliseconds", f"and measures {step}", names)
    without = [line for line in lines if "photos_without_preview" in line]
    check({line.get("reason") for line in without} == {"not_an_image"}, "what has no preview is counted by its reason", without)
    by = without[0]["_aws"]["CloudWatchMetrics"][0]["Dimensions"]
    check(any("reason" in dimensions for dimensions in by), "which is a dimension", by)
    check({line["stack"] for line in lines} == {STACK}, "each for this stack alone", lines[0])
    text = "\n".join(line for function in FUNCTIONS for line in cloud.logs(function))
    for secret in ("holiday.png", "X-Amz-Signature", "eyJ", "BEGIN PRIVATE", "ada@example.com"):
        check(secret not in text, f"no log says {secret}")


def least_privilege(cloud):
    check(cloud.denied() == [], "no call was denied", cloud.denied())
    unused = cloud.unused(cloud.grants())
    check(unused == [], "every right was used, or has its reason", unused)


def least_privilege_is_checked(cloud, person):
    """A right that is missing and one too many, put into a role for real, turn the check above red."""
    iam, role = cloud.client("iam"), cloud.physical["ProcessorRole"]
    [policy] = iam.list_role_policies(RoleName=role)["PolicyNames"]
    whole = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]

    @contextlib.contextmanager
    def changed(change):
        document = json.loads(json.dumps(whole))
        change({statement["Sid"]: statement for statement in document["Statement"]})
        iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(document))
        try:
            yield
        finally:
            iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(whole))

    def one_more(statements):
        statements["WriteVariants"]["Action"] = ["s3:PutObject", "s3:PutObjectTagging"]

    def one_less(statements):
        statements["WriteRecords"]["Action"].remove("dynamodb:UpdateItem")

    media = f"arn:aws:s3:::{cloud.outputs['VaultBucketName']}/media"
    with changed(one_more):
        said = turns_red("a right too many turns it red", least_privilege, cloud)
        stranger = ("ProcessorRole", "s3:PutObjectTagging", f"{media}/*")
        check(cloud.unused(cloud.grants()) == [stranger] and str(stranger) in said, "which names it and no other", said)
    check(cloud.unused(cloud.grants()) == [], "as it was, every right is used again")

    def takes_in(seed):
        content = png(seed)
        check(person.upload(f"denied-{seed}.png", content).status == 200, "a photo arrives meanwhile")
        return hashlib.sha256(content).hexdigest()

    user = person.ask("GET", "/api/me").json()["user_id"]
    table = f"arn:aws:dynamodb:{REGION}:000000000000:table/{cloud.outputs['TableName']}"
    with changed(one_less):
        photo_id = takes_in(3)
        until("a right that is missing shows", 60, cloud.denied)
        said = turns_red("a right taken out turns it red", least_privilege, cloud)
        missing = {("ProcessorRole", "dynamodb:UpdateItem", table)}
        check(set(cloud.denied()) == missing, "which names it and no other", cloud.denied())
        check("dynamodb:UpdateItem" in said, "in words too", said)
    person.wait_for(photo_id, "ready")
    check(True, "once it is there again the photo is finished: nothing was lost")
    cloud.forget_calls()

    def nowhere(statements):
        statements["WriteVariants"]["Resource"] = f"{media}-elsewhere/*"

    with changed(nowhere):
        photo_id = takes_in(5)
        until("a right on another ARN shows", 60, cloud.denied)
        turns_red("a right on another ARN turns it red", least_privilege, cloud)
        generation = person.ask("GET", f"/api/photos/{photo_id}").json()["generation"]
        own = {
            ("ProcessorRole", "s3:PutObject", f"{media}/{user}/{photo_id}/{generation}/{name}.webp")
            for name in ("thumb", "preview")
        }
        found = set(cloud.denied())
        check(found and found <= own, "for this photo's variants and nothing else", cloud.denied())
    person.wait_for(photo_id, "ready")
    check(True, "and that photo is finished too")
    cloud.forget_calls()
