"""What is refused in words before anything is built, written or sent; and what is left when it is broken off."""

import os
import pathlib
import signal
import subprocess
import sys
import tempfile

from claims import Failed, check, until
from emulator import REGION, ROOT

#: Somebody else's stack, as small as there is one.
FOREIGN = '{"Description": "photos of the office", "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}'


def says_no(done, *parts):
    check(done.returncode != 0 and "Traceback" not in done.stderr, "it is refused", done)
    check(all(part in done.stderr for part in parts), f"in words: {parts[0]}", done.stderr)


def run(stack, *arguments, program=sys.executable, **named):
    command = [program, ROOT / "infra" / "cloud.py", "--stack", stack, "--region", REGION, *arguments]
    return subprocess.run(command, capture_output=True, text=True, **named)


def refuses(cloud):
    for given, *said in [
        ("Architecture=amd64", "must be one of arm64, x86_64"),
        ("AlarmMail=a@b.example", "no parameter AlarmMail", "AlarmEmail"),
        ("BudgetUsd=0", "from 1 to 10000"),
        ("AlarmEmail=nobody", "must be an e-mail address"),
        ("Expelled=x@1", "make expel"),
    ]:
        says_no(run("refused", "deploy", "--built", cloud.template, given), *said)
    cloudformation = cloud.client("cloudformation")
    cloudformation.create_stack(StackName="office", TemplateBody=FOREIGN)
    cloudformation.get_waiter("stack_create_complete").wait(StackName="office")
    for command in (["deploy", "--built", cloud.template], ["destroy", "--yes"], ["adopt", "x"], ["invite", "a@b.example"]):
        says_no(run("office", *command), "is not Tintype's")
    [resource] = cloudformation.describe_stack_resources(StackName="office")["StackResources"]
    check(resource["LogicalResourceId"] == "Topic", "somebody else's stack is as it was", resource)
    cloudformation.delete_stack(StackName="office")
    says_no(run("nobodys", "invite", "a@b.example"), "there is no stack nobodys", "STACK=")
    waits_for_cloudformation()
    broken_off_leaves_no_secret(cloud)
    nothing_typed_is_run()


def waits_for_cloudformation():
    """A stack that is being changed is neither built for nor given a key; one that is done is."""
    sys.path.insert(0, str(ROOT / "infra"))
    import stack

    real = stack.described
    try:
        for status, busy in [
            ("UPDATE_IN_PROGRESS", True),
            ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", True),
            ("DELETE_IN_PROGRESS", True),
            ("UPDATE_COMPLETE", False),
            ("UPDATE_ROLLBACK_COMPLETE", False),
        ]:
            stack.described = lambda *_, status=status: {"StackStatus": status, "Description": "Tintype: photos"}
            try:
                stack.at_rest(None, "tintype")
                said = ""
            except stack.Wrong as wrong:
                said = str(wrong)
            check(("still changing" in said and "some minutes" in said) == busy, f"{status} is waited for: {busy}", said)
    finally:
        stack.described = real


def broken_off_leaves_no_secret(cloud):
    """Ended from outside while sam works: the file that holds Google's secret is gone."""
    for ending in (signal.SIGTERM, signal.SIGHUP):
        with tempfile.TemporaryDirectory() as folder:
            programs, temporary = pathlib.Path(folder, "bin"), pathlib.Path(folder, "tmp")
            programs.mkdir()
            temporary.mkdir()
            python = programs / "python"
            python.symlink_to(os.path.realpath(sys.executable))
            (programs / "sam").write_text("#!/bin/sh\nexec sleep 60\n")
            (programs / "sam").chmod(0o755)
            packages = os.pathsep.join(path for path in sys.path if "site-packages" in path)
            environment = {**os.environ, "PYTHONPATH": packages, "TMPDIR": str(temporary), "GOOGLE_CLIENT_SECRET": "hidden"}
            command = [python, ROOT / "infra" / "cloud.py", "--stack", "halfway", "--region", REGION]
            command += ["deploy", "--built", cloud.template]
            with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as broken:
                until("sam is given the parameters", 60, lambda: list(temporary.glob("*/parameters.yaml")))
                broken.send_signal(ending)
                said = broken.stderr.read().decode()
            left = [path for path in temporary.rglob("*") if path.is_file() and "hidden" in path.read_text()]
            check(left == [] and "stopped" in said, f"after {ending.name} no file holds the secret", (left, said))
    cloud.client("ssm").delete_parameter(Name="/halfway/media-key-a")


def nothing_typed_is_run():
    """What is typed for make reaches the program as it was typed."""
    with tempfile.TemporaryDirectory() as folder:
        trap = pathlib.Path(folder, "trap")
        environment = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS")}
        for name in ("EMAIL", "STACK", "REGION"):
            for typed in (f"`touch {trap}`", f"$(touch {trap})", f'";touch {trap};"', f"$(shell touch {trap})"):
                command = ["make", "-C", ROOT, "invite", "EMAIL=nobody", f"REGION={REGION}", f"{name}={typed}"]
                done = subprocess.run(command, capture_output=True, text=True, env=environment)
                if done.returncode == 0 or trap.exists():
                    raise Failed(f"{name}={typed} was run: {done.stderr}")
            check(True, f"{name} is text and nothing else")
