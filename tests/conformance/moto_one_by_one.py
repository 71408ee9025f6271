"""moto as a server that answers one request at a time: it has no locks, and its own server has threads.

Its CopyObject passes over If-None-Match, which S3 obeys: an event that comes twice would copy a photo twice, and the
audit rightly call it written again. So a copy onto what is there is answered here as S3 does.
https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
"""

import sys

from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple

moto = DomainDispatcherApplication(create_backend_app)
REFUSED = b"<Error><Code>PreconditionFailed</Code><Message>If-None-Match</Message></Error>"


def is_there(path):
    """Whether there is an object at /bucket/key; its last version may be a delete marker, which is none."""
    bucket, _, key = path.lstrip("/").partition("/")
    # A path of WSGI is UTF-8 read as Latin-1.
    key = key.encode("latin-1").decode()
    return s3_backends[DEFAULT_ACCOUNT_ID]["aws"].get_object(bucket, key) is not None


def application(environ, start_response):
    """Answers a request."""
    copies = environ["REQUEST_METHOD"] == "PUT" and "HTTP_X_AMZ_COPY_SOURCE" in environ
    if copies and environ.get("HTTP_IF_NONE_MATCH") == "*" and is_there(environ["PATH_INFO"]):
        start_response("412 Precondition Failed", [("Content-Type", "application/xml")])
        return [REFUSED]
    return moto(environ, start_response)


run_simple("127.0.0.1", int(sys.argv[1]), application, threaded=False)
