"""The deployed stack: made and changed by the very program of `make deploy`, looked into by AWS's own client."""

import fnmatch
import json
import os
import shutil
import subprocess
import sys

import boto3

from claims import Failed
from emulator import EMULATOR, REGION, ROOT
from person import PASSWORD, Person, sign_in

STACK = "tintype"
FUNCTIONS = ("api", "processor", "keeper", "gatekeeper")
#: Granted, and never seen to be used here. Each has its reason.
UNSEEN = {
    ("*", "logs:CreateLogStream"): "the emulator writes logs itself",
    ("*", "logs:PutLogEvents"): "the emulator writes logs itself",
    ("ProcessorRole", "s3:ListBucket"): "what turns S3's 403 for an absent object into 404; no call is checked for it",
    ("ScheduleRole", "lambda:InvokeFunction"): "the emulator's scheduler asks nobody",
}


class Deployment:
    def __init__(self, emulator, bootstraps):
        self.emulator = emulator
        os.environ |= {
            "AWS_ENDPOINT_URL": EMULATOR,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "AWS_EC2_METADATA_DISABLED": "true",
        }
        template = (ROOT / "template.yaml").read_text()
        for function in FUNCTIONS:
            folder = emulator.folder / "code" / function
            folder.mkdir(parents=True)
            bootstrap = shutil.copy(bootstraps / f"tintype-{function}" / "bootstrap", folder / "bootstrap")
            os.chmod(bootstrap, 0o755)
            template = template.replace(f"CodeUri: functions/{function}\n", f"CodeUri: {folder}\n")
        self.forgotten = 0
        self.template = emulator.folder / "template.yaml"
        self.template.write_text(template)

    def client(self, service):
        return boto3.client(service)

    def cloud(self, *arguments, **named):
        """The very program that `make deploy` and its sisters run; what it says."""
        done = self.cloud_ends(*arguments, **named)
        if done.returncode != 0:
            raise Failed(f"cloud.py {arguments[0]}: {done.stdout[-1500:]}\n{done.stderr[-3000:]}")
        return done.stdout

    def destroy_asks(self):
        """What destroy says before it asks, and is then not told to go on."""
        asked = self.cloud_ends("destroy", input="no\n")
        if "nothing was removed" not in asked.stderr:
            raise Failed(f"destroy went on: {asked.stdout} {asked.stderr}")
        return asked.stdout

    def cloud_ends(self, *arguments, **named):
        command = [sys.executable, ROOT / "infra" / "cloud.py", "--stack", STACK, "--region", REGION, *arguments]
        return subprocess.run(command, capture_output=True, text=True, **named)

    def deploy(self, *more, **named):
        said = self.cloud(
            "deploy", "--built", self.template, "Architecture=x86_64", "KeeperEvery=rate(1 minute)",
            "AllowedEmails=ada@example.com, bo@example.com, @family.example", *more, **named,
        )  # fmt: skip
        stack = self.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
        self.outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
        self.domain = self.outputs["DistributionDomain"]
        pages = self.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=STACK)
        names = [found for page in pages for found in page["StackResourceSummaries"]]
        self.physical = {found["LogicalResourceId"]: found["PhysicalResourceId"] for found in names}
        self.find_keys_here()
        return said

    def find_keys_here(self):
        """The one setting that differs: tokens are made here, under the name of a Cognito that is elsewhere."""
        self.sets("ApiFunction", JWKS_URL=f"{EMULATOR}/{self.outputs['UserPoolId']}/.well-known/jwks.json")

    def sets(self, function, **more):
        """Gives a function other variables, past CloudFormation; its next request starts it anew."""
        functions, name = self.client("lambda"), self.physical[function]
        variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables | more})

    def invite(self, email):
        self.cloud("invite", email)
        self.client("cognito-idp").admin_set_user_password(
            UserPoolId=self.outputs["UserPoolId"], Username=email, Password=PASSWORD, Permanent=True
        )

    def signed_in(self, email, scope="openid tintype/read tintype/write tintype/upload"):
        tokens = sign_in(self.outputs["PageClientId"], f"{self.outputs['Address']}/callback", scope, email)
        return Person(self.domain, tokens["access_token"]), tokens

    def google_lets_in(self, email):
        """What the gatekeeper says of somebody who comes for the first time."""
        event = {
            "triggerSource": "PreSignUp_ExternalProvider",
            "request": {"userAttributes": {"email": email, "email_verified": "true"}},
            "response": {},
        }
        gatekeeper = self.physical["GatekeeperFunction"]
        answer = self.client("lambda").invoke(FunctionName=gatekeeper, Payload=json.dumps(event).encode())
        return "FunctionError" not in answer

    def parameter(self, name):
        """The stack's parameter, as it stands."""
        stack = self.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
        [value] = [each["ParameterValue"] for each in stack["Parameters"] if each["ParameterKey"] == name]
        return value

    def logs(self, function):
        group = f"/tintype/{STACK}/{function}"
        client = self.client("logs")
        lines = []
        for stream in client.describe_log_streams(logGroupName=group)["logStreams"]:
            events = client.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True)
            lines += [event["message"] for event in events["events"]]
        return lines

    def run_keeper(self, **request):
        """What the schedule asks for, or what a person asks for by hand."""
        payload = json.dumps(request).encode()
        answer = self.client("lambda").invoke(FunctionName=self.physical["KeeperFunction"], Payload=payload)
        payload = answer["Payload"].read()
        if "FunctionError" in answer:
            raise Failed(f"the keeper: {payload}")
        return json.loads(payload)

    # What each role may do, and did.

    def grants(self):
        """(role, action, resource) of every role of the stack."""
        iam, found = self.client("iam"), set()
        for role, name in self.physical.items():
            if not role.endswith("Role"):
                continue
            for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
                document = iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
                for statement in document["Statement"]:
                    actions = statement["Action"]
                    for action in [actions] if isinstance(actions, str) else actions:
                        found.add((role, action, statement["Resource"]))
        return found

    def calls(self):
        """(role, action, resource, allowed) of every call of the stack's functions that is not forgotten."""
        roles = {name: role for role, name in self.physical.items()}
        made = self.emulator.made()[self.forgotten :]
        return {(roles.get((call["who"] or "").split("/")[0], "?"), call["action"], call["resource"], call["allowed"])
                for call in made}  # fmt: skip

    def forget_calls(self):
        self.forgotten = len(self.emulator.made())

    def denied(self):
        return sorted(call[:3] for call in self.calls() if not call[3])

    def unused(self, grants):
        calls = self.calls()
        return sorted(
            grant
            for grant in grants
            if not any(
                call[0] == grant[0] and call[1] == grant[1] and call[3] and fnmatch.fnmatchcase(call[2], grant[2])
                for call in calls
            )
            and (grant[0], grant[1]) not in UNSEEN
            and (grant[0], grant[1], "/" + "/".join(grant[2].split("/")[1:])) not in UNSEEN
            and ("*", grant[1]) not in UNSEEN
        )
