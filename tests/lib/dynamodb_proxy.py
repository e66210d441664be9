"""What tests need around DynamoDB: a client that signs, a proxy that does wrong when told to, the services that give out keys.

The proxy stands between cachetted and DynamoDB Local, which looks at no signature: it checks each by itself, with the
secrets that it was given, and refuses unknown and expired keys as AWS does. A fault is a function of an Exchange; to
add one: write such a function. Threads: one a connection. Standard library only.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import base64
import collections
import hashlib
import hmac
import http.client
import http.server
import itertools
import json
import re
import socket
import threading
import time
import urllib.parse
from datetime import datetime, timezone
from decimal import Decimal
from email.utils import formatdate

from lib import servers

OWN = {"local": ("local", None, None)}  # key id: secret, session token, when it expires (Unix seconds); None: none, never
TARGET = "DynamoDB_20120810."
STAMP = "%Y%m%dT%H%M%SZ"
DYNAMODB, CORAL = "com.amazonaws.dynamodb.v20120810#", "com.amazon.coral.service#"
READS, BATCHES = ("GetItem", "BatchGetItem"), ("BatchGetItem", "BatchWriteItem")
WRITES = ("PutItem", "BatchWriteItem", "DeleteItem", "UpdateItem", "TransactWriteItems")

# Signatures


def signature(secret, scope, method, target, headers, signed, payload):
    """`scope`: date, region, service; `headers`: (name, value) as they are sent; `signed`: names in lower case, in order."""

    def hashed(key, text):
        return hmac.new(key, text.encode(), hashlib.sha256).digest()

    path, _, query = target.partition("?")
    lines = [method, path, "&".join(sorted(query.split("&")))]
    lines += ["%s:%s" % (name, value_of(headers, name) or "") for name in signed]
    lines += ["", ";".join(signed), hashlib.sha256(payload).hexdigest()]
    digest = hashlib.sha256("\n".join(lines).encode("latin-1")).hexdigest()
    key = ("AWS4" + secret).encode()
    for word in (*scope, "aws4_request"):
        key = hashed(key, word)
    to_sign = ["AWS4-HMAC-SHA256", value_of(headers, "x-amz-date"), "/".join((*scope, "aws4_request")), digest]
    return hashed(key, "\n".join(to_sign)).hex()


def value_of(headers, name):
    """Of all that have the name, as a signature sees it; None: there is none."""
    values = [" ".join(value.split()) for key, value in headers if key.lower() == name]
    return ",".join(values) if values else None


AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/,\s]+)/(\d{8})/([a-z0-9-]+)/([a-z0-9-]+)/aws4_request, ?"
    r"SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$"
)


def key_id_of(headers):
    match = AUTHORIZATION.match(value_of(headers, "authorization") or "")
    return match and match[1]


def wrong_signature(headers, payload, secrets, service="dynamodb"):
    """Why the signature of a POST to / is none, or ""."""
    text = value_of(headers, "authorization") or ""
    match = AUTHORIZATION.match(text)
    if not match:
        return "no such Authorization: %r" % text
    key_id, *scope, signed, given = match.groups()
    signed, stamp = signed.split(";"), value_of(headers, "x-amz-date") or ""
    if key_id not in secrets:
        return "of an unknown key"
    if not re.fullmatch(scope[0] + r"T\d{6}Z", stamp) or scope[2] != service:
        return "the scope %s is not that of %r and %s" % ("/".join(scope), stamp, service)
    if abs(datetime.strptime(stamp, STAMP).replace(tzinfo=timezone.utc).timestamp() - time.time()) > 300:
        return "of %s, which is not now" % stamp
    names = {name.lower() for name, _ in headers}
    must = {"host"} | {name for name in names if name.startswith("x-amz-")}
    if signed != sorted(set(signed)) or not must <= set(signed) <= names:
        return "it is of %s, with %s" % (signed, sorted(names))
    secret, token, _ = secrets[key_id]
    if value_of(headers, "x-amz-security-token") != token:
        return "another session token than that of %s" % key_id
    if value_of(headers, "x-amz-content-sha256") not in (None, hashlib.sha256(payload).hexdigest()):
        return "another digest than the body's"
    want = signature(secret, scope, "POST", "/", headers, signed, payload)
    return "" if hmac.compare_digest(given, want) else "it should be %s: %s" % (want, text)


# The client


class Set(list):
    """A set of strings, as an attribute."""


def encode(value):
    """A Python value as an attribute."""
    for kind, form in (
        (bool, lambda v: {"BOOL": v}),
        (bytes, lambda v: {"B": base64.b64encode(v).decode()}),
        (str, lambda v: {"S": v}),
        ((int, float, Decimal), lambda v: {"N": str(v)}),
        (type(None), lambda v: {"NULL": True}),
        (Set, lambda v: {"SS": list(v)}),
        (list, lambda v: {"L": [encode(one) for one in v]}),
        (dict, lambda v: {"M": {name: encode(one) for name, one in v.items()}}),
    ):
        if isinstance(value, kind):
            return form(value)
    raise TypeError(type(value))


def decode(attribute):
    """Back; of a number an int or Decimal."""
    ((kind, value),) = attribute.items()
    if kind == "N":
        number = Decimal(value)
        return int(number) if number == number.to_integral_value() else number
    forms = {
        "B": base64.b64decode, "L": lambda v: [decode(one) for one in v], "M": lambda v: {n: decode(one) for n, one in v.items()},
        "NULL": lambda v: None,
    }  # fmt: skip
    return forms.get(kind, lambda v: v)(value)


class Client:
    """Of one endpoint; each call has its own connection."""

    def __init__(self, address, key_id="local", secret="local", token=None, region="us-east-1"):
        self.address, self.key_id, self.secret, self.token, self.region = address, key_id, secret, token, region

    def headers(self, operation, payload, unsigned=()):
        """Signed, but for those of these names."""
        headers = [("Host", "%s:%d" % self.address), ("X-Amz-Target", TARGET + operation)]
        headers += [("X-Amz-Date", time.strftime(STAMP, time.gmtime())), ("Content-Type", "application/x-amz-json-1.0")]
        headers += [("X-Amz-Security-Token", self.token)] if self.token else []
        signed = sorted({name.lower() for name, _ in headers} - set(unsigned))
        scope = (headers[2][1][:8], self.region, "dynamodb")
        proof = signature(self.secret, scope, "POST", "/", headers, signed, payload)
        text = "AWS4-HMAC-SHA256 Credential=%s/%s/aws4_request, SignedHeaders=%s, Signature=%s"
        return headers + [("Authorization", text % (self.key_id, "/".join(scope), ";".join(signed), proof))]

    def call(self, operation, body, unsigned=()):
        """The status and the answer, which may tell an error."""
        payload = json.dumps(body).encode()
        connection = http.client.HTTPConnection(*self.address, timeout=60)
        try:
            connection.request("POST", "/", payload, dict(self.headers(operation, payload, unsigned)))
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()


class Table:
    """Items as dicts of Python values; a failure is raised."""

    def __init__(self, client, name):
        self.client, self.name = client, name

    def call(self, operation, **body):
        status, answer = self.client.call(operation, {"TableName": self.name, **body})
        if status != 200:
            raise AssertionError("%s: %d %s" % (operation, status, answer))
        return answer

    def create(self, hash_key="key", kind="S", range_key=None, **more):
        """As the library makes it, unless told otherwise."""
        names = {hash_key: ("HASH", kind), **({range_key: ("RANGE", "S")} if range_key else {})}
        schema = [{"AttributeName": name, "KeyType": role} for name, (role, _) in names.items()]
        kinds = [{"AttributeName": name, "AttributeType": k} for name, (_, k) in names.items()]
        more = more or {"BillingMode": "PAY_PER_REQUEST"}
        return self.call("CreateTable", KeySchema=schema, AttributeDefinitions=kinds, **more)

    def describe(self):
        """None: it is not there."""
        status, answer = self.client.call("DescribeTable", {"TableName": self.name})
        return answer["Table"] if status == 200 else None

    def ttl(self):
        """On which attribute, or None."""
        found = self.call("DescribeTimeToLive")["TimeToLiveDescription"]
        return found["AttributeName"] if found["TimeToLiveStatus"] == "ENABLED" else None

    def put(self, **item):
        self.call("PutItem", Item={name: encode(value) for name, value in item.items()})

    def get(self, key):
        item = self.call("GetItem", Key={"key": {"S": key}}, ConsistentRead=True).get("Item")
        return item and {name: decode(value) for name, value in item.items()}

    def delete(self, key):
        self.call("DeleteItem", Key={"key": {"S": key}})

    def drop(self):
        self.call("DeleteTable")

    def items(self):
        """All, in the order of their keys."""
        found, more = [], {}
        while True:
            answer = self.call("Scan", ConsistentRead=True, **more)
            found += [{name: decode(value) for name, value in item.items()} for item in answer["Items"]]
            if "LastEvaluatedKey" not in answer:
                return sorted(found, key=lambda item: str(item.get("key")))
            more = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


# The proxy

Answer = collections.namedtuple("Answer", "status reason headers body")


class Exchange:
    """One request; a fault says what becomes of it. What is left here is the record of it."""

    def __init__(self, link, headers, body):
        self.headers, self.body, self.at = headers, body, time.time()
        self.operation = (value_of(headers, "x-amz-target") or "").removeprefix(TARGET)
        self.key_id = key_id_of(headers)
        self.fault = self.status = None  # the name of what was done to it; what was answered
        self.link = link

    def json(self):
        return json.loads(self.body)

    def parts(self):
        """Of a batch, what it has of its one table: keys, or writes; else nothing."""
        (asked,) = self.json().get("RequestItems", {"": []}).values()
        return asked["Keys"] if self.operation == "BatchGetItem" else asked

    def forward(self, body=None):
        """To the server; its answer."""
        return self.link.forward(self.headers, self.body if body is None else body)

    def send(self, answer, cut=None):
        """`cut`: only so many bytes of the body, and the end of the connection."""
        self.status = answer.status
        lines = ["HTTP/1.1 %d %s" % (answer.status, answer.reason), *("%s: %s" % header for header in answer.headers)]
        lines.append("Content-Length: %d\r\n\r\n" % len(answer.body))
        self.link.client.sendall("\r\n".join(lines).encode("latin-1") + answer.body[:cut])
        if cut is not None:
            self.close()

    def reply(self, status, body, kind="application/x-amz-json-1.0", date=None):
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = [("Date", formatdate(time.time() if date is None else date, usegmt=True)), ("Content-Type", kind)]
        self.send(Answer(status, http.client.responses[status], headers, body))

    def refuse(self, kind, text, status=400, date=None, **more):
        self.reply(status, {"__type": kind, "message": text, **more}, date=date)

    def close(self):
        self.link.end()


def throttles(x):
    x.refuse(DYNAMODB + "ProvisionedThroughputExceededException", "The level of configured provisioned throughput for the table "
             "was exceeded. Consider increasing your provisioning level with the UpdateTable API.")  # fmt: skip


def fails_before(x):
    """Nothing is done."""
    x.refuse(DYNAMODB + "InternalServerError", "Internal server error", 500)


def fails_after(x):
    """It is done, and told otherwise."""
    x.forward()
    fails_before(x)


def drops_before(x):
    x.close()


def drops_after(x):
    """It is done, and not told."""
    x.forward()
    x.close()


def slow(seconds):
    def slowed(x):
        x.link.proxy.closing.wait(seconds)
        x.send(x.forward())

    return slowed


def held(until):
    """Until that event."""

    def held_up(x):
        while not until.wait(0.05) and not x.link.proxy.closing.is_set():
            pass
        x.send(x.forward())

    return held_up


def truncates(x):
    answer = x.forward()
    x.send(answer, cut=len(answer.body) // 2)


def garbage(x):
    """It is done, and answered with what is no JSON."""
    x.forward()
    x.reply(200, b'{"Item": {"value": \xff\x00 nothing of the kind')


def another_shape(x):
    """It is done, and answered with JSON that tells nothing."""
    x.forward()
    x.reply(200, ["nothing", {"of": "the kind"}])


def html(x):
    x.reply(502, b"<html><body><h1>502 Bad Gateway</h1></body></html>", "text/html")


def unprocessed(x):
    """Half of a batch is done, of one alone that one."""
    body = x.json()
    ((table, asked),) = body["RequestItems"].items()
    reads = x.operation == "BatchGetItem"
    parts = asked["Keys"] if reads else asked
    done, left = parts[: (len(parts) + 1) // 2], parts[(len(parts) + 1) // 2 :]
    body["RequestItems"] = {table: {**asked, "Keys": done} if reads else done}
    answer = x.forward(json.dumps(body).encode())
    told = json.loads(answer.body)
    if answer.status == 200 and left:
        told["UnprocessedKeys" if reads else "UnprocessedItems"] = {table: {**asked, "Keys": left} if reads else left}
    headers = [(name, value) for name, value in answer.headers if name.lower() != "x-amz-crc32"]
    x.send(Answer(answer.status, answer.reason, headers, json.dumps(told).encode()))


def conflicts(x):
    """As where another transaction has one of the items."""
    if x.operation != "TransactWriteItems":
        return x.refuse(DYNAMODB + "TransactionConflictException", "Transaction is ongoing for the item")
    reasons = [{"Code": "None"} for _ in x.json()["TransactItems"]]
    reasons[-1] = {"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}
    text = "Transaction cancelled, please refer cancellation reasons for specific reasons [%s]"
    text %= ", ".join(reason["Code"] for reason in reasons)
    x.refuse(DYNAMODB + "TransactionCanceledException", text, CancellationReasons=reasons)


def expired_token(x):
    x.refuse(CORAL + "ExpiredTokenException", "The security token included in the request is expired")


def unknown_key(x):
    x.refuse(CORAL + "UnrecognizedClientException", "The security token included in the request is invalid.")


def wrong_secret(x):
    x.refuse(CORAL + "InvalidSignatureException", "The request signature we calculated does not match the signature you provided. "
             "Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")  # fmt: skip


def clock(ahead):
    """DynamoDB's clock is so many seconds ahead of that of who asks, or behind where negative: over 5 minutes it refuses."""

    def differs(x):
        signed = datetime.strptime(value_of(x.headers, "x-amz-date"), STAMP).replace(tzinfo=timezone.utc).timestamp()
        times = (signed, signed + ahead - 300 if ahead > 0 else signed + ahead + 300, signed + ahead)
        form = "Signature expired: %s is now earlier than %s (%s - 5 min.)" if ahead > 0 else (
            "Signature not yet current: %s is still later than %s (%s + 5 min.)")
        text = form % tuple(time.strftime(STAMP, time.gmtime(at)) for at in times)
        x.refuse(CORAL + "InvalidSignatureException", text, date=signed + ahead)

    return differs


def denied(x):
    text = "User: arn:aws:iam::123456789012:user/app is not authorized to perform: dynamodb:%s on resource: "
    text += "arn:aws:dynamodb:us-east-1:123456789012:table/cachette because no identity-based policy allows it"
    x.refuse(CORAL + "AccessDeniedException", text % x.operation)


def no_table(x):
    x.refuse(DYNAMODB + "ResourceNotFoundException", "Requested resource not found")


class Planned:
    """A fault that is to come so many times."""

    def __init__(self, operations, fault, times):
        self.operations, self.fault, self.left = operations, fault, times

    def done(self):
        return self.left == 0


class Proxy:
    """`secrets`: as OWN, may be changed at any time. `hook(exchange)`: a fault, or None, for what was not planned."""

    def __init__(self, target, secrets=None):
        self.target = target
        self.secrets = OWN if secrets is None else secrets
        self.hook = None
        self.records = []  # Exchanges
        self.bad_signatures = []  # what is wrong with each
        self.planned = []
        self.links = set()
        self.lock = threading.Lock()  # of all these
        self.closing = threading.Event()
        self.gate = threading.Event()
        self.gate.set()
        for left in reversed(range(servers.START_TRIES)):
            self.address = (servers.HOST, servers.stable_port())
            try:
                self.listen()
                break
            except OSError:  # somebody else was faster
                if left == 0:
                    raise

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.closing.set()
        self.release()
        self.refuse()
        self.end()

    @property
    def url(self):
        return "http://%s:%d" % self.address

    def listen(self):
        self.listener = socket.create_server(self.address)
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def refuse(self):
        """New connections are refused until listen()."""
        if self.listener:
            self.listener.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
            self.listener.close()
        self.listener = None

    def end(self):
        """Ends every connection."""
        with self.lock:
            links = list(self.links)
        for link in links:
            link.end()

    def hang(self):
        """Nothing is done until release()."""
        self.gate.clear()

    def release(self):
        self.gate.set()

    def next(self, operations, fault, times=1):
        """The next `times` requests of this operation, or of one of these, get the fault."""
        planned = Planned((operations,) if isinstance(operations, str) else operations, fault, times)
        with self.lock:
            self.planned.append(planned)
        return planned

    def always(self, operations, fault):
        """From now on each of these operations, or all where there are none, get the fault."""
        self.hook = lambda exchange: fault if not operations or exchange.operation in operations else None

    def calm(self):
        """No faults any more."""
        self.hook = None
        with self.lock:
            self.planned.clear()

    def of(self, *operations):
        """The records of these."""
        with self.lock:
            return [record for record in self.records if record.operation in operations]

    def judge(self, exchange):
        """What becomes of it: a fault, or None."""
        wrong = wrong_signature(exchange.headers, exchange.body, self.secrets)
        known = self.secrets.get(exchange.key_id)
        with self.lock:
            self.records.append(exchange)
            if exchange.key_id is not None and known is None:
                return unknown_key
            if wrong:
                self.bad_signatures.append("%s: %s" % (exchange.operation, wrong))
                return wrong_secret
            if known[2] is not None and known[2] <= exchange.at:
                return expired_token
            for planned in self.planned:
                if planned.left > 0 and exchange.operation in planned.operations:
                    planned.left -= 1
                    return planned.fault
        hook = self.hook
        return hook(exchange) if hook else None

    def _accept(self, listener):
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            link = Link(self, client)
            with self.lock:
                self.links.add(link)
            threading.Thread(target=link.run, daemon=True).start()


class Link:
    """One connection to the proxy, and its own to the server."""

    def __init__(self, proxy, client):
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.proxy, self.client, self.server, self.ended = proxy, client, None, False

    def run(self):
        try:
            with self.client, self.client.makefile("rb") as stream:
                while not self.ended and self.serve(stream):
                    pass
        except (OSError, http.client.HTTPException):
            pass
        if self.server:
            self.server.close()
        with self.proxy.lock:
            self.proxy.links.discard(self)

    def end(self):
        self.ended = True
        try:
            self.client.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def serve(self, stream):
        """One request; False: there was none, or not all of it."""
        if not stream.readline(65536):
            return False
        headers = []
        while (line := stream.readline(65536)) not in (b"\r\n", b"\n", b""):
            name, _, value = line.decode("latin-1").partition(":")
            headers.append((name, value.strip()))
        if (value_of(headers, "expect") or "").lower() == "100-continue":
            self.client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        size = int(value_of(headers, "content-length") or 0)
        exchange = Exchange(self, headers, stream.read(size))
        self.proxy.gate.wait()
        if self.ended or len(exchange.body) != size:
            return False
        fault = self.proxy.judge(exchange)
        if fault:
            exchange.fault = fault.__name__
            fault(exchange)
        else:
            exchange.send(exchange.forward())
        return True

    def forward(self, headers, body):
        if self.server is None:
            self.server = http.client.HTTPConnection(*self.proxy.target, timeout=120)
        for left in (1, 0):
            reused = self.server.sock is not None
            try:
                self.server.putrequest("POST", "/", skip_host=True, skip_accept_encoding=True)
                for name, value in headers:
                    if name.lower() not in ("content-length", "expect", "connection"):
                        self.server.putheader(name, value)
                self.server.putheader("Content-Length", str(len(body)))
                self.server.endheaders(body)
                answer = self.server.getresponse()
                kept = [h for h in answer.getheaders() if h[0].lower() not in ("content-length", "transfer-encoding", "connection")]
                return Answer(answer.status, answer.reason, kept, answer.read())
            except (http.client.RemoteDisconnected, BrokenPipeError):  # the server ends what was idle for long
                self.server.close()
                if not reused or not left:
                    raise


# Where keys come from


class Keys(collections.namedtuple("Keys", "key_id secret token expires")):
    def expiration(self):
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.expires))


class Issuer:
    """Gives out other keys each time. Its `secrets` are for a Proxy."""

    def __init__(self, lifetime=3600):
        self.lifetime = lifetime  # seconds, of the next
        self.secrets = {}
        self.given = []  # Keys
        self.at = []  # when
        self._numbers = itertools.count(1)

    def give(self):
        number, now = next(self._numbers), time.time()
        keys = Keys("ASIA%08d" % number, "issued-secret-%d/+x" % number, "issued-token-%d==" % number, int(now + self.lifetime))
        self.secrets[keys.key_id] = (keys.secret, keys.token, keys.expires)
        self.given.append(keys)
        self.at.append(now)
        return keys


class Service:
    """An HTTP server on loopback that gives out an issuer's keys. `asked`: how often what was; `fails`: a status for all."""

    def __init__(self, issuer):
        self.issuer, self.asked, self.fails = issuer, collections.Counter(), None
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
                status, text = (service.fails, "told to fail") if service.fails else service.answer(
                    self.command, self.path, self.headers, body)
                service.asked[(self.command, self.path, status)] += 1
                self.send_response(status)
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            do_GET = do_PUT = do_POST = answer

            def log_message(self, *unused):
                pass

        self.server = http.server.ThreadingHTTPServer((servers.HOST, 0), Handler)
        self.server.daemon_threads = True
        self.url = "http://%s:%d" % self.server.server_address
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.server.shutdown()
        self.server.server_close()

    def answer(self, method, path, headers, body):
        """A status and a text."""
        raise NotImplementedError

    def as_json(self, **more):
        keys = self.issuer.give()
        named = {"AccessKeyId": keys.key_id, "SecretAccessKey": keys.secret, "Token": keys.token, "Expiration": keys.expiration()}
        return 200, json.dumps({**named, **more})


class Imds(Service):
    """EC2's, version 2 alone.
    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html"""

    ROLE = "app-role"
    FOLDER = "/latest/meta-data/iam/security-credentials/"
    SESSION = "imds-session=="

    def answer(self, method, path, headers, body):
        if (method, path) == ("PUT", "/latest/api/token"):
            seconds = headers.get("X-aws-ec2-metadata-token-ttl-seconds") or ""
            return (200, self.SESSION) if seconds.isdigit() and 1 <= int(seconds) <= 21600 else (400, "")
        if headers.get("X-aws-ec2-metadata-token") != self.SESSION:
            return 401, ""
        if path.rstrip("/") == self.FOLDER.rstrip("/"):
            return 200, self.ROLE
        return self.as_json(Code="Success", Type="AWS-HMAC") if path == self.FOLDER + self.ROLE else (404, "")


class Container(Service):
    """That of ECS and EKS. https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html"""

    PATH = "/v2/credentials/some-task"
    AUTHORIZATION = "Basic container-words"

    def answer(self, method, path, headers, body):
        if headers.get("Authorization") != self.AUTHORIZATION:
            return 403, "{}"
        return self.as_json(RoleArn="arn:aws:iam::123456789012:role/task") if (method, path) == ("GET", self.PATH) else (404, "{}")


class Sts(Service):
    """AssumeRoleWithWebIdentity. https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html"""

    ROLE = "arn:aws:iam::123456789012:role/web"
    IDENTITY = "eyJhbGciOiJub25lIn0.web-identity+/="  # what is in the token's file
    FORM = """<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleWithWebIdentityResult>
    <AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/web/s</Arn><AssumedRoleId>AROA:s</AssumedRoleId></AssumedRoleUser>
    <Credentials>
      <AccessKeyId>%s</AccessKeyId>
      <SecretAccessKey>%s</SecretAccessKey>
      <SessionToken>%s</SessionToken>
      <Expiration>%s</Expiration>
    </Credentials>
    <Provider>issuer.example</Provider>
  </AssumeRoleWithWebIdentityResult>
  <ResponseMetadata><RequestId>c6104cbe-af31-11e0-8154-cbc7ccf896c7</RequestId></ResponseMetadata>
</AssumeRoleWithWebIdentityResponse>
"""
    FAULT = """<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>%s</Code>
<Message>told by the stub</Message></Error></ErrorResponse>"""

    def answer(self, method, path, headers, body):
        form = dict(urllib.parse.parse_qsl(body))
        want = {"Action": "AssumeRoleWithWebIdentity", "Version": "2011-06-15", "RoleArn": self.ROLE}
        if (method, path) != ("POST", "/") or any(form.get(name) != value for name, value in want.items()):
            return 400, self.FAULT % "InvalidAction"
        if form.get("WebIdentityToken") != self.IDENTITY or not re.fullmatch(r"[\w+=,.@-]{2,64}", form.get("RoleSessionName", "")):
            return 400, self.FAULT % "InvalidIdentityToken"
        keys = self.issuer.give()
        return 200, self.FORM % (keys.key_id, keys.secret, keys.token, keys.expiration())
