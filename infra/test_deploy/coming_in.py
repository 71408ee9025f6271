"""It comes up, and lets in whom it should."""

import gzip
import json
import os
import re
import subprocess
import sys
import time

from claims import Failed, check, turns_red
from emulator import EMULATOR, PORT, REGION, ROOT, port_is_free
from page_files import files_have_their_types
from person import PASSWORD, Person, request


def comes_up(cloud):
    taken = turns_red("a second one beside this says that the port is taken", port_is_free)
    check(f"port {PORT}" in taken, "and which", taken)
    typed = cloud.cloud_ends("deploy", "--built", cloud.template, "GoogleClientSecret=typed")
    check(typed.returncode != 0 and "GOOGLE_CLIENT_SECRET" in typed.stderr, "a secret is not typed", typed.stderr)
    said = cloud.deploy()
    check(f"Tintype is at https://{cloud.domain}" in said, "deploying prints the address", said)
    for name in ("SignIn", "DistributionDomain"):
        check(cloud.outputs[name] in said, f"and {name}", said)
    check("make invite" in said, "and says that nobody can sign in yet", said)
    person = Person(cloud.domain)
    page = person.ask("GET", "/")
    check(page.status == 200 and b"<div" in page.body, "the page is there", page)
    check(page.headers["Cache-Control"] == "no-cache", "and is asked for again each time", page.headers)
    script = re.search(rb'src="(/assets/[^"]+\.js)"', page.body)[1].decode()
    asset = person.ask("GET", script)
    check("immutable" in asset.headers["Cache-Control"], "its parts are kept", asset.headers)
    check(asset.headers["Content-Type"].startswith("text/javascript"), "under their types", asset.headers)
    files_have_their_types(cloud)
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


def says_what_is_missing(cloud):
    """make deploy, where what it needs is not there: said before anything is built or sent, with how to get it."""
    folder = cloud.emulator.folder / "missing" / "bin"
    folder.mkdir(parents=True)
    python = folder / "python"
    python.symlink_to(os.path.realpath(sys.executable))
    # Only what the test puts here is found; Python's own packages are where they were.
    packages = os.pathsep.join(path for path in sys.path if "site-packages" in path)
    bare = {**os.environ, "PYTHONPATH": packages, "PATH": str(folder)}

    def program(name, text):
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)

    def deploy(*parameters):
        command = [python, ROOT / "infra" / "cloud.py", "--stack", "missing", "--region", REGION, "deploy", *parameters]
        done = subprocess.run(command, capture_output=True, text=True, env=bare)
        check(done.returncode != 0, f"without it {' '.join(parameters)} nothing is deployed", done.stdout)
        return done.stderr

    def names(said, *parts):
        check(all(part in said for part in parts) and "Traceback" not in said, f"it says: {parts[0]}", said)

    names(deploy(), f"sam and cargo-lambda missing in {folder}", f"remove {folder.parent}", "make deploy installs them")
    program("sam", "exit 1")
    names(deploy(), f"cargo-lambda missing in {folder}", "make deploy installs it")
    program("cargo-lambda", "exit 1")
    names(deploy(), "Rust is missing", "https://rustup.rs", "rust-toolchain.toml")
    program("cargo", "exit 1")
    program("rustc", "echo /nowhere")
    names(deploy(), "Rust cannot build for arm64 yet", "rustup target add aarch64-unknown-linux-gnu", "Architecture=x86_64")
    names(deploy("Architecture=x86_64"), "rustup target add x86_64-unknown-linux-gnu")
    stacks = cloud.client("cloudformation").list_stacks()["StackSummaries"]
    check("missing" not in {stack["StackName"] for stack in stacks}, "and nothing was begun", stacks)


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
