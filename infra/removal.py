"""The end, and what comes after it: destroy, adopt."""

import contextlib
import json
import pathlib

from botocore.exceptions import WaiterError

from media_key import Places
from stack import PATIENTLY, Wrong, described, existing, say

ROOT = pathlib.Path(__file__).resolve().parent.parent
#: What stays when the stack goes, by its name in template.yaml, and what names it when a new stack adopts it.
RETAINED = {
    "UploadsBucket": "BucketName",
    "VaultBucket": "BucketName",
    "Table": "TableName",
    "UserPool": "UserPoolId",
}


def destroy(session, options):
    stack = existing(session, options.stack)
    say(
        f"This removes Tintype's functions, page and addresses in {session.region_name}. These stay:\n"
        f"  uploads  {stack['UploadsBucketName']}\n"
        f"  vault    {stack['VaultBucketName']}\n"
        f"  catalog  {stack['TableName']}\n"
        f"  people   {stack['UserPoolId']}\n"
        f"make adopt USER_POOL={stack['UserPoolId']} takes them over into a new stack {options.stack}."
    )
    if not options.yes and input(f"Type {options.stack} to go on: ") != options.stack:
        raise Wrong("nothing was removed")
    s3 = session.resource("s3")
    # CloudFormation deletes no bucket that holds something; the page can be built again. A second try finds none.
    with contextlib.suppress(s3.meta.client.exceptions.NoSuchBucket):
        s3.Bucket(stack["SiteBucketName"]).objects.all().delete()
    cloudformation = session.client("cloudformation")
    cloudformation.delete_stack(StackName=options.stack)
    say("Removing; CloudFront takes some minutes ...")
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=options.stack, WaiterConfig=PATIENTLY)
    Places(session, options.stack).forget("a", "b")
    region = f"--region {session.region_name}"
    say(
        "Gone, but for sam's own bucket aws-sam-cli-managed-default-..., which holds your functions' programs.\n"
        "To remove the photos too, for good:\n"
        f"  aws s3 rm --recursive s3://{stack['UploadsBucketName']} && aws s3 rb s3://{stack['UploadsBucketName']}\n"
        f"  empty {stack['VaultBucketName']} in the S3 console (it keeps versions), then delete it\n"
        f"  aws {region} dynamodb update-table --no-deletion-protection-enabled --table-name {stack['TableName']}\n"
        f"  aws {region} dynamodb delete-table --table-name {stack['TableName']}\n"
        f"  aws {region} cognito-idp update-user-pool --user-pool-id {stack['UserPoolId']} --deletion-protection INACTIVE\n"
        f"  aws {region} cognito-idp delete-user-pool --user-pool-id {stack['UserPoolId']}"
    )


def adopt(session, options):
    """Imports what an earlier stack left into a new stack of the same name; `make deploy` then adds the rest."""
    if described(session, options.stack) is not None:
        raise Wrong(f"there is a stack {options.stack} already; adopting is for a new one")
    account = session.client("sts").get_caller_identity()["Account"]
    names = {
        "UploadsBucket": f"{options.stack}-uploads-{account}-{session.region_name}",
        "VaultBucket": f"{options.stack}-vault-{account}-{session.region_name}",
        "Table": f"{options.stack}-catalog",
        "UserPool": options.user_pool_id,
    }
    template = adoption()
    cloudformation = session.client("cloudformation")
    change = {"StackName": options.stack, "ChangeSetName": "adopt"}
    cloudformation.create_change_set(
        **change,
        ChangeSetType="IMPORT",
        TemplateBody=json.dumps(template),
        ResourcesToImport=[
            {
                "ResourceType": template["Resources"][name]["Type"],
                "LogicalResourceId": name,
                "ResourceIdentifier": {RETAINED[name]: physical},
            }
            for name, physical in names.items()
        ],
    )
    try:
        cloudformation.get_waiter("change_set_create_complete").wait(**change)
    except WaiterError:
        why = cloudformation.describe_change_set(**change).get("StatusReason", "it does not say why")
        # What is left of it would be taken for a stack; it holds nothing.
        cloudformation.delete_stack(StackName=options.stack)
        raise Wrong(f"CloudFormation cannot adopt them: {why}") from None
    cloudformation.execute_change_set(**change)
    cloudformation.get_waiter("stack_import_complete").wait(StackName=options.stack, WaiterConfig=PATIENTLY)
    say(f"Adopted into a new stack {options.stack}. Now: make deploy, with the parameters that you used before")


def adoption():
    """What is adopted, as template.yaml has it, without what names resources that are not there yet: the deployment
    that follows adds that. The rest has to be there, or that deployment would try to make it again (indexes)."""
    # Here and not above: where sam is missing, a deployment says so before anything breaks.
    from samcli.yamlhelper import yaml_parse

    resources = yaml_parse((ROOT / "template.yaml").read_text())["Resources"]
    later = {
        "AdminCreateUserConfig",
        "CorsConfiguration",
        "EnabledMfas",
        "LambdaConfig",
        "MfaConfiguration",
        "NotificationConfiguration",
    }
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Tintype: what an earlier stack left",
        "Resources": {
            name: {
                "Type": resources[name]["Type"],
                "DeletionPolicy": resources[name]["DeletionPolicy"],
                "UpdateReplacePolicy": resources[name]["UpdateReplacePolicy"],
                "Properties": {key: value for key, value in resources[name]["Properties"].items() if key not in later},
            }
            for name in RETAINED
        },
    }
