"""The media key changes hands: nobody notices a rotation, and an expulsion ends every cookie at once."""

import contextlib
import hashlib
import subprocess
import sys
import time
import urllib.parse

from claims import check, turns_red, until
from deployment import STACK
from emulator import EMULATOR, REGION, ROOT
from person import Person, png, request

#: cloud.py as it is twelve hours later: cookies of before have ended.
LATER = f"""
import datetime, sys
sys.path.insert(0, {str(ROOT / "infra")!r})
import cloud, media_key
media_key.COOKIES = datetime.timedelta()
sys.argv[0:1] = ["cloud.py", "--stack", {STACK!r}, "--region", {REGION!r}]
cloud.main()
"""


def trusted(cloud):
    """How many keys CloudFront takes cookies of."""
    group = cloud.client("cloudfront").get_key_group(Id=cloud.physical["MediaKeyGroup"])
    return len(group["KeyGroup"]["KeyGroupConfig"]["Items"])


def secrets_kept(cloud):
    """Which private halves there are."""
    ssm, found = cloud.client("ssm"), set()
    for slot in "ab":
        with contextlib.suppress(ssm.exceptions.ParameterNotFound):
            found.add((slot, ssm.get_parameter(Name=f"/{STACK}/media-key-{slot}")["Parameter"]["Type"]))
    return found


def thumb(person, photo):
    user = person.ask("GET", "/api/me").json()["user_id"]
    return f"/media/{user}/{photo['photo_id']}/{photo['generation']}/thumb.webp"


def key_rotates(cloud, person, photo):
    path = thumb(person, photo)

    def beside(person):
        """The same person in another browser, which has cookies of its own."""
        other = Person(person.domain, person.access_token)
        other.open_images()
        return other

    before = beside(person)
    by_hand = cloud.cloud_ends("deploy", "--built", cloud.template, "MediaKeySlot=b")
    check(by_hand.returncode != 0 and "rotate-media-key" in by_hand.stderr, "nobody sets its place by hand", by_hand.stderr)
    check(secrets_kept(cloud) == {("a", "SecureString")}, "one private half is there, encrypted", secrets_kept(cloud))
    cloud.cloud("rotate", "--wait", "0")
    cloud.find_keys_here()
    after = beside(person)
    name = "CloudFront-Key-Pair-Id"
    check(after.cookies[name] != before.cookies[name], "another key signs", after.cookies)
    check(trusted(cloud) == 2, "CloudFront takes both")
    for browser, which in ((before, "of before"), (after, "from now on")):
        check(browser.ask("GET", path).status == 200, f"cookies {which} open images")
    check(secrets_kept(cloud) == {("b", "SecureString")}, "nothing can be signed with the old one", secrets_kept(cloud))
    early = cloud.cloud_ends("rotate", "--wait", "0")
    check(early.returncode != 0 and "good until" in early.stderr, "it ends when its cookies have, not before", early.stderr)

    said = subprocess.run([sys.executable, "-c", LATER, "rotate"], capture_output=True, text=True)
    check("is done" in said.stdout, "twelve hours later it ends", said)
    cloud.find_keys_here()
    check(trusted(cloud) == 1, "CloudFront takes one again")
    check(before.ask("GET", path).status == 403, "cookies of before open nothing")
    check(after.ask("GET", path).status == 200, "those of the other go on")

    # The way back, broken off while it waits for CloudFront.
    command = [sys.executable, ROOT / "infra" / "cloud.py", "--stack", STACK, "--region", REGION, "rotate", "--wait", "600"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as broken:
        until("it waits", 60, lambda: "Waiting" in broken.stdout.readline())
        broken.terminate()
    cloud.find_keys_here()
    again = beside(person)
    check(again.cookies[name] == after.cookies[name], "broken off, the same key signs", again.cookies)
    check(trusted(cloud) == 2, "and the next one is known")
    cloud.sets("ApiFunction", MEDIA_KEY_PARAMETER=f"/{STACK}/media-key-a")
    check(beside(person).cookies, "an instance that starts while a rotation changes the function reads its key too")
    cloud.sets("ApiFunction", MEDIA_KEY_PARAMETER=f"/{STACK}/media-key-b")
    cloud.cloud("rotate", "--wait", "0")
    cloud.find_keys_here()
    last = beside(person)
    check(last.cookies[name] != after.cookies[name] and trusted(cloud) == 2, "said again, it goes on", last.cookies)
    for browser in (after, last):
        check(browser.ask("GET", path).status == 200, "images come all the while")
    check(cloud.denied() == [], "no call was denied meanwhile", cloud.denied())
    # Left in the middle: somebody may have to be expelled just then.


def expelled(cloud):
    """Whom the stack's parameter names."""
    return [entry.split("@")[0] for entry in cloud.parameter("Expelled").split(",")]


def names_nobody_for_ever():
    """An entry goes once no token can be that old; a second expulsion counts from its own second."""
    sys.path.insert(0, str(ROOT / "infra"))
    from people import TOKENS, with_these

    now = int(time.time())
    before = [f"past@{now - TOKENS - 1}", f"young@{now - 60}", f"again@{now - 60}"]
    check(
        with_these(before, {"again": now, "new": now}) == f"again@{now},new@{now},young@{now - 60}",
        "an expulsion is remembered for as long as tokens live",
    )


def expelled_stay_outside(cloud, person, photo):
    """make expel: no sign-in, no session, no token, no cookie, and off the list."""
    names_nobody_for_ever()
    email = "bo@example.com"
    cloud.invite(email)
    bo, tokens = cloud.signed_in(email)
    content = png(6)
    check(bo.upload("bo.png", content).status == 200, "somebody else keeps a photo", content[:8])
    bos = bo.wait_for(hashlib.sha256(content).hexdigest(), "ready")
    bos = bo.ask("GET", f"/api/photos/{bos['photo_id']}").json()
    bo.open_images()
    person.open_images()
    path, own = thumb(bo, bos), thumb(person, photo)
    bos_id = path.split("/")[2]
    check(bo.ask("GET", path).status == 200 and trusted(cloud) == 2, "in the middle of a rotation, they see it")

    def refreshed():
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        asked = {
            "grant_type": "refresh_token",
            "client_id": cloud.outputs["PageClientId"],
            "refresh_token": tokens["refresh_token"],
        }
        return request("POST", f"{EMULATOR}/oauth2/token", urllib.parse.urlencode(asked).encode(), kind)

    check(refreshed().status == 200 and cloud.google_lets_in(email), "their session goes on, and the list names them")
    nobody = cloud.cloud_ends("expel", "eve@example.com")
    check(nobody.returncode != 0 and "eve@example.com" in nobody.stderr, "a stranger cannot be expelled", nobody.stderr)
    said = cloud.cloud("expel", email.capitalize())
    cloud.find_keys_here()
    check("opens nothing any more" in said and "photos stay" in said, "it says what ended", said)
    check("BUT" not in said, "and nothing else lets them in", said)
    check(expelled(cloud) == [bos_id], "the stack names them, and nobody else", expelled(cloud))
    turns_red("an expelled person cannot sign in", cloud.signed_in, email)
    check(refreshed().status == 400, "nor go on with the session", refreshed())
    check(not cloud.google_lets_in(email), "nor come by way of Google")
    for method, path_ in (("GET", "/api/me"), ("POST", "/api/session")):
        check(bo.ask(method, path_).status == 401, f"their access token ended: {method} {path_}")
    check(bo.ask("GET", path).status == 403, "their cookies open nothing")
    check(trusted(cloud) == 1 and len(secrets_kept(cloud)) == 1, "there is one key, a new one")
    check(person.ask("GET", "/api/me").status == 200, "others' tokens are good")
    check(person.ask("GET", own).status == 403, "their cookies ended too")
    person.open_images()
    check(person.ask("GET", own).status == 200, "and pages get new ones")
    cloud.signed_in("ada@example.com")
    again = cloud.cloud("invite", email)
    check("again" in again, "inviting lets them in again", again)
    back, _ = cloud.signed_in(email)
    found = back.lookup(bos["photo_id"])[0]
    check(found["safe"], "to the same photos", found)
    # Google never saw them, and its domain is let in.
    cloud.invite("cy@family.example")
    said = cloud.cloud("expel", "cy@family.example")
    cloud.find_keys_here()
    check("BUT" in said and "@family.example" in said, "who can come back by way of a domain is not called out", said)
