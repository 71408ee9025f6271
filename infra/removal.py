"""The end, and what comes after it: destroy, adopt."""

import contextlib
import json
import time

from botocore.exceptions import ClientError, ParamValidationError, WaiterError

from media_key import Places
from parameters import parsed
from stack import PATIENTLY, Wrong, at_rest, existing, ours, say

#: What stays when the stack goes, by its name in template.yaml, and what names it when a new stack adopts it.
RETAINED = {
    "UploadsBucket": "BucketName",
    "VaultBucket": "BucketName",
    "Table": "TableName",
    "UserPool": "UserPoolId",
}


def destroy(session, options):
    cloudformation = session.client("cloudformation")
    found = ours(session, options.stack)
    if found and found["StackStatus"] == "DELETE_IN_PROGRESS":
        say(f"CloudFormation is removing {options.stack} already.")
        gone(session, cloudformation, options.stack)
        return
    if found is None:
        # Broken off between the two.
        Places(session, options.stack).forget("a", "b")
    stack = existing(session, options.stack)
    region = f"--region {session.region_name}"
    say(
        f"This removes Tintype's functions, page and addresses in {session.region_name}. These stay:\n"
        f"  uploads  {stack['UploadsBucketName']}\n"
        f"  vault    {stack['VaultBucketName']}\n"
        f"  catalog  {stack['TableName']}\n"
        f"  people   {stack['UserPoolId']}\n"
        f"make adopt USER_POOL={stack['UserPoolId']} takes them over into a new stack {options.stack}.\n"
        "To remove the photos too, for good, once this is done:\n"
        f"  aws s3 rm --recursive s3://{stack['UploadsBucketName']} && aws s3 rb s3://{stack['UploadsBucketName']}\n"
        f"  empty {stack['VaultBucketName']} in the S3 console (it keeps versions), then delete it\n"
        f"  aws {region} dynamodb update-table --no-deletion-protection-enabled --table-name {stack['TableName']}\n"
        f"  aws {region} dynamodb delete-table --table-name {stack['TableName']}\n"
        f"  aws {region} cognito-idp update-user-pool --user-pool-id {stack['UserPoolId']} --deletion-protection INACTIVE\n"
        f"  aws {region} cognito-idp delete-user-pool --user-pool-id {stack['UserPoolId']}"
    )
    if not options.yes and input(f"Type {options.stack} to go on: ") != options.stack:
        raise Wrong("nothing was removed")
    s3 = session.resource("s3")
    # CloudFormation deletes no bucket that holds something; the page can be built again. A second try finds none.
    with contextlib.suppress(s3.meta.client.exceptions.NoSuchBucket):
        s3.Bucket(stack["SiteBucketName"]).objects.all().delete()
    cloudformation.delete_stack(StackName=options.stack)
    gone(session, cloudformation, options.stack)


def gone(session, cloudformation, name):
    say("Removing; CloudFront takes some minutes ...")
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig=PATIENTLY)
    Places(session, name).forget("a", "b")
    say(
        "Gone, but for what stays (above, or where it was asked for first) and sam's own bucket\n"
        "aws-sam-cli-managed-default-..., which holds your functions' programs."
    )


def adopt(session, options):
    """Imports what an earlier stack left into a new stack of the same name; `make deploy` then adds the rest."""
    if (found := at_rest(session, options.stack)) is not None:
        if found["StackStatus"] == "IMPORT_COMPLETE":
            raise Wrong(f"{options.stack} has adopted them already: make deploy, with the parameters that you used before")
        raise Wrong(f"there is a stack {options.stack} already; adopting is for a new one")
    its_people(session, options)
    account = session.client("sts").get_caller_identity()["Account"]
    names = {
        "UploadsBucket": f"{options.stack}-uploads-{account}-{session.region_name}",
        "VaultBucket": f"{options.stack}-vault-{account}-{session.region_name}",
        "Table": f"{options.stack}-catalog",
        "UserPool": options.user_pool_id,
    }
    template = adoption()
    cloudformation = session.client("cloudformation")
    # Another name each time: one that was broken off may have left its own.
    change = {"StackName": options.stack, "ChangeSetName": f"adopt-{int(time.time())}"}
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


def its_people(session, options):
    """Only the user pool of an earlier stack of this name is adopted: any other is somebody's, and would be changed."""
    cognito, wanted = session.client("cognito-idp"), f"{options.stack}-users"
    try:
        named = cognito.describe_user_pool(UserPoolId=options.user_pool_id)["UserPool"]["Name"]
    except (ClientError, ParamValidationError) as error:
        code = getattr(error, "response", {}).get("Error", {}).get("Code", "")
        if options.user_pool_id and code not in ("ResourceNotFoundException", "InvalidParameterException"):
            raise
        named = None
    if named != wanted:
        pages = cognito.get_paginator("list_user_pools").paginate(PaginationConfig={"PageSize": 60})
        pools = [pool["Id"] for page in pages for pool in page["UserPools"] if pool["Name"] == wanted]
        raise Wrong(
            f"USER_POOL= must be the id of the user pool {wanted} that an earlier {options.stack} left"
            + (f", and {options.user_pool_id} is not it" if options.user_pool_id else "")
            + f". In {session.region_name} there is {' and '.join(pools) or 'none of that name'}"
        )


def adoption():
    """What is adopted, as template.yaml has it, without what names resources that are not there yet: the deployment
    that follows adds that. The rest has to be there, or that deployment would try to make it again (indexes)."""
    resources = parsed()["Resources"]
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
