"""What `make deploy` is given, held against template.yaml before anything is built: CloudFormation would say it after
ten minutes, and sam passes over a name that it does not know."""

import difflib
import pathlib
import re

from stack import Wrong

TEMPLATE = pathlib.Path(__file__).resolve().parent.parent / "template.yaml"
#: Where the OAuth client secret comes from: a command line can be read by whoever is on this machine.
SECRET = "GOOGLE_CLIENT_SECRET"
#: Parameters that say where something stands, and by which command.
KEPT = {
    "MediaPublicKey": "rotate-media-key",
    "MediaKeySlot": "rotate-media-key",
    "OtherMediaPublicKey": "rotate-media-key",
    "Expelled": "expel",
}


def wanted(given, secret):
    """Parameters by name. The one that is secret comes from the environment alone."""
    found, declared = {}, parsed()["Parameters"]
    for each in given:
        name, separator, value = each.partition("=")
        if not separator or not re.fullmatch("[A-Za-z]+", name):
            raise Wrong(f"{each!r} is no parameter: write Name=value, with a name of template.yaml")
        if name == "GoogleClientSecret":
            raise Wrong(
                f"give the secret as the environment variable {SECRET}: a command line can be read by whoever is on "
                "this machine. docs/DEPLOY.md, sign-in with Google"
            )
        if name in KEPT:
            raise Wrong(f"{name} is kept by make {KEPT[name]}: nobody else sets it")
        if name not in declared:
            raise Wrong(f"template.yaml has no parameter {name}{meant(name, declared.keys() - KEPT.keys())}")
        found[name] = value
    if secret:
        found["GoogleClientSecret"] = secret
    for name, value in found.items():
        if refused := bounds(declared[name], value):
            # What nobody may see echoed is not printed here either.
            shown = name if declared[name].get("NoEcho") else f"{name}={value}"
            raise Wrong(f"{shown}: it {refused}")
    return found


def parsed():
    """template.yaml, as sam reads it."""
    # Here and not above: where sam is missing, a deployment says so before anything breaks.
    from samcli.yamlhelper import yaml_parse

    return yaml_parse(TEMPLATE.read_text())


def meant(name, names):
    plain = {each.lower(): each for each in names}
    near = difflib.get_close_matches(name.lower(), plain, n=1)
    return f": did you mean {plain[near[0]]}?" if near else "; there, each is described"


def bounds(declared, value):
    """What a value would have to be and is not, in the words of the template if it has some; None if it is good."""
    if allowed := declared.get("AllowedValues"):
        return None if value in map(str, allowed) else f"must be one of {', '.join(map(str, allowed))}"
    if declared["Type"] == "Number":
        least, most = declared.get("MinValue", 0), declared.get("MaxValue", float("inf"))
        good = re.fullmatch("[0-9]+", value) and least <= int(value) <= most
        return None if good else f"must be a whole number from {least} to {most}"
    if len(value) > (most := declared.get("MaxLength", len(value))):
        return f"must be no longer than {most} characters"
    if (pattern := declared.get("AllowedPattern")) is not None and not re.fullmatch(pattern, value):
        return declared.get("ConstraintDescription", f"must match {pattern}")
    return None
