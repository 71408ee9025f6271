"""Tintype in your AWS account: deploy, invite, expel, rotate, adopt, destroy. docs/DEPLOY.md tells the story.

Run by `make deploy` and its sisters, with the Python of infra/python.sh (it has boto3 and sam). Credentials and region are
those of every AWS program.
"""

import argparse
import json
import os
import pathlib
import platform
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile

import boto3
from botocore.exceptions import BotoCoreError, ClientError, WaiterError

from media_key import deployed_key, rotate
from page import upload_page
from parameters import SECRET, wanted
from people import expel, invite, users
from removal import adopt, destroy
from stack import Wrong, at_rest, existing, parameter, say

ROOT = pathlib.Path(__file__).resolve().parent.parent
#: sam and cargo-lambda, beside the Python that runs this.
TOOLS = pathlib.Path(sys.executable).parent


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
    command = commands.add_parser("expel", help="end somebody's access; their photos stay")
    command.add_argument("email")
    command = commands.add_parser("rotate", help="another key signs leave to see images")
    command.add_argument("--now", action="store_true", help="end every cookie at once")
    command.add_argument("--wait", type=int, default=300, help="seconds until CloudFront knows a key everywhere")
    command = commands.add_parser("adopt", help="take over what an earlier stack of this name left")
    command.add_argument("user_pool_id", help="its user pool, such as eu-central-1_AbCdEf")
    command = commands.add_parser("destroy", help="remove everything but photos, catalog and people")
    command.add_argument("--yes", action="store_true", help="do not ask")
    options = parser.parse_args()
    # What is temporary goes, also when somebody else ends this, or the terminal is closed.
    for each in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, stopped)
    if options.command == "deploy":
        # As one string: a value such as rate(5 minutes) means something to a shell.
        options.parameters += shlex.split(os.environ.get("PARAMETERS", ""))
    # The stack's name is part of bucket names and of the sign-in domain.
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,18}[a-z0-9]", options.stack) or re.search("aws|amazon|cognito", options.stack):
        raise Wrong("STACK must be 2 to 20 of a-z, 0-9 and -, without aws, amazon or cognito")
    session = boto3.Session(region_name=options.region or os.environ.get("AWS_REGION"))
    if not session.region_name:
        raise Wrong("no region: set AWS_REGION, or give REGION=eu-central-1")
    commands = {
        "deploy": deploy, "invite": invite, "expel": expel, "rotate": rotate, "adopt": adopt, "destroy": destroy,
    }  # fmt: skip
    commands[options.command](session, options)


def stopped(*_):
    raise KeyboardInterrupt


def deploy(session, options):
    programs_are_there(builds=not options.built)
    # The secret goes into the file of parameters, and no program that is started here needs it.
    parameters = wanted(options.parameters, os.environ.pop(SECRET, None))
    account = session.client("sts").get_caller_identity()["Account"]
    say(f"{options.stack}, in account {account}, region {session.region_name}")
    before = at_rest(session, options.stack)
    if before is None:
        nothing_left(session, options.stack, account)
    elif before["StackStatus"] in ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED"):
        raise Wrong(
            f"the first deployment of {options.stack} failed ({before['StackStatus']}), and CloudFormation updates "
            "no such stack: remove it as docs/DEPLOY.md says (when the first deployment fails), then make deploy"
        )
    if "Architecture" not in parameters and (architecture := parameter(before, "Architecture")):
        # The functions keep theirs, so they need programs for it.
        parameters["Architecture"] = architecture
    if not options.built:
        rust_builds_for(parameters.get("Architecture", "arm64"))
    parameters |= deployed_key(session, options.stack, before)
    template = options.built or build(session, parameters)
    say("Deploying; the first time takes about ten minutes, most of it CloudFront's ...")
    # A file and not the command line, which others on this machine can read. Only its owner reads it, and it is gone
    # afterwards. JSON is YAML, and sam reads YAML.
    with tempfile.TemporaryDirectory(prefix="tintype-") as folder:
        overrides = pathlib.Path(folder) / "parameters.yaml"
        overrides.write_text(json.dumps(parameters))
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
            "--parameter-overrides", f"file://{overrides}",
        )  # fmt: skip
    stack = existing(session, options.stack)
    upload_page(session, stack)
    say(
        f"\nTintype is at {stack['Address']}\n"
        f"SignIn              {stack['SignIn']}\n"
        f"DistributionDomain  {stack['DistributionDomain']}"
    )
    if email := unconfirmed(session, options.stack):
        say(f"Alarms do not arrive yet: {email} has got a mail of AWS Notifications, and has to confirm by the link in it")
    if len(users(session, stack)) == 0:
        say("Nobody can sign in yet: make invite EMAIL=you@example.com")


def unconfirmed(session, name):
    """Who was asked whether they want the alarms, and did not say yes; None if nobody."""
    stack = at_rest(session, name)
    if not (email := parameter(stack, "AlarmEmail")):
        return None
    found = session.client("cloudformation").describe_stack_resource(StackName=name, LogicalResourceId="AlarmTopic")
    topic = found["StackResourceDetail"]["PhysicalResourceId"]
    subscriptions = session.client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
    # PendingConfirmation stands there until then, Deleted after somebody unsubscribed.
    arrives = any(each["Endpoint"] == email and each["SubscriptionArn"].startswith("arn:") for each in subscriptions)
    return None if arrives else email


def nothing_left(session, stack, account):
    """Without a stack, what an earlier one left would stop the new one in its middle: it wants to be adopted."""
    vault = f"{stack}-vault-{account}-{session.region_name}"
    try:
        session.client("s3").head_bucket(Bucket=vault)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("404", "NoSuchBucket"):
            return
        raise
    raise Wrong(f"{vault} is there, from an earlier {stack}: make adopt USER_POOL=... first, or choose another STACK")


def programs_are_there(builds):
    """What a deployment needs is looked for before it starts: half of one is worse than none."""
    needed = ["sam", "cargo-lambda"] if builds else ["sam"]
    if missing := [name for name in needed if not (TOOLS / name).is_file()]:
        them = "them" if len(missing) > 1 else "it"
        raise Wrong(
            f"{' and '.join(missing)} missing in {TOOLS}: remove {TOOLS.parent}, and the next make deploy installs {them}"
        )
    if builds and not shutil.which("cargo"):
        raise Wrong("Rust is missing: https://rustup.rs installs it; rust-toolchain.toml names the version")


def rust_builds_for(architecture):
    # sam names a target to cargo-lambda for arm64 alone. Without one, it builds for the Linux that it is on.
    if architecture == "x86_64" and (platform.system(), platform.machine()) == ("Linux", "aarch64"):
        raise Wrong(
            "on this machine, which is arm64, sam would build arm64 programs for x86_64 functions: "
            'PARAMETERS="Architecture=arm64", or deploy from an x86_64 machine'
        )
    target = f"{'aarch64' if architecture == 'arm64' else architecture}-unknown-linux-gnu"
    libraries = subprocess.run(
        ["rustc", "--print", "target-libdir", "--target", target], cwd=ROOT, capture_output=True, text=True
    )
    if libraries.returncode != 0 or not pathlib.Path(libraries.stdout.strip()).is_dir():
        raise Wrong(
            f"Rust cannot build for {architecture} yet: rustup target add {target} "
            '(or PARAMETERS="Architecture=x86_64"; docs/DEPLOY.md tells the difference)'
        )


def build(session, parameters):
    say("Building the functions ...")
    # Its own beta: it builds Rust with cargo-lambda, which brings its own linker.
    architecture = parameters.get("Architecture")
    overrides = ["--parameter-overrides", f"Architecture={architecture}"] if architecture else []
    sam(session, "build", "--template-file", ROOT / "template.yaml", "--beta-features", *overrides)
    return ROOT / ".aws-sam" / "build" / "template.yaml"


def sam(session, *arguments):
    path = f"{TOOLS}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": session.region_name}
    command = [str(TOOLS / "sam"), *map(str, arguments)]
    if subprocess.run(command, cwd=ROOT, env=environment).returncode != 0:
        raise Wrong("sam did not finish; what it said last says why")


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
        sys.exit("tintype: stopped; what AWS was told to do, it still does. The same command again goes on, or says to wait")
