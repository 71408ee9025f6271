"""A person with a browser, and the photos that they have."""

import base64
import hashlib
import html
import json
import re
import secrets
import struct
import urllib.error
import urllib.parse
import urllib.request
import zlib

from claims import Failed, check, until
from emulator import EMULATOR

PASSWORD = "correct horse battery 7!A"


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
