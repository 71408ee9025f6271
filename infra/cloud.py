"""Tintype in your AWS account: deploy, invite, adopt, destroy. docs/DEPLOY.md tells the story.

Run by `make deploy` and its sisters, with the Python of infra/python.sh (it has boto3 and sam). Credentials and region are
those of every AWS program.
"""

import argparse
import contextlib
import datetime
import json
import mimetypes
import os
import pathlib
import re
import shlex
import subprocess
import sys

import boto3
from botocore.exceptions import BotoCoreError, ClientError, WaiterError
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from samcli.yamlhelper import yaml_parse

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "frontend-static" / "dist"
#: What stays when the stack goes, by its name in template.yaml, and what names it when a new stack adopts it.
RETAINED = {
    "UploadsBucket": "BucketName",
    "VaultBucket": "BucketName",
    "Table": "TableName",
    "UserPool": "UserPoolId",
}
#: Files whose name holds a hash of their content never change; all others are asked for again each time.
IMMUTABLE = "public, max-age=31536000, immutable"
REVALIDATE = "no-cache"
#: How long a page that is still open may fetch parts of the build before.
OLD_ASSETS = datetime.timedelta(days=7)
#: Remembers since when an asset is old.
ASSETS = "assets.json"


class Wrong(Exception):
    """Something that the person at the keyboard can mend; its text says how."""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stack", default="tintype", help="name of the stack (default: tintype)")
    parser.add_argument("--region", help="AWS region (default: that of your AWS configuration)")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("deploy", help="make it, or bring it up to date")
    command.add_argument("--built", help="deploy this built template instead of building")
    command.add_argument("parameters", nargs="*", metavar="Name=value", help="parameters of template.yaml")
    command = commands.add_parser("invite", help="let somebody in")
    command.add_argument("email")
    command = commands.add_parser("adopt", help="take over what an earlier stack of this name left")
    command.add_argument("user_pool_id", help="its user pool, such as eu-central-1_AbCdEf")
    command = commands.add_parser("destroy", help="remove everything but photos, catalog and people")
    command.add_argument("--yes", action="store_true", help="do not ask")
    options = parser.parse_args()
    if options.command == "deploy":
        # As one string: a value such as rate(5 minutes) means something to a shell.
        options.parameters += shlex.split(os.environ.get("PARAMETERS", ""))
    # The stack's name is part of bucket names and of the sign-in domain.
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,18}[a-z0-9]", options.stack) or re.search("aws|amazon|cognito", options.stack):
        raise Wrong("STACK must be 2 to 20 of a-z, 0-9 and -, without aws, amazon or cognito")
    session = boto3.Session(region_name=options.region or os.environ.get("AWS_REGION"))
    if not session.region_name:
        raise Wrong("no region: set AWS_REGION, or give REGION=eu-central-1")
    {"deploy": deploy, "invite": invite, "adopt": adopt, "destroy": destroy}[options.command](session, options)


def described(session, stack):
    """What CloudFormation says of the stack; None if there is none, or no more of it than an import that failed."""
    try:
        found = session.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    return None if found["StackStatus"] == "REVIEW_IN_PROGRESS" else found


def existing(session, stack):
    """What the stack says of itself."""
    found = described(session, stack)
    if found is None:
        raise Wrong(f"there is no stack {stack} in {session.region_name}: make deploy makes it")
    named = {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}
    if "UserPoolId" not in named:
        raise Wrong(
            f"stack {stack} was never deployed whole ({found['StackStatus']}): make deploy; "
            "docs/DEPLOY.md, when the first deployment fails"
        )
    return named


# ---------------------------------------------------------------- deploy


def deploy(session, options):
    before = described(session, options.stack)
    if before is None:
        nothing_left(session, options.stack)
    elif before["StackStatus"] in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED"):
        raise Wrong(
            f"the first deployment of {options.stack} failed ({before['StackStatus']}), and CloudFormation updates "
            "no such stack: remove it as docs/DEPLOY.md says (when the first deployment fails), then make deploy"
        )
    public_key = media_key(session, options.stack, deployed=parameter(before, "MediaPublicKey"))
    named = any(given.startswith("Architecture=") for given in options.parameters)
    if (architecture := parameter(before, "Architecture")) and not named:
        # The functions keep theirs, so they need programs for it.
        options.parameters.append(f"Architecture={architecture}")
    template = options.built or build(session, options)
    parameters = [*options.parameters, f"MediaPublicKey={public_key}"]
    say("Deploying; the first time takes about ten minutes, most of it CloudFront's ...")
    sam(
        session,
        "deploy",
        "--template-file", template,
        "--stack-name", options.stack,
        "--resolve-s3",
        "--capabilities", "CAPABILITY_IAM",
        "--no-confirm-changeset",
        "--no-fail-on-empty-changeset",
        "--no-progressbar",
        "--parameter-overrides", *[quoted(parameter) for parameter in parameters],
    )  # fmt: skip
    stack = existing(session, options.stack)
    upload_page(session, stack)
    say(f"\nTintype is at {stack['Address']}")
    if len(users(session, stack)) == 0:
        say("Nobody can sign in yet: make invite EMAIL=you@example.com")


def parameter(stack, name):
    """The value of a parameter of a deployed stack; None if there is no such stack or parameter."""
    given = stack.get("Parameters", []) if stack else []
    return next((each["ParameterValue"] for each in given if each["ParameterKey"] == name), None)


def nothing_left(session, stack):
    """Without a stack, what an earlier one left would stop the new one in its middle: it wants to be adopted."""
    account = session.client("sts").get_caller_identity()["Account"]
    vault = f"{stack}-vault-{account}-{session.region_name}"
    try:
        session.client("s3").head_bucket(Bucket=vault)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("404", "NoSuchBucket"):
            return
        raise
    raise Wrong(f"{vault} is there, from an earlier {stack}: make adopt USER_POOL=... first, or choose another STACK")


def quoted(parameter):
    """As sam reads it: a value in quotes may hold blanks and line ends."""
    name, separator, value = parameter.partition("=")
    if not separator or not re.fullmatch("[A-Za-z]+", name):
        raise Wrong(f"{parameter!r} is no parameter: write Name=value, with a name of template.yaml")
    if '"' in value:
        raise Wrong(f"{name} must not hold a quotation mark")
    return f'{name}="{value}"'


def build(session, options):
    say("Building the functions ...")
    architecture = [part for part in options.parameters if part.startswith("Architecture=")]
    overrides = ["--parameter-overrides", *architecture] if architecture else []
    # Its own beta: it builds Rust with cargo-lambda, which brings its own linker.
    sam(session, "build", "--template-file", ROOT / "template.yaml", "--beta-features", *overrides)
    return ROOT / ".aws-sam" / "build" / "template.yaml"


def sam(session, *arguments):
    tools = pathlib.Path(sys.executable).parent
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": session.region_name}
    command = [str(tools / "sam"), *map(str, arguments)]
    if subprocess.run(command, cwd=ROOT, env=environment).returncode != 0:
        raise Wrong("sam did not finish; what it said last says why")


def media_key(session, stack, deployed):
    """The public half of the key that signs leave to see images. Made once; its private half is on no disk of ours."""
    ssm, name = session.client("ssm"), f"/{stack}/media-key"
    try:
        pem = ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]
    except ssm.exceptions.ParameterNotFound:
        if deployed:
            # CloudFront knows the old one, and cannot be given another under this name.
            raise Wrong(
                f"SSM parameter {name} is gone, so no image can be shown: "
                f"make destroy, make adopt and make deploy make a new key; photos stay"
            ) from None
        say("Making the media key ...")
        # CloudFront takes RSA of 2048 bits.
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()
        ssm.put_parameter(Name=name, Value=pem, Type="SecureString", Description="Signs leave to see images of Tintype")
    public = serialization.load_pem_private_key(pem.encode(), None).public_key()
    return public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode().strip()  # fmt: skip


# ---------------------------------------------------------------- the page


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


# ---------------------------------------------------------------- people


def users(session, stack):
    return session.client("cognito-idp").list_users(UserPoolId=stack["UserPoolId"], Limit=1)["Users"]


def invite(session, options):
    stack = existing(session, options.stack)
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", options.email):
        raise Wrong("EMAIL must be an address, such as ada@example.com")
    cognito = session.client("cognito-idp")
    client = cognito.describe_user_pool_client(UserPoolId=stack["UserPoolId"], ClientId=stack["PageClientId"])
    if client["UserPoolClient"].get("SupportedIdentityProviders") == ["Google"]:
        raise Wrong(
            "this Tintype signs in with Google alone: make deploy "
            f'PARAMETERS="AllowedEmails={options.email}" lets in that address (and ends the list before)'
        )
    attributes = {"email": options.email, "email_verified": "true"}
    person = {"UserPoolId": stack["UserPoolId"], "Username": options.email}
    try:
        cognito.admin_create_user(
            **person,
            UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
            DesiredDeliveryMediums=["EMAIL"],
        )
    except cognito.exceptions.UsernameExistsException:
        if cognito.admin_get_user(**person)["UserStatus"] != "FORCE_CHANGE_PASSWORD":
            raise Wrong(f"{options.email} has signed in already") from None
        # The first password ends after seven days.
        cognito.admin_create_user(**person, MessageAction="RESEND", DesiredDeliveryMediums=["EMAIL"])
    say(f"{options.email} gets an e-mail with a first password, good for seven days, for {stack['Address']}")


# ---------------------------------------------------------------- the end, and what comes after it


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
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=options.stack)
    ssm, region = session.client("ssm"), f"--region {session.region_name}"
    with contextlib.suppress(ssm.exceptions.ParameterNotFound):
        ssm.delete_parameter(Name=f"/{options.stack}/media-key")
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
    cloudformation.get_waiter("stack_import_complete").wait(StackName=options.stack)
    say(f"Adopted into a new stack {options.stack}. Now: make deploy, with the parameters that you used before")


def adoption():
    """What is adopted, as template.yaml has it, without what names resources that are not there yet: the deployment
    that follows adds that. The rest has to be there, or that deployment would try to make it again (indexes)."""
    resources = yaml_parse((ROOT / "template.yaml").read_text())["Resources"]
    later = {"CorsConfiguration", "NotificationConfiguration", "LambdaConfig", "MfaConfiguration", "EnabledMfas"}
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


def say(text):
    print(text, flush=True)


if __name__ == "__main__":
    try:
        main()
    except Wrong as wrong:
        sys.exit(f"tintype: {wrong}")
    except WaiterError as error:
        sys.exit(f"tintype: AWS did not finish: {error}. The stack's events in the CloudFormation console say why")
    except ClientError as error:
        sys.exit(f"tintype: AWS says: {error}")
    except BotoCoreError as error:
        sys.exit(f"tintype: AWS cannot be asked: {error}. Do your credentials work? aws sts get-caller-identity")
    except (KeyboardInterrupt, EOFError):
        sys.exit("tintype: stopped; the same command again goes on")
