#!/usr/bin/env python3
"""Holds a running server against the OpenAPI description.

1. Its routes are those that are described, neither more nor fewer.
2. Every example is sent; status, type, headers and body are as described, and problems are ones that the operation names.
3. What has an ETag answers 304; HEAD is GET without its body; OPTIONS answers Allow.
4. Every operation is asked by every role, of one's own worker and of another's: who may is not refused, who may not is.
5. Made-up requests, as many as --requests: none is a 5xx, every error is a problem.
"""

import argparse
import collections
import http.client
import json
import os
import random
import sys
import time
import urllib.parse

import jsonschema
import yaml

METHODS = ("get", "put", "post", "delete", "patch")
faults = []


def fault(where, what):
    faults.append(f"{where}: {what}")
    print(f"FAULT {where}: {what}"[:2000], flush=True)


class Server:
    def __init__(self, url):
        self.host = urllib.parse.urlsplit(url).netloc
        self.connection = None
        self.used = 0.0

    def ask(self, method, target, headers=None, body=None):
        # The server closes a connection that was idle for 15 s, and may say with an answer that it will. Whatever else ends one is
        # an exception, and a fault.
        if self.connection is None or time.monotonic() - self.used > 5:
            self.connection = http.client.HTTPConnection(self.host, timeout=60)
        connection, self.connection = self.connection, None
        connection.request(method, target, body=body, headers=headers or {})
        answer = connection.getresponse()
        data = answer.read()
        if answer.getheader("Connection", "").lower() != "close":
            self.connection = connection
        self.used = time.monotonic()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, data


class Description:
    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.root = yaml.safe_load(file)
        self.common = set(self.root["x-common-problems"])
        self.validators = {}

    def follow(self, value):
        while isinstance(value, dict) and "$ref" in value:
            place = value["$ref"].removeprefix("#/").split("/")
            value = self.root
            for part in place:
                value = value[part]
        return value

    def validate(self, schema, value):
        # Schemas refer to each other as "#/components/…": each is a document that holds them all.
        validator = self.validators.setdefault(
            id(schema), jsonschema.Draft202012Validator({**schema, "components": self.root["components"]}))
        return [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:300]}" for e in validator.iter_errors(value)]

    def operations(self):
        for path, item in self.root["paths"].items():
            for method in METHODS:
                if method in item:
                    parameters = [self.follow(p) for p in item.get("parameters", []) + item[method].get("parameters", [])]
                    yield path, method, item[method], parameters


class Contract:
    def __init__(self, description, server, tokens):
        self.description, self.server = description, server
        self.tokens = {}
        for name in ("user", "owner", "co", "reviewer", "admin", "other", "read", "revoked", "disabled"):
            with open(os.path.join(tokens, f"token-{name}"), encoding="ascii") as file:
                self.tokens[name] = file.read().strip()
        status, _, body = server.ask("GET", "/v1/workers/tts-worker")
        assert status == 200, body
        self.kept = {"own": "own-tool", "own_version": "1.0-1", "version": json.loads(body)["version"], "submission": "1", "else": "else-tool"}
        # Somebody's word about each worker that belongs to somebody.
        for worker in ("own", "else"):
            status, _, body = server.ask("POST", f"/v1/workers/{self.kept[worker]}/reviews", self.with_token("user"), b'{"rating":4}')
            assert status == 201, body
            self.kept[worker + "_review"] = json.loads(body)["id"]
        self.problems_fetched = set()

    def with_token(self, role):
        return {"Authorization": "Bearer " + self.tokens[role], "Content-Type": "application/json"}

    # 1
    def check_routes(self):
        _, _, body = self.server.ask("GET", "/v1")
        there = collections.Counter((o["method"], self.plain(o["path"])) for o in json.loads(body)["operations"])
        described = {(m.upper(), self.plain(p)) for p, m, _, _ in self.description.operations()}
        for method, path in sorted(set(there) - described):
            fault("routes", f"{method} {path} is not described")
        for method, path in sorted(described - set(there)):
            fault("routes", f"{method} {path} is described and not served")
        for (method, path), count in there.items():
            if count > 1:
                fault("routes", f"{method} {path} is served twice")

    @staticmethod
    def plain(path):
        """Names of placeholders do not matter."""
        return "/".join("{}" if part.startswith("{") else part for part in path.split("/"))

    # 2
    def fill(self, value):
        if isinstance(value, str):
            for name, kept in self.kept.items():
                value = value.replace("{" + name + "}", str(kept))
            return value
        if isinstance(value, dict):
            return {k: self.fill(v) for k, v in value.items()}
        if isinstance(value, list):
            return [self.fill(v) for v in value]
        return value

    def target(self, path, places, query):
        for name, value in places.items():
            path = path.replace("{" + name + "}", urllib.parse.quote(str(value), safe="/"))
        return path + ("?" + urllib.parse.urlencode(query, doseq=True) if query else "")

    def send(self, method, path, example):
        headers = dict(example.get("headers", {}))
        if example.get("as"):
            headers["Authorization"] = "Bearer " + self.tokens[example["as"]]
        body = None
        if "body" in example:
            body = json.dumps(self.fill(example["body"])).encode()
            headers["Content-Type"] = "application/json"
        elif "form" in example:
            body = urllib.parse.urlencode(example["form"]).encode()
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        target = self.target(path, self.fill(example.get("path", {})), self.fill(example.get("query", {})))
        return target, self.server.ask(method.upper(), target, headers, body)

    def check_answer(self, where, operation, answer):
        status, headers, data = answer
        responses = operation["responses"]
        described = self.description.follow(responses.get(str(status), responses.get("default") if status >= 400 else None))
        if described is None:
            fault(where, f"{status} is not described: {data[:200]!r}")
            return
        if "x-request-id" not in headers:
            fault(where, "no X-Request-Id")
        kind = headers.get("content-type", "").split(";")[0]
        contents = described.get("content", {})
        if not contents:
            if data:
                fault(where, f"{status} has a body: {data[:100]!r}")
            return
        if kind not in contents:
            fault(where, f"{status} comes as {kind!r}, not one of {list(contents)}")
            return
        for name in described.get("headers", {}):
            if name != "Link" and name.lower() not in headers:
                fault(where, f"no {name}")
        if kind not in ("application/json", "application/problem+json"):
            return
        value = json.loads(data)
        for complaint in self.description.validate(contents[kind]["schema"], value):
            fault(where, complaint)
        if kind == "application/problem+json":
            self.check_problem(where, operation, status, value)
        if isinstance(value, dict) and "next" in value and "rel=\"next\"" not in headers.get("link", ""):
            fault(where, "next, and no Link")

    def check_problem(self, where, operation, status, value):
        name = value["type"].rsplit("/", 1)[1]
        if name not in self.description.common and name not in operation.get("x-problems", []):
            fault(where, f"the problem {name} is not named: {value['detail']}")
        if value["status"] != status:
            fault(where, f"status {value['status']} in a {status}")
        if name not in self.problems_fetched:
            self.problems_fetched.add(name)
            explained, _, _ = self.server.ask("GET", value["type"])
            if explained != 200:
                fault(where, f"{value['type']} answers {explained}")

    def check_examples(self):
        count = 0
        for path, method, operation, _ in self.description.operations():
            wins, losses = 0, 0
            for example in operation.get("x-examples", []):
                where = f"{method.upper()} {path} ({example['name']})"
                target, answer = self.send(method, path, example)
                count += 1
                if answer[0] != example["status"]:
                    fault(where, f"{target} answers {answer[0]}, not {example['status']}: {answer[2][:300]!r}")
                self.check_answer(where, operation, answer)
                for name, key in example.get("keep", {}).items():
                    self.kept[name] = json.loads(answer[2])[key]
                wins += answer[0] < 400
                losses += answer[0] >= 400
                if method == "get" and answer[0] == 200:
                    self.check_conditional(where, target, answer, example)
            if wins == 0 and "x-no-success" not in operation:
                fault(f"{method.upper()} {path}", "no example of success")
            if losses == 0 and "x-no-error" not in operation:
                fault(f"{method.upper()} {path}", "no example of an error")
        print(f"{count} examples")

    # 3
    def check_conditional(self, where, target, answer, example):
        headers = {"Authorization": "Bearer " + self.tokens[example["as"]]} if example.get("as") else {}
        _, sent, data = answer
        status, head, body = self.server.ask("HEAD", target, headers)
        if status != 200 or body:
            fault(where, f"HEAD answers {status} with {len(body)} bytes")
        if head.get("content-type") != sent.get("content-type"):
            fault(where, "HEAD has another type")
        etag = sent.get("etag")
        if etag:
            status, again, body = self.server.ask("GET", target, {**headers, "If-None-Match": etag})
            if status == 200 and again.get("etag") != etag:  # It changed meanwhile: numbers come in when they were counted.
                etag = again.get("etag")
                status, again, body = self.server.ask("GET", target, {**headers, "If-None-Match": etag})
            if status != 304 or body or again.get("etag") != etag:
                fault(where, f"If-None-Match answers {status}, ETag {again.get('etag')}")
        status, options, _ = self.server.ask("OPTIONS", target)
        if status != 204 or "GET" not in options.get("allow", options.get("access-control-allow-methods", "")):
            fault(where, f"OPTIONS answers {status}, {options}")

    # 4
    @staticmethod
    def may(role, access, own):
        """True, False, or None where the description leaves it open."""
        if access == "anyone":
            return None if role in ("unknown", "revoked", "disabled") else True  # A token that is no more may be refused.
        if role in ("anonymous", "unknown", "revoked", "disabled"):
            return False
        if role == "read":
            return None  # Its account may, its token may not: the scope decides.
        if access == "user":
            return True
        if access in ("maintainer", "owner"):
            if role == "admin":
                return None
            return own and (role == "owner" or (role == "co" and access == "maintainer"))
        if access == "reviewer":
            return role in ("reviewer", "admin")
        return role == "admin"

    def visible(self):
        """What anybody can see and a forbidden request must not change."""
        seen = {}
        for target in ("/v1/workers", "/v1/advisories", "/v1/requests", "/v1/adoption-requests", "/v1/submissions", "/v1/status",
                       *(f"/v1/workers/{w}/{what}" for w in ("own-tool", "else-tool", "tts-worker")
                         for what in ("owners", "ownership", "reviews", "star", "vote", "adoption-requests"))):
            seen[target] = self.server.ask("GET", target)[2]
        workers = json.loads(seen["/v1/workers"])
        for worker in workers["workers"]:
            del worker["numbers"]  # Counted a little later than what they count, which is below.
        seen["/v1/workers"] = workers
        for name in ("user", "owner", "co", "reviewer", "admin"):
            headers = {"Authorization": "Bearer " + self.tokens[name]}
            seen[name] = self.server.ask("GET", "/v1/users/me", headers)[2]
            tokens = json.loads(self.server.ask("GET", "/v1/users/me/tokens", headers)[2])
            seen[name + " tokens"] = [(t["id"], t["ended_at"]) for t in tokens["tokens"]]
        return seen

    def good_body(self, operation):
        """One that an example is accepted with; so that nothing but who asks can be wrong."""
        examples = [e for e in operation.get("x-examples", []) if "body" in e]
        examples.sort(key=lambda e: e["status"] >= 400)
        return json.dumps(self.fill(examples[0]["body"])).encode() if examples else b"{}"

    def check_matrix(self):
        before = self.visible()
        count = 0
        for path, method, operation, parameters in self.description.operations():
            access, scope = operation["x-access"], operation.get("x-scope")
            missing = {"request", "token"} & {p["name"] for p in parameters if p["in"] == "path"}
            actions = next((p["schema"]["enum"] for p in parameters if p["name"] == "action"), [None])
            for own in (True, False) if "{id}" in path else (False,):
                for role in ("anonymous", "unknown", "revoked", "disabled", "read", "user", "owner", "co", "reviewer", "admin"):
                    for action in actions:
                        allowed = self.may(role, access, own)
                        if action == "withdraw" and role not in ("anonymous", "unknown", "revoked", "disabled", "read"):
                            continue  # Its author may; the examples and units say who.
                        lacks = role == "read" and scope not in (None, "read")
                        if method != "get" and allowed is not False and not lacks:
                            continue  # The examples do that; here nothing shall change.
                        places = {p["name"]: self.place(p, own) for p in parameters if p["in"] == "path"}
                        if action:
                            places["action"] = action
                        headers = {"Content-Type": "application/json"}
                        if role == "unknown":
                            headers["Authorization"] = "Bearer rbee_" + "x" * 43
                        elif role != "anonymous":
                            headers["Authorization"] = "Bearer " + self.tokens[role]
                        body = self.good_body(operation) if method != "get" else None
                        target = self.target(path, places, {})
                        status, answered, data = self.server.ask(method.upper(), target, headers, body)
                        count += 1
                        where = f"{method.upper()} {target} as {role}, {'own' if own else 'other'}"
                        name = json.loads(data).get("type", "").rsplit("/", 1)[-1] if status >= 400 else ""
                        if status >= 500:
                            fault(where, f"{status} {data[:200]!r}")
                        if allowed and status in (401, 403) and not lacks:
                            if name not in ("review-own", "metrics-private"):
                                fault(where, f"may, and is refused: {status} {data[:200]!r}")
                        if lacks and name != "scope-missing":
                            fault(where, f"the token lacks {scope}, and it answers {status} {name}")
                        if allowed is False:
                            nobody = role in ("anonymous", "unknown", "revoked", "disabled")
                            wanted = (401,) if nobody else (403,)
                            # What is not there cannot be refused to those who have the scope for it.
                            if status not in wanted and not (missing and status == 404 and not nobody):
                                fault(where, f"may not, and it answers {status}: {data[:200]!r}")
                            if status == 401 and "www-authenticate" not in answered:
                                fault(where, "401 without WWW-Authenticate")
        after = self.visible()
        for target, seen in before.items():
            if seen != after[target]:
                fault("matrix", f"{target} changed: {seen!r} to {after[target]!r}")
        print(f"{count} requests of the matrix")

    def place(self, parameter, own):
        name = parameter["name"]
        fixed = {"id": "own-tool" if own else "else-tool", "review": self.kept["own_review" if own else "else_review"], "number": 1, "action": "claim",
                 "path": "worker.toml", "problem": "worker-not-found", "account": "the-else", "token": 999999, "request": 999999,
                 "name": "sign-up", "comment": self.kept.get("comment", 1), "notification": 999999}
        return fixed.get(name, "1")

    # 5
    def check_made_up(self, requests, seed):
        chance = random.Random(seed)
        operations = list(self.description.operations())
        statuses = collections.Counter()
        junk = ["", "0", "-1", "1", "99999999999999999999", "1e309", "NaN", "true", "null", "%00", "..", "../../etc/passwd", "'", "\"",
                "' OR 1=1 --", "<script>alert(1)</script>", "$(id)", "`id`", "{{7*7}}", "\u202e", "\x7f", "a" * 300, "日本語", "🐝",
                "tts-worker", "own-tool", "cpu", "linux-x86_64-cpu", "1.0-1", "newest", "\r\nX: y", "%", "&", "#", ";", "a.b", "5.tts-worker"]
        roles = list(self.tokens) + [None, None]

        def value(depth=0):
            kind = chance.randrange(9)
            if kind < 4 or depth > 3:
                return chance.choice(junk)
            if kind == 4:
                return chance.choice([0, -1, 5, 6, 2**63, -2**63, 1.5, 1e308])
            if kind == 5:
                return chance.choice([True, False, None])
            if kind == 6:
                return [value(depth + 1) for _ in range(chance.randrange(3))]
            return {chance.choice(["reason", "text", "rating", "x"]): value(depth + 1)}

        # But for what would end the accounts that ask, or take away what is asked about.
        operations = [o for o in operations if o[2]["operationId"] not in ("endToken", "turnSwitch", "disown", "quarantine")]
        problem = self.description.root["components"]["schemas"]["Problem"]
        for i in range(requests):
            path, method, operation, parameters = chance.choice(operations)
            places = {p["name"]: self.place(p, chance.random() < 0.5) if chance.random() < 0.6 else chance.choice(junk) or "x"
                      for p in parameters if p["in"] == "path"}
            target = path
            for name, place in places.items():
                target = target.replace("{" + name + "}", urllib.parse.quote(str(place), safe=""))
            query = [(p["name"], chance.choice(junk)) for p in parameters if p["in"] == "query" and chance.random() < 0.4]
            if chance.random() < 0.1:
                query.append((chance.choice(junk), chance.choice(junk)))
            if query:
                target += "?" + urllib.parse.urlencode(query)
            headers = {}
            role = chance.choice(roles)
            if role:
                headers["Authorization"] = "Bearer " + self.tokens[role]
            body = None
            if method in ("post", "put"):
                content = self.description.follow(operation.get("requestBody", {})).get("content", {})
                schema = self.description.follow(content.get("application/json", {}).get("schema", {}))
                keys = list(schema.get("properties", {}))
                made = {key: value() for key in keys if chance.random() < 0.8}
                if chance.random() < 0.1:
                    made["unknown"] = value()
                body = json.dumps(made).encode()
                if chance.random() < 0.1:
                    body = chance.choice([b"{", b"[]", b"\xff\xfe", b"{\"a\":" * 500, b"null", b"\"x\"", body[:-1]])
                headers["Content-Type"] = chance.choice(["application/json"] * 6 + ["text/plain", "application/json; charset=utf-7"])
            if chance.random() < 0.1:
                headers[chance.choice(["Accept", "If-None-Match", "Accept-Encoding", "Range", "Origin", "X-Request-Id",
                                       "Idempotency-Key", "Accept-Language"])] = chance.choice(
                    ["*/*", "text/plain", "\"x\"", "*", "gzip;q=0", "bytes=0-", "https://evil.example", "' OR 1=1", "a" * 100])
            where = f"made up {i} (seed {seed}): {method.upper()} {target} {body!r}"
            try:
                status, answered, data = self.server.ask(method.upper(), target, headers, body)
            except Exception as error:  # pylint: disable=broad-except
                fault(where, f"no answer: {error!r}")
                continue
            statuses[status] += 1
            if status >= 500:
                fault(where, f"{status}: {data[:300]!r}")
            elif status >= 400 and answered.get("content-type", "").split(";")[0] != "application/problem+json" \
                    and not (path == "/v1/login/device/token" and status == 400):
                fault(where, f"{status} is no problem: {data[:200]!r}")
            elif status >= 400 and data and answered.get("content-type", "").startswith("application/problem"):
                for complaint in self.description.validate(problem, json.loads(data)):
                    fault(where, complaint)
        print(f"{sum(statuses.values())} made-up requests: " + ", ".join(f"{n} x {s}" for s, n in sorted(statuses.items())))
        status, _, _ = self.server.ask("GET", "/readyz")
        if status != 200:
            fault("afterwards", f"/readyz answers {status}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--openapi", required=True)
    parser.add_argument("--tokens", required=True)
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    contract = Contract(Description(arguments.openapi), Server(arguments.url), arguments.tokens)
    contract.check_routes()
    contract.check_examples()
    contract.check_matrix()
    contract.check_made_up(arguments.requests, arguments.seed)
    if faults:
        print(f"{len(faults)} faults")
        sys.exit(1)


if __name__ == "__main__":
    main()
