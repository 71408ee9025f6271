"""Who may come in: invite, expel."""

import re

from botocore.exceptions import WaiterError

from stack import Wrong, described, existing, parameter, say


def users(session, stack):
    return session.client("cognito-idp").list_users(UserPoolId=stack["UserPoolId"], Limit=1)["Users"]


def address(text):
    if not re.fullmatch(r"[^@\s,\"]+@[^@\s,\"]+\.[^@\s,\"]+", text):
        raise Wrong("EMAIL must be an address, such as ada@example.com")
    return text


def of_address(cognito, stack, email):
    """Who has this address: invited, by way of Google, or both. Cognito's own filter minds capitals."""
    pages = cognito.get_paginator("list_users").paginate(UserPoolId=stack["UserPoolId"])
    return [
        person
        for page in pages
        for person in page["Users"]
        if any(each["Name"] == "email" and each["Value"].lower() == email.lower() for each in person["Attributes"])
    ]


def comes_back(cognito, stack, email):
    """Whether this is somebody who was expelled, and may now sign in again as before."""
    expelled = [person for person in of_address(cognito, stack, email) if not person["Enabled"]]
    for person in expelled:
        cognito.admin_enable_user(UserPoolId=stack["UserPoolId"], Username=person["Username"])
    # Who never signed in needs a first password again.
    return any(person["UserStatus"] != "FORCE_CHANGE_PASSWORD" for person in expelled)


def invite(session, options):
    email = address(options.email)
    stack = existing(session, options.stack)
    cognito = session.client("cognito-idp")
    if comes_back(cognito, stack, email):
        say(f"{email} may sign in again, as before: {stack['Address']}")
        return
    client = cognito.describe_user_pool_client(UserPoolId=stack["UserPoolId"], ClientId=stack["PageClientId"])
    if client["UserPoolClient"].get("SupportedIdentityProviders") == ["Google"]:
        raise Wrong(
            "this Tintype signs in with Google alone: make deploy "
            f'PARAMETERS="AllowedEmails={email}" lets in that address (and ends the list before)'
        )
    attributes = {"email": email, "email_verified": "true"}
    person = {"UserPoolId": stack["UserPoolId"], "Username": email}
    try:
        cognito.admin_create_user(
            **person,
            UserAttributes=[{"Name": name, "Value": value} for name, value in attributes.items()],
            DesiredDeliveryMediums=["EMAIL"],
        )
    except cognito.exceptions.UsernameExistsException:
        if cognito.admin_get_user(**person)["UserStatus"] != "FORCE_CHANGE_PASSWORD":
            raise Wrong(f"{email} has signed in already") from None
        # The first password ends after seven days.
        cognito.admin_create_user(**person, MessageAction="RESEND", DesiredDeliveryMediums=["EMAIL"])
    say(f"{email} gets an e-mail with a first password, good for seven days, for {stack['Address']}")


def expel(session, options):
    """Ends somebody's access: cannot sign in, is signed out everywhere, and is off the list for Google."""
    email = address(options.email)
    stack = existing(session, options.stack)
    cognito = session.client("cognito-idp")
    known = of_address(cognito, stack, email)
    for person in known:
        name = {"UserPoolId": stack["UserPoolId"], "Username": person["Username"]}
        # In this order: no sign-in can slip in between.
        cognito.admin_disable_user(**name)
        cognito.admin_user_global_sign_out(**name)
    allowed = parameter(described(session, options.stack), "AllowedEmails") or ""
    entries = [entry.strip() for entry in allowed.split(",") if entry.strip()]
    left = [entry for entry in entries if entry.lower() != email.lower()]
    if not known and left == entries:
        raise Wrong(f"nobody of the address {email} was ever here, and AllowedEmails does not name it")
    if left != entries:
        say("Taking the address off AllowedEmails ...")
        allow(session, options.stack, left)
    if known:
        say(
            f"{email} is signed out everywhere and cannot sign in again. What they hold already ends by itself: an access\n"
            "token within an hour (until then it still reads, uploads and trashes, their own photos alone), leave to see\n"
            "images within twelve hours after that. Their photos stay. docs/DEPLOY.md says what can be cut sooner.\n"
            f"make invite EMAIL={email} lets them in again."
        )
    else:
        say(f"{email} never signed in, and is no longer on the list.")
    domain = "@" + email.rpartition("@")[2].lower()
    if not known and domain in [entry.lower() for entry in left]:
        say(f"But AllowedEmails still lets in everybody of {domain}, {email} too: deploy with another list to end that")


def allow(session, name, entries):
    """Gives the stack another list of whom the gatekeeper lets in by way of Google, and changes nothing else."""
    cloudformation = session.client("cloudformation")
    kept = [each["ParameterKey"] for each in described(session, name)["Parameters"] if each["ParameterKey"] != "AllowedEmails"]
    cloudformation.update_stack(
        StackName=name,
        UsePreviousTemplate=True,
        Parameters=[{"ParameterKey": "AllowedEmails", "ParameterValue": ",".join(entries)}]
        + [{"ParameterKey": key, "UsePreviousValue": True} for key in kept],
        # The second: sam's template is one that CloudFormation expands.
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    try:
        cloudformation.get_waiter("stack_update_complete").wait(StackName=name)
    except WaiterError as error:
        raise Wrong(f"AllowedEmails is as it was, CloudFormation did not change it: {error}. The rest is done") from None
