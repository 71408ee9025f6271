"""Who may come in: invite, expel."""

import re
import time
from email.utils import parsedate_to_datetime

from botocore.exceptions import ClientError

from media_key import end_every_cookie
from stack import Wrong, change, described, existing, ours, parameter, say

#: Seconds that an access token is good at most (AccessTokenValidity in template.yaml), and clocks that are apart.
TOKENS = 3600 + 600


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


def allow(session, name, email):
    """One more entry in the list of who may come in by way of Google; all others stay in it."""
    entries = listed(parameter(described(session, name), "AllowedEmails"))
    if email.lower() in (entry.lower() for entry in entries):
        return
    say("Putting the address on AllowedEmails ...")
    change(session, name, AllowedEmails=",".join([*entries, email]))


def invite(session, options):
    email = address(options.email)
    stack = existing(session, options.stack)
    cognito = session.client("cognito-idp")
    back = comes_back(cognito, stack, email)
    client = cognito.describe_user_pool_client(UserPoolId=stack["UserPoolId"], ClientId=stack["PageClientId"])
    if client["UserPoolClient"].get("SupportedIdentityProviders") == ["Google"]:
        allow(session, options.stack, email)
        say(f"{email} may come in with Google: {stack['Address']}")
        return
    if back:
        say(f"{email} may sign in again, as before: {stack['Address']}")
        return
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
    """Ends somebody's access at once: no sign-in, no session, no token, no cookie; and off the list for Google."""
    email = address(options.email)
    # Nobody goes on signing in because CloudFormation is busy.
    stack = existing(session, options.stack, ours)
    cognito = session.client("cognito-idp")
    known = of_address(cognito, stack, email)
    until = {}
    for person in known:
        name = {"UserPoolId": stack["UserPoolId"], "Username": person["Username"]}
        # In this order: no sign-in can slip in between.
        cognito.admin_disable_user(**name)
        until[subject(person)] = seconds(cognito.admin_user_global_sign_out(**name))
    deployed = described(session, options.stack)
    entries = listed(parameter(deployed, "AllowedEmails"))
    left = [entry for entry in entries if entry.lower() != email.lower()]
    if not known and left == entries:
        raise Wrong(f"nobody of the address {email} was ever here, and AllowedEmails does not name it")
    if known:
        say(f"{email} cannot sign in any more. Ending the tokens and cookies that they hold; it takes some minutes ...")
        expelled = with_these(listed(parameter(deployed, "Expelled")), until)
        try:
            end_every_cookie(session, options.stack, AllowedEmails=",".join(left), Expelled=expelled)
        except (ClientError, Wrong) as error:
            raise Wrong(
                f"{email} cannot sign in any more, but what they hold did not end: {error}. Mend that and say make expel "
                "again, or a token ends within an hour, and leave to see images twelve hours after that"
            ) from None
        say(
            f"{email} is out: signed out everywhere, and what they held opens nothing any more, but for addresses of S3\n"
            "that they asked for before (an upload for 5 minutes, an original of theirs for 15). Their photos stay. Everybody\n"
            f"else's pages ask for new leave to see images by themselves. make invite EMAIL={email} lets them in again."
        )
    else:
        say("Taking the address off AllowedEmails ...")
        change(session, options.stack, AllowedEmails=",".join(left))
        say(f"{email} never signed in, and is no longer on the list.")
    domain = "@" + email.rpartition("@")[2].lower()
    # Whom Google let in once is in the pool, and disabled there. Whoever was only invited is not, for Google.
    if domain in [entry.lower() for entry in left] and not any(by_google(person) for person in known):
        say(
            f"BUT they can come in with Google, as somebody new without photos, wherever Google is the way in: AllowedEmails "
            f"has {domain},\nwhich means everybody of it. A deployment with another list ends that: "
            f'make deploy PARAMETERS="AllowedEmails={",".join(entry for entry in left if entry.lower() != domain)}"'
        )


def by_google(person):
    return person["UserStatus"] == "EXTERNAL_PROVIDER"


def listed(text):
    return [entry.strip() for entry in (text or "").split(",") if entry.strip()]


def subject(person):
    """What Cognito's tokens call somebody."""
    return next(each["Value"] for each in person["Attributes"] if each["Name"] == "sub")


def seconds(answer):
    """When AWS answered, by its own clock, which tokens are dated by too."""
    said = answer["ResponseMetadata"]["HTTPHeaders"].get("date")
    return int(parsedate_to_datetime(said).timestamp() if said else time.time())


def with_these(entries, until):
    """The stack's parameter Expelled: those of before whose tokens may still be good, and these."""
    kept = {user: int(second) for user, second in (entry.split("@") for entry in entries)}
    kept = {user: second for user, second in kept.items() if second > time.time() - TOKENS}
    return ",".join(f"{user}@{second}" for user, second in sorted((kept | until).items()))
