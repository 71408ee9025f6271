"""The emulator that `make test-deploy` deploys into: ministack, and what it lacks of what template.yaml needs.

It reaches into ministack's own modules, so requirements/emulate.txt pins the version. Each part says what AWS does that
ministack 1.5.33 does not. What neither does is asserted on the template's text instead: tests/template.

CALLS names the file that every checked call is written to, one JSON line each: who, action, resource, allowed.
"""

import base64
import fnmatch
import json
import os
import re
import socket
import threading
import time
from http.cookies import SimpleCookie
from xml.etree.ElementTree import tostring

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from ministack import app
from ministack.core import iam_evaluator
from ministack.core.responses import error_response_json, new_uuid
from ministack.services import cloudformation, cloudfront, cognito, s3
from ministack.services.cloudformation import provisioners


def resource_types():
    """CloudFormation's types that ministack does not know, made by way of its own API where it has one."""

    def made(answer, what):
        if answer[0] >= 400:
            raise ValueError(f"{what}: {answer[2]!r}")

    def one_more(before, after):
        return (set(after) - before).pop()

    references = {}

    def public_key(name, properties, stack):
        named = properties["PublicKeyConfig"]
        # Whether CloudFront forgets a reference with its key is not known: this one does not.
        if references.setdefault(named["CallerReference"], named["EncodedKey"]) != named["EncodedKey"]:
            raise ValueError("PublicKeyAlreadyExists: this caller reference came with another key")
        before = set(cloudfront._public_keys)
        config = provisioners._cf_props_to_element("PublicKeyConfig", properties["PublicKeyConfig"])
        made(cloudfront._create_public_key(tostring(config)), name)
        key = one_more(before, cloudfront._public_keys)
        return key, {"Id": key}

    def key_group(name, properties, stack):
        before = set(cloudfront._key_groups)
        config = properties["KeyGroupConfig"]
        keys = "".join(f"<PublicKey>{key}</PublicKey>" for key in config["Items"])
        body = f"<KeyGroupConfig><Name>{config['Name']}</Name><Items>{keys}</Items></KeyGroupConfig>"
        made(cloudfront._create_key_group(body.encode()), name)
        group = one_more(before, cloudfront._key_groups)
        return group, {"Id": group}

    def branding(name, properties, stack):
        if cognito._user_pools.get(properties["UserPoolId"]) is None:
            raise ValueError("no such user pool")
        return f"{properties['UserPoolId']}|{new_uuid()}", {}

    def provider(name, properties, stack):
        wanted = ("UserPoolId", "ProviderName", "ProviderType", "ProviderDetails", "AttributeMapping")
        made(cognito._create_identity_provider({key: properties[key] for key in wanted}), name)
        return properties["ProviderName"], {}

    def same_key(key, old, new, stack):
        if any(old["PublicKeyConfig"][part] != new["PublicKeyConfig"][part] for part in ("EncodedKey", "CallerReference")):
            raise ValueError("CannotChangeImmutablePublicKeyFields: only the comment can be changed")
        return key, {"Id": key}

    def other_keys(group, old, new, stack):
        cloudfront._key_groups[group]["Config"]["Items"] = list(new["KeyGroupConfig"]["Items"])
        return group, {"Id": group}

    def no_public_key(key, _):
        if cloudfront._public_keys_using(key):
            raise ValueError("PublicKeyInUse: the public key is attached to one or more key groups")
        cloudfront._public_keys.pop(key, None)

    def nothing(name, properties, stack):
        return f"{stack}-{name}", {}

    def keep(physical_id, old, new, stack):
        return physical_id, {}

    for kind, create, update, delete in [
        ("CloudFront::PublicKey", public_key, same_key, no_public_key),
        ("CloudFront::KeyGroup", key_group, other_keys, lambda group, _: cloudfront._key_groups.pop(group, None)),
        ("Cognito::ManagedLoginBranding", branding, keep, lambda *_: None),
        ("Cognito::UserPoolIdentityProvider", provider, keep, lambda *_: None),
        ("Budgets::Budget", nothing, keep, lambda *_: None),
    ]:
        provisioners._RESOURCE_HANDLERS[f"AWS::{kind}"] = {"create": create, "update": update, "delete": delete}


def call_record():
    """Who asked for what, and whether it was allowed: the evidence of least privilege, both ways."""
    if "CALLS" not in os.environ:
        return
    record = open(os.environ["CALLS"], "a", buffering=1)
    lock, enforce = threading.Lock(), iam_evaluator.enforce

    def enforced(access_key_id, action, service, region, resource_arn="*", service_context=None):
        answer = enforce(
            access_key_id, action, service, region, resource_arn=resource_arn, service_context=service_context
        )
        if str(access_key_id).startswith("ASIA"):
            caller = iam_evaluator.resolve_caller_identity(access_key_id)
            line = {
                "who": caller and caller["userArn"].split("/", 1)[-1],
                "action": action,
                "resource": resource_arn,
                "allowed": answer is None,
            }
            with lock:
                record.write(json.dumps(line) + "\n")
        return answer

    iam_evaluator.enforce = enforced


def tls():
    """Everything here is plain HTTP on loopback; the buckets' TLS-only policies would refuse all of it."""
    pin = app.pin_request_origin
    app.pin_request_origin = lambda address, secure: pin(address, True)


def conditional_copy():
    """CopyObject under If-None-Match, which ministack ignores."""
    copy = s3._copy_object

    def conditional(bucket_name, key, headers):
        bucket = s3._ensure_bucket(bucket_name)
        refused = bucket and s3._check_put_preconditions(headers, bucket["objects"].get(key))
        return refused or copy(bucket_name, key, headers)

    s3._copy_object = conditional


def api_behind_cloudfront():
    """CloudFront's origin execute-api is this ministack; it refuses hosts of AWS."""
    forward = cloudfront._forward_to_origin

    def to_api(origin, *rest, **named):
        api = re.match(r"([a-z0-9]+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com$", origin["domain_name"])
        if api:
            origin = {
                **origin,
                "domain_name": f"{api[1]}.execute-api.localhost",
                "http_port": int(app._MINISTACK_PORT),
                "protocol_policy": "http-only",
            }
        return forward(origin, *rest, **named)

    cloudfront._forward_to_origin = to_api
    look_up = socket.getaddrinfo

    def loopback(host, *rest, **named):
        local = isinstance(host, str) and host.endswith(".localhost")
        return look_up("127.0.0.1" if local else host, *rest, **named)

    socket.getaddrinfo = loopback


def signed_cookies():
    """Behaviours with TrustedKeyGroups want signed cookies (custom policy, RSA with SHA-1, CloudFront's base64).

    This is our reading of CloudFront's documentation and not CloudFront: it proves how key, group, behaviour and cookies
    belong together, and no more.
    """
    viewer = cloudfront.handle_viewer_request

    def kind(element):
        return element.tag.split("}")[-1]

    def trusted(distribution, path):
        config = cloudfront._dist_config_el(distribution)
        for behaviour in cloudfront._find(config, "CacheBehaviors").iter():
            if kind(behaviour) != "CacheBehavior":
                continue
            if fnmatch.fnmatchcase(path, cloudfront._text(behaviour, "PathPattern")):
                groups = [
                    group.text
                    for trusted_groups in behaviour.iter()
                    if kind(trusted_groups) == "TrustedKeyGroups"
                    for group in trusted_groups.iter()
                    if kind(group) == "KeyGroup"
                ]
                return [key for group in groups for key in cloudfront._key_groups[group]["Config"]["Items"]]
        return []

    def public_key(key_id):
        pem = cloudfront._public_keys[key_id]["Config"]["EncodedKey"]
        # XML may have taken its line ends.
        body = "".join(pem.replace("-----BEGIN PUBLIC KEY-----", "").replace("-----END PUBLIC KEY-----", "").split())
        return serialization.load_der_public_key(base64.b64decode(body))

    def plain(value):
        return base64.b64decode(value.translate(str.maketrans("-_~", "+=/")))

    def good(keys, headers, url):
        cookies = {name: morsel.value for name, morsel in SimpleCookie(headers.get("cookie", "")).items()}
        try:
            key_id = cookies["CloudFront-Key-Pair-Id"]
            policy = plain(cookies["CloudFront-Policy"])
            signature = plain(cookies["CloudFront-Signature"])
            if key_id not in keys:
                return False
            public_key(key_id).verify(signature, policy, padding.PKCS1v15(), hashes.SHA1())
            statement = json.loads(policy)["Statement"][0]
            until = statement["Condition"]["DateLessThan"]["AWS:EpochTime"]
            return fnmatch.fnmatchcase(url, statement["Resource"]) and time.time() < until
        except Exception:
            return False

    async def guarded(distribution, method, path, *rest, **named):
        keys, headers = trusted(distribution, path), rest[2]
        if keys and not good(keys, headers, f"https://{distribution['DomainName']}{path}"):
            return 403, {"Content-Type": "text/xml"}, b"<Error><Code>MissingKey</Code></Error>"
        return await viewer(distribution, method, path, *rest, **named)

    cloudfront.handle_viewer_request = guarded


def invitation_only():
    """SignUp is refused where only the administrator makes users; ministack lets anybody in."""
    sign_up = cognito._sign_up

    def closed(request):
        for pool in cognito._user_pools.values():
            settings = pool.get("AdminCreateUserConfig") or {}
            if request.get("ClientId") in pool.get("_clients", {}) and settings.get("AllowAdminCreateUserOnly"):
                message = "SignUp is not permitted for this user pool"
                return error_response_json("NotAuthorizedException", message, 400)
        return sign_up(request)

    cognito._sign_up = closed


def stacks_say_what_they_are():
    """A stack has its template's Description; one that was made by way of a change set has none in ministack."""
    described = cloudformation._ACTION_HANDLERS["DescribeStacks"]

    def with_description(params):
        for stack in cloudformation._stacks.values():
            stack["Description"] = stack.get("_template", {}).get("Description", "")
        return described(params)

    cloudformation._ACTION_HANDLERS["DescribeStacks"] = with_description


if __name__ == "__main__":
    for part in (
        resource_types,
        call_record,
        tls,
        conditional_copy,
        api_behind_cloudfront,
        signed_cookies,
        invitation_only,
        stacks_say_what_they_are,
    ):
        part()
    app.main()
