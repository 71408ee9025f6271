"""What CloudFormation says of the stack, and how we say things."""

from botocore.exceptions import ClientError, WaiterError


class Wrong(Exception):
    """Something that the person at the keyboard can mend; its text says how."""


#: How CloudFormation is asked whether it is done: it may take an hour.
PATIENTLY = {"Delay": 5, "MaxAttempts": 720}


def say(text):
    print(text, flush=True)


def described(session, stack):
    """What CloudFormation says of the stack; None if there is none, or no more of it than an import that failed."""
    try:
        found = session.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    return None if found["StackStatus"] == "REVIEW_IN_PROGRESS" else found


def at_rest(session, stack):
    """The same, of a stack that is ours and that CloudFormation is not changing just now."""
    found = ours(session, stack)
    if found and found["StackStatus"].endswith("_IN_PROGRESS"):
        raise Wrong(
            f"CloudFormation is still changing {stack} ({found['StackStatus']}): the same command again in some minutes"
        )
    return found


def ours(session, stack):
    """The same, of a stack that is ours."""
    found = described(session, stack)
    if found and not found.get("Description", "").startswith("Tintype:"):
        raise Wrong(
            f"the stack {stack} in {session.region_name} is not Tintype's (its description does not begin with Tintype:), "
            "and is left alone: another name with STACK=, or another REGION="
        )
    return found


def existing(session, stack, look=at_rest):
    """What the stack says of itself."""
    found = look(session, stack)
    if found is None:
        raise Wrong(
            f"there is no stack {stack} in {session.region_name}: make deploy makes it, or name yours: STACK=, REGION="
        )
    named = {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}
    if "UserPoolId" not in named:
        raise Wrong(
            f"stack {stack} was never deployed whole ({found['StackStatus']}): make deploy; "
            "docs/DEPLOY.md, when the first deployment fails"
        )
    return named


def parameter(stack, name):
    """The value of a parameter of a deployed stack; None if there is no such stack or parameter."""
    given = stack.get("Parameters", []) if stack else []
    return next((each["ParameterValue"] for each in given if each["ParameterKey"] == name), None)


def change(session, name, **values):
    """Gives the stack other values of these parameters, and changes nothing else."""
    cloudformation = session.client("cloudformation")
    known = [each["ParameterKey"] for each in at_rest(session, name)["Parameters"]]
    if missing := sorted(set(values) - set(known)):
        raise Wrong(f"{name} was deployed by an older Tintype, without {', '.join(missing)}: make deploy first")
    cloudformation.update_stack(
        StackName=name,
        UsePreviousTemplate=True,
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()]
        + [{"ParameterKey": key, "UsePreviousValue": True} for key in known if key not in values],
        # The second: sam's template is one that CloudFormation expands.
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    try:
        cloudformation.get_waiter("stack_update_complete").wait(StackName=name, WaiterConfig=PATIENTLY)
    except WaiterError as error:
        raise Wrong(f"CloudFormation did not change {', '.join(values)}, all is as it was: {error}") from None
