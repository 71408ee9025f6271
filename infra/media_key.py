"""The key that signs leave to see images: made, rotated, ended at once.

CloudFront gives a public key no other bytes, so there are two places for one, a and b, and a new key goes into the one
that is free; the stack's parameter MediaKeySlot says which of the two signs. Private halves are in SSM and on no disk of
ours. docs/DEPLOY.md says when to rotate, and what people notice.
"""

import contextlib
import datetime
import time

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from stack import Wrong, at_rest, change, described, existing, parameter, say

#: How long a cookie is good: functions/api/src/media_cookies.rs.
COOKIES = datetime.timedelta(hours=12)
#: Seconds until no instance of the API answers that was started with the configuration before, and may still read that
#: key: a request takes 29 at most (the function's Timeout).
INSTANCES = 60


class Places:
    """Where a stack's keys are, and how far a rotation is."""

    def __init__(self, session, name):
        self.ssm, self.name = session.client("ssm"), name
        stack = described(session, name)
        self.signing = parameter(stack, "MediaKeySlot") or "a"
        self.free = "b" if self.signing == "a" else "a"
        #: The public half of a second key whose cookies are good, in the other place.
        self.other = parameter(stack, "OtherMediaPublicKey") or ""
        self.changed = stack and (stack.get("LastUpdatedTime") or stack["CreationTime"])

    def secret(self, slot):
        return f"/{self.name}/media-key-{slot}"

    def public(self, slot):
        """The public half of the private key of this place, as text, and since when it is there; None if it is not."""
        try:
            found = self.ssm.get_parameter(Name=self.secret(slot), WithDecryption=True)["Parameter"]
        except self.ssm.exceptions.ParameterNotFound:
            return None
        key = serialization.load_pem_private_key(found["Value"].encode(), None)
        return public_half(key), found["LastModifiedDate"]

    def make(self, slot):
        """A new key in this place; its public half."""
        say("Making a media key ...")
        # CloudFront takes RSA of 2048 bits.
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        pem = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()
        self.ssm.put_parameter(
            Name=self.secret(slot),
            Value=pem,
            Type="SecureString",
            Overwrite=True,
            Description="Signs leave to see images of Tintype",
        )
        return public_half(key)

    def forget(self, *slots):
        for slot in slots:
            with contextlib.suppress(self.ssm.exceptions.ParameterNotFound):
                self.ssm.delete_parameter(Name=self.secret(slot))

    def next_waits(self):
        """Whether the second key is the next one, made and trusted, that signs nothing yet: it is younger."""
        waiting, signing = self.public(self.free), self.public(self.signing)
        if not self.other or not waiting or waiting[0] != self.other:
            return False
        return signing is None or waiting[1] > signing[1]


def public_half(key):
    return key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode().strip()  # fmt: skip


def deployed_key(session, name, before):
    """What a deployment has to say of keys: the one that signs, made at the first."""
    places = Places(session, name)
    found = places.public(places.signing)
    if found is None and parameter(before, "MediaPublicKey"):
        raise Wrong(
            f"SSM parameter {places.secret(places.signing)} is gone, so no image can be shown: "
            "make rotate-media-key NOW=yes makes another key; then make deploy"
        )
    return {"MediaPublicKey": found[0] if found else places.make(places.signing)}


def rotate(session, options):
    """A new key takes over, and nobody notices: first it is trusted, then it signs, and the one before is ended when the
    last cookie has. With --now, every cookie ends at once."""
    stack = existing(session, options.stack)
    if options.now:
        end_every_cookie(session, options.stack)
        say(f"Cookies of before open nothing any more. Pages ask for new ones by themselves, at {stack['Address']}")
        return
    places = Places(session, options.stack)
    if not places.other or places.next_waits():
        if not places.other:
            known = places.make(places.free)
            say("CloudFront is told of it beside the one that signs ...")
            change(session, options.stack, OtherMediaPublicKey=known)
        say(f"Waiting {options.wait} seconds, until CloudFront knows it everywhere ...")
        time.sleep(options.wait)
        take_over(session, options.stack, min(options.wait, INSTANCES))
        end = datetime.datetime.now(datetime.timezone.utc) + COOKIES
        say(f"The new key signs. Cookies of the one before end by {end:%d %B %H:%M} UTC: then, make rotate-media-key again")
        return
    # A deployment in between makes this later than it need be.
    end = places.changed + COOKIES
    if datetime.datetime.now(datetime.timezone.utc) < end:
        raise Wrong(
            f"cookies of the key before are good until {end:%d %B %H:%M} UTC: make rotate-media-key again after that, or "
            "make rotate-media-key NOW=yes, which ends every cookie at once"
        )
    change(session, options.stack, OtherMediaPublicKey="")
    places.forget(places.free)
    say("The key before is gone. A rotation is done")


def take_over(session, name, wait):
    """The two keys change places: what was trusted beside the other signs."""
    places = Places(session, name)
    signing = parameter(described(session, name), "MediaPublicKey")
    change(session, name, MediaPublicKey=places.other, MediaKeySlot=places.free, OtherMediaPublicKey=signing)
    time.sleep(wait)
    places.forget(places.signing)


def end_every_cookie(session, name, **more):
    """A key that never signed anything is the only one from now on. `more` are other parameters to change with it."""
    # Before a key is written: it would be the newest of its place, and nothing would know it.
    at_rest(session, name)
    places = Places(session, name)
    if places.next_waits():
        public = places.other
    else:
        if places.other:
            # Its place is needed.
            change(session, name, OtherMediaPublicKey="")
        public = places.make(places.free)
    change(session, name, MediaPublicKey=public, MediaKeySlot=places.free, OtherMediaPublicKey="", **more)
    places.forget(places.signing)
