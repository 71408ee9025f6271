"""The whole of Tintype deployed into an emulator on loopback: signed in to, used, watched, deleted and adopted.

`make test-deploy` runs it in a network of its own. What it proves, and what only real AWS can show, stands in
docs/DEPLOY.md. The functions are the real bootstrap binaries; each runs under its own role, and every call they make is
held against what the template grants, both ways.
"""

import argparse
import base64
import contextlib
import fnmatch
import gzip
import hashlib
import html
import io
import json
import os
import pathlib
import re
import secrets
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import zlib

import boto3

ROOT = pathlib.Path(__file__).resolve().parent.parent
PORT = 4566
EMULATOR = f"http://127.0.0.1:{PORT}"
REGION = "eu-central-1"
STACK = "tintype"
FUNCTIONS = ("api", "processor", "keeper", "gatekeeper")
#: Granted, and never seen to be used here. Each has its reason.
UNSEEN = {
    ("*", "logs:CreateLogStream"): "the emulator writes logs itself",
    ("*", "logs:PutLogEvents"): "the emulator writes logs itself",
    ("ProcessorRole", "s3:ListBucket"): "what turns S3's 403 for an absent object into 404; no call is checked for it",
    ("KeeperRole", "s3:GetObject", "/in/*"): "HEAD of an upload that waits for an hour, and repair from one: none does here",
    ("KeeperRole", "s3:GetObject", "/media/*"): "HEAD of a variant that a listing misses: none is missing here",
    ("ScheduleRole", "lambda:InvokeFunction"): "the emulator's scheduler asks nobody",
}
PASSWORD = "correct horse battery 7!A"


class Failed(Exception):
    """A claim that does not hold."""


def check(holds, claim, found=""):
    if not holds:
        raise Failed(f"{claim}: {str(found)[:600]}")
    print(f"  ok  {claim}", flush=True)


def turns_red(claim, claims, *arguments):
    """What `claims` says when it does not hold, which it must not."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            claims(*arguments)
    except Failed as failed:
        print(f"  ok  {claim}", flush=True)
        return str(failed)
    raise Failed(f"{claim}: it holds all the same")


def until(what, seconds, look):
    """What `look` answers as soon as it answers something."""
    end = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > end:
            raise Failed(f"{what}: not within {seconds} s")
        time.sleep(0.3)


# ---------------------------------------------------------------- the emulator


def port_is_free():
    """Whoever answers there instead would be tested, and deployed into."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", PORT))
        except OSError:
            raise Failed(
                f"port {PORT} of this machine is taken, by another emulator of AWS perhaps (localstack, ministack, another "
                f"make test-deploy): end it, and try again. `ss -ltnp 'sport = :{PORT}'` names it"
            ) from None


class Emulator:
    """ministack with what infra/emulate.py adds, in a folder that is removed at the end."""

    def __init__(self, python, keep):
        port_is_free()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="tintype-deploy-"))
        self.keep = keep
        self.calls = self.folder / "calls.jsonl"
        for part in ("state", "data", "tmp"):
            (self.folder / part).mkdir()
        # Functions inherit all of this: a short list, or a variable that the template forgets would not be missed.
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "AUTH": "true",
            "CALLS": str(self.calls),
            "BIND_HOST": "127.0.0.1",
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "MINISTACK_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": EMULATOR,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_EC2_METADATA_DISABLED": "true",
            "STATE_DIR": str(self.folder / "state"),
            "S3_DATA_DIR": str(self.folder / "data"),
            "TMPDIR": str(self.folder / "tmp"),
        }
        self.log = open(self.folder / "emulator.log", "w")
        self.process = subprocess.Popen(
            [python, ROOT / "infra" / "emulate.py"], env=environment, stdout=self.log, stderr=self.log, cwd=self.folder
        )
        until("the emulator starts", 60, self.healthy)

    def healthy(self):
        if self.process.poll() is not None:
            raise Failed(f"the emulator ended: {(self.folder / 'emulator.log').read_text()[-2000:]}")
        with contextlib.suppress(OSError):
            return urllib.request.urlopen(f"{EMULATOR}/_ministack/health", timeout=2).status == 200

    def made(self):
        """Every checked call so far."""
        return [json.loads(line) for line in self.calls.read_text().splitlines()] if self.calls.exists() else []

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.log.close()
        if self.keep:
            print(f"kept: {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)


# ---------------------------------------------------------------- a person with a browser


class NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


OPENER = urllib.request.build_opener(NoRedirects)


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)

    def __str__(self):
        return f"{self.status} {self.body[:500]!r}"


def request(method, url, body=None, headers=None):
    sent = urllib.request.Request(url, body, headers or {}, method=method)
    try:
        answer = OPENER.open(sent, timeout=60)
    except urllib.error.HTTPError as error:
        answer = error
    return Answer(answer.status, answer.headers, answer.read())


class Person:
    """Somebody at the page's address."""

    def __init__(self, domain, access_token=None):
        self.domain, self.access_token, self.cookies = domain, access_token, {}

    def ask(self, method, path, body=None, token=None, **headers):
        token = token if token is not None else self.access_token
        headers = {"Host": self.domain, "X-Forwarded-Proto": "https", **headers}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if body is not None:
            body, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
        return request(method, EMULATOR + path, body, headers)

    def open_images(self):
        answer = self.ask("POST", "/api/session")
        check(answer.status == 200, "a session gives leave to see images", answer)
        for cookie in answer.headers.get_all("Set-Cookie"):
            name, value = cookie.split(";")[0].split("=", 1)
            self.cookies[name] = value

    def upload(self, name, content, **wish):
        """Asks, and sends; the answer of S3."""
        entry = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "file_name": name, **wish}
        answer = self.ask("POST", "/api/uploads", {"files": [entry]})
        if answer.status != 200 or not answer.json()["results"][0].get("request"):
            return answer
        asked = answer.json()["results"][0]["request"]
        return request(asked["method"], asked["url"], content, asked["headers"])

    def lookup(self, *photo_ids):
        return self.ask("POST", "/api/photos/lookup", {"photo_ids": list(photo_ids)}).json()["photos"]

    def wait_for(self, photo_id, preview):
        def look():
            found = self.lookup(photo_id)[0]
            return found if found.get("safe") and found.get("preview") == preview else None

        return until(f"{photo_id[:8]} is safe, its preview {preview}", 60, look)


def sign_in(pool_client, redirect, scope, email):
    """Managed login's code flow with PKCE, as a browser goes through it."""
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "client_id": pool_client,
        "redirect_uri": redirect,
        "response_type": "code",
        "scope": scope,
        "state": "s",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    page = request("GET", f"{EMULATOR}/oauth2/authorize?{urllib.parse.urlencode(asked)}")
    if page.status != 200:
        raise Failed(f"no sign-in page: {page}")
    text = page.body.decode()
    form = {name: html.unescape(value) for name, value in re.findall(r'name="([^"]+)"[^>]*value="([^"]*)"', text)}
    form |= {"username": email, "password": PASSWORD}
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    action = re.search(r'action="([^"]+)"', text)[1]
    back = request("POST", EMULATOR + action, urllib.parse.urlencode(form).encode(), kind)
    query = urllib.parse.parse_qs(urllib.parse.urlparse(back.headers.get("Location", "")).query)
    if "code" not in query:
        raise Failed(f"no code: {back} {back.headers.get('Location')}")
    trade = {
        "grant_type": "authorization_code",
        "client_id": pool_client,
        "redirect_uri": redirect,
        "code": query["code"][0],
        "code_verifier": verifier,
    }
    tokens = request("POST", f"{EMULATOR}/oauth2/token", urllib.parse.urlencode(trade).encode(), kind)
    if tokens.status != 200:
        raise Failed(f"no tokens: {tokens}")
    return tokens.json()


def png(seed, width=600, height=400):
    """A picture of the test's own making; each seed another one."""
    rows = b"".join(
        b"\0" + bytes(channel for x in range(width) for channel in (x % 256, y % 256, seed % 256)) for y in range(height)
    )

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


# ---------------------------------------------------------------- the deployment


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
        names = self.client("cloudformation").list_stack_resources(StackName=STACK)["StackResourceSummaries"]
        self.physical = {found["LogicalResourceId"]: found["PhysicalResourceId"] for found in names}
        self.find_keys_here()
        return said

    def find_keys_here(self):
        """The one setting that differs: tokens are made here, under the name of a Cognito that is elsewhere."""
        functions = self.client("lambda")
        name = self.physical["ApiFunction"]
        variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        variables["JWKS_URL"] = f"{EMULATOR}/{self.outputs['UserPoolId']}/.well-known/jwks.json"
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})

    def invite(self, email):
        self.cloud("invite", email)
        self.client("cognito-idp").admin_set_user_password(
            UserPoolId=self.outputs["UserPoolId"], Username=email, Password=PASSWORD, Permanent=True
        )

    def signed_in(self, email, scope="openid tintype/read tintype/write tintype/upload"):
        tokens = sign_in(self.outputs["PageClientId"], f"{self.outputs['Address']}/callback", scope, email)
        return Person(self.domain, tokens["access_token"]), tokens

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


# ---------------------------------------------------------------- claims, in the order in which they can be checked


def comes_up(cloud):
    taken = turns_red("a second one beside this says that the port is taken", port_is_free)
    check(f"port {PORT}" in taken, "and which", taken)
    typed = cloud.cloud_ends("deploy", "--built", cloud.template, "GoogleClientSecret=typed")
    check(typed.returncode != 0 and "GOOGLE_CLIENT_SECRET" in typed.stderr, "a secret is not typed", typed.stderr)
    said = cloud.deploy()
    check(f"Tintype is at https://{cloud.domain}" in said, "deploying prints the address", said)
    check("make invite" in said, "and says that nobody can sign in yet", said)
    person = Person(cloud.domain)
    page = person.ask("GET", "/")
    check(page.status == 200 and b"<div" in page.body, "the page is there", page)
    check(page.headers["Cache-Control"] == "no-cache", "and is asked for again each time", page.headers)
    script = re.search(rb'src="(/assets/[^"]+\.js)"', page.body)[1].decode()
    asset = person.ask("GET", script)
    check("immutable" in asset.headers["Cache-Control"], "its parts are kept", asset.headers)
    check(asset.headers["Content-Type"].startswith("text/javascript"), "under their types", asset.headers)
    for path in ("/trash", "/photo/abc", "/callback"):
        check(person.ask("GET", path).body == page.body, f"{path} is the page")
    check(person.ask("GET", "/assets/none").status in (403, 404), "a file that is not there is not the page")
    for header in ("Content-Security-Policy", "Strict-Transport-Security", "X-Content-Type-Options", "Permissions-Policy"):
        check(page.headers[header], f"it carries {header}", page.headers)
    config = person.ask("GET", "/config.json").json()
    check(config["client_id"] == cloud.outputs["PageClientId"], "config.json names the client", config)
    pool = cloud.client("cognito-idp").describe_user_pool(UserPoolId=cloud.outputs["UserPoolId"])["UserPool"]
    mail = pool["AdminCreateUserConfig"]["InviteMessageTemplate"]["EmailMessage"]
    check(cloud.outputs["Address"] in mail and "{####}" in mail, "an invitation names the address", mail)
    check(person.ask("GET", "/originals/x").body == page.body, "originals are behind nothing of CloudFront's")
    plain = request("GET", f"{EMULATOR}/", headers={"Host": cloud.domain})
    check(plain.status == 301, "plain http is sent to https", plain)


def lets_in_whom_it_should(cloud):
    cognito = cloud.client("cognito-idp")
    try:
        cognito.sign_up(ClientId=cloud.outputs["PageClientId"], Username="ada@example.com", Password=PASSWORD)
        raise Failed("somebody signed themselves up")
    except cognito.exceptions.NotAuthorizedException:
        check(True, "nobody signs themselves up")
    gatekeeper = cloud.physical["GatekeeperFunction"]
    for source, email, verified, comes_in in [
        ("PreSignUp_ExternalProvider", "Ada@Example.com", "true", True),
        ("PreSignUp_ExternalProvider", "bo@family.example", "true", True),
        ("PreSignUp_ExternalProvider", "ada@example.com", "false", False),
        ("PreSignUp_ExternalProvider", "eve@example.com", "true", False),
        ("PreSignUp_SignUp", "ada@example.com", "true", False),
        ("PreSignUp_AdminCreateUser", "eve@example.com", "false", True),
    ]:
        event = {
            "triggerSource": source,
            "request": {"userAttributes": {"email": email, "email_verified": verified}},
            "response": {},
        }
        answer = cloud.client("lambda").invoke(FunctionName=gatekeeper, Payload=json.dumps(event).encode())
        check(("FunctionError" not in answer) == comes_in, f"{source} {email} {verified}: {comes_in}", answer)
    cloud.invite("ada@example.com")
    person, tokens = cloud.signed_in("ada@example.com")
    check(person.ask("GET", "/api/me").status == 200, "who is invited signs in by managed login", person.ask("GET", "/api/me"))
    for claim, token in [
        ("no token", ""),
        ("a tampered token", tokens["access_token"][:-6] + "AAAAAA"),
        ("an id token", tokens["id_token"]),
        ("junk", "x.y.z"),
    ]:
        refused = person.ask("GET", "/api/me", token=token)
        check(refused.status in (401, 403), f"{claim} is refused", refused)
    reader, _ = cloud.signed_in("ada@example.com", "openid tintype/read")
    refused = reader.ask("POST", "/api/uploads", {"files": []})
    check(refused.status == 403, "a token for reading does not upload", refused)
    check(person.ask("GET", "/api/health", token="").status == 200, "health is open")
    plain = person.ask("GET", "/api/openapi.json", token="")
    check(plain.status == 200 and "Content-Encoding" not in plain.headers, "the API's description is open", plain)
    small = person.ask("GET", "/api/openapi.json", token="", **{"Accept-Encoding": "gzip, br"})
    check(small.headers["Content-Encoding"] == "gzip", "and compressed for who takes that", small.headers)
    check(gzip.decompress(small.body) == plain.body, "the same bytes come out of it", small)
    check(len(small.body) * 3 < len(plain.body), f"{len(plain.body)} bytes are sent as {len(small.body)}")
    missing = person.ask("GET", "/api/nothing")
    check(missing.status == 404 and b"no-such-route" in missing.body, "the API's 404 is the API's", missing)
    return person


def token_ends(cloud):
    cognito = cloud.client("cognito-idp")
    pool, client = cloud.outputs["UserPoolId"], cloud.outputs["PageClientId"]
    before = cognito.describe_user_pool_client(UserPoolId=pool, ClientId=client)["UserPoolClient"]
    read_only = ("LastModifiedDate", "CreationDate", "ClientSecret")
    wanted = {key: value for key, value in before.items() if key not in read_only and value != ""}
    short = wanted | {"AccessTokenValidity": 5, "TokenValidityUnits": {"AccessToken": "seconds", "RefreshToken": "days"}}
    cognito.update_user_pool_client(**short)
    try:
        person, _ = cloud.signed_in("ada@example.com")
        check(person.ask("GET", "/api/me").status == 200, "a short token is good at first")
        time.sleep(6)
        refused = person.ask("GET", "/api/me")
        check(refused.status == 401, "an expired token is refused", refused)
    finally:
        cognito.update_user_pool_client(**wanted)


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
    check(cloud.run_keeper(audit={})["found"] == 0, "and the next audit is content")
    drill = cloud.run_keeper(drill={"photos": 2})
    check(drill["photos"] == 2 and not drill["wrong"], "originals come back byte for byte", drill)
    rebuilt = cloud.run_keeper(rebuild={})
    check(rebuilt["finished"], "the catalog could be made from the vault", rebuilt)


def schedule_runs(cloud):
    def ran():
        return [line for line in cloud.logs("keeper") if '"kept"' in line]

    before = len(ran())
    until("the schedule runs the keeper", 100, lambda: len(ran()) > before)
    check(True, "the schedule runs the keeper")


def metrics_are_there(cloud):
    lines = [json.loads(line) for line in cloud.logs("processor") if line.startswith('{"_aws"')]
    names = {metric["Name"] for line in lines for metric in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]}
    for name in ("photos_stored", "stored_bytes", "photos_previewed", "photos_without_preview", "decode_ms"):
        check(name in names, f"the processor counts {name}", names)
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


def expelled_stay_outside(cloud, person):
    """make expel: no sign-in, no refresh, off the list; what is still in their hands is what is said to be."""
    email = "bo@example.com"
    cloud.invite(email)
    bo, tokens = cloud.signed_in(email)
    content = png(6)
    check(bo.upload("bo.png", content).status == 200, "somebody else keeps a photo", content[:8])
    bo.wait_for(hashlib.sha256(content).hexdigest(), "ready")
    bo.open_images()

    def refreshed():
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        asked = {
            "grant_type": "refresh_token",
            "client_id": cloud.outputs["PageClientId"],
            "refresh_token": tokens["refresh_token"],
        }
        return request("POST", f"{EMULATOR}/oauth2/token", urllib.parse.urlencode(asked).encode(), kind)

    def by_google():
        event = {
            "triggerSource": "PreSignUp_ExternalProvider",
            "request": {"userAttributes": {"email": email, "email_verified": "true"}},
            "response": {},
        }
        gatekeeper = cloud.physical["GatekeeperFunction"]
        answer = cloud.client("lambda").invoke(FunctionName=gatekeeper, Payload=json.dumps(event).encode())
        return "FunctionError" not in answer

    check(refreshed().status == 200 and by_google(), "their session goes on, and the list names them")
    nobody = cloud.cloud_ends("expel", "eve@example.com")
    check(nobody.returncode != 0 and "eve@example.com" in nobody.stderr, "a stranger cannot be expelled", nobody.stderr)
    said = cloud.cloud("expel", email.capitalize())
    cloud.find_keys_here()
    check("within an hour" in said and "twelve hours" in said and "photos stay" in said, "it says what ends when", said)
    turns_red("an expelled person cannot sign in", cloud.signed_in, email)
    check(refreshed().status == 400, "nor go on with the session", refreshed())
    check(not by_google(), "nor come by way of Google")
    check(bo.ask("GET", "/api/me").status == 200, "an access token is good to its end, as it is said")
    check(person.ask("GET", "/api/me").status == 200, "others notice nothing")
    cloud.signed_in("ada@example.com")
    again = cloud.cloud("invite", email)
    check("again" in again, "inviting lets them in again", again)
    back, _ = cloud.signed_in(email)
    found = back.lookup(hashlib.sha256(content).hexdigest())[0]
    check(found["safe"], "to the same photos", found)


def goes_and_comes_back(cloud, photo_id):
    cloud.forget_calls()
    pool, vault = cloud.outputs["UserPoolId"], cloud.outputs["VaultBucketName"]
    said = cloud.cloud("destroy", "--yes")
    check("stay" in said and vault in said, "destroying says what stays", said)
    s3 = cloud.client("s3")
    buckets = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
    check({vault, cloud.outputs["UploadsBucketName"]} <= buckets, "both buckets stay", buckets)
    check(cloud.outputs["SiteBucketName"] not in buckets, "the page goes", buckets)
    check(cloud.outputs["TableName"] in cloud.client("dynamodb").list_tables()["TableNames"], "the catalog stays")
    pools = cloud.client("cognito-idp").list_user_pools(MaxResults=10)["UserPools"]
    check(pool in {found["Id"] for found in pools}, "the people stay", pools)
    cloud.cloud("adopt", pool)
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
    cloud.deploy()
    check(provider()["ProviderDetails"]["client_secret"] == secret, "the next deployment keeps it", provider())
    refused = cloud.cloud_ends("invite", "new@example.com")
    check("AllowedEmails" in refused.stderr, "who comes by way of Google is allowed, not invited", refused.stderr)


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


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--emulator-python", required=True, help="the Python that has ministack")
    parser.add_argument("--bootstraps", type=pathlib.Path, default=ROOT / "target" / "lambda")
    parser.add_argument("--keep", action="store_true", help="keep the emulator's folder, with its logs")
    options = parser.parse_args()
    start = time.monotonic()
    emulator = Emulator(options.emulator_python, options.keep)
    try:
        cloud = Deployment(emulator, options.bootstraps)

        def step(claims, *arguments):
            begun = time.monotonic()
            print(claims.__name__.replace("_", " "), flush=True)
            answer = claims(*arguments)
            print(f"      {time.monotonic() - begun:.1f} s", flush=True)
            return answer

        step(comes_up, cloud)
        person = step(lets_in_whom_it_should, cloud)
        step(token_ends, cloud)
        photo_id, photo = step(keeps_photos, cloud, person)
        step(shows_images, cloud, person, photo)
        step(keeper_keeps, cloud, person, photo_id)
        step(audits_and_repairs, cloud, person, photo_id)
        step(schedule_runs, cloud)
        step(metrics_are_there, cloud)
        step(least_privilege, cloud)
        step(least_privilege_is_checked, cloud, person)
        step(expelled_stay_outside, cloud, person)
        step(measures, cloud, person)
        step(goes_and_comes_back, cloud, photo_id)
        step(google_takes_over, cloud)
        print(f"All of it works, in {time.monotonic() - start:.0f} s.")
    finally:
        emulator.stop()


if __name__ == "__main__":
    try:
        main()
    except Failed as failed:
        sys.exit(f"test-deploy: {failed}")
