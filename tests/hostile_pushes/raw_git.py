"""Git objects, packs and receive-pack requests made by hand, for tests that no client of Git would send. gitformat-pack(5)."""
import base64, hashlib, http.client, re, struct, zlib

ZERO = "0" * 40


def oid(kind, body):
    return hashlib.sha1(f"{kind} {len(body)}\0".encode() + body).hexdigest()


TYPES = {"commit": 1, "tree": 2, "blob": 3, "tag": 4}


def head(kind, size):
    byte = (kind << 4) | (size & 15)
    size >>= 4
    out = bytearray()
    while size:
        out.append(byte | 0x80)
        byte, size = size & 0x7F, size >> 7
    out.append(byte)
    return bytes(out)


def entry(kind, body, size=None):
    return head(TYPES[kind], len(body) if size is None else size) + zlib.compress(body)


def pack(entries, count=None):
    body = b"PACK" + struct.pack(">II", 2, len(entries) if count is None else count) + b"".join(entries)
    return body + hashlib.sha1(body).digest()


def tree(*rows):
    return b"".join(mode.encode() + b" " + (name if isinstance(name, bytes) else name.encode()) + b"\0" + bytes.fromhex(target) for mode, name, target in rows)


def commit_text(tree_id, parents, who="Ann <ann@example.org>", when="1800000000 +0000", more=b""):
    return (f"tree {tree_id}\n" + "".join(f"parent {p}\n" for p in parents) + f"author {who} {when}\ncommitter {who} {when}\n").encode() + more + b"\nA change\n"


RECIPE = b"""pkgname=%s
pkgver=1.0
pkgrel=1
pkgdesc='Says hello'
arch=(x86_64)
url=https://example.org/x
license=(MIT)
source=(x.sh)
sha256sums=(SKIP)
package() {
  install -Dm755 x.sh "$pkgdir/usr/bin/x"
}
"""
MANIFEST = b'[worker]\nid = "%s"\nname = "X"\ndescription = "x"\nlicense = "MIT"\n'


class Push:
    """A worker's folder as objects; `main`, `root` and `community` say what it stands on."""

    main, root, community = None, [], {}

    def __init__(self, name="new-worker"):
        self.objects = {}
        self.name = name
        self.rows = [("100644", "PKGBUILD", self.blob(RECIPE % name.encode())), ("100644", "worker.toml", self.blob(MANIFEST % name.encode())), ("100755", "x.sh", self.blob(b"#!/bin/sh\n"))]

    def add(self, kind, body):
        name = oid(kind, body)
        self.objects[name] = (kind, body)
        return name

    def blob(self, body):
        return self.add("blob", body)

    def finish(self, folder=None, root_rows=None, who="Ann <ann@example.org>", when="1800000000 +0000", more=b"", parents=None):
        folder_id = self.add("tree", tree(*self.rows) if folder is None else folder)
        community = dict(self.community)
        community[self.name] = ("40000", folder_id)
        community_id = self.add("tree", tree(*((m, n, t) for n, (m, t) in sorted(community.items(), key=lambda x: x[0] + "/"))))
        rows = [(m, n, community_id if n == "community" else t) for m, n, t in self.root] + (root_rows or [])
        rows.sort(key=lambda r: (r[1] if isinstance(r[1], str) else r[1].decode("latin1")) + ("/" if r[0] == "40000" else ""))
        root = self.add("tree", tree(*rows))
        self.commit = self.add("commit", commit_text(root, [self.main] if parents is None else parents, who, when, more))
        return self

    def pack(self):
        return pack([entry(kind, body) for kind, body in self.objects.values()])


def line(text):
    body = text if isinstance(text, bytes) else text.encode("latin1")
    return f"{len(body) + 4:04x}".encode() + body


def send(port, user, token, commands, data, capabilities="report-status side-band-64k agent=hostile", timeout=8):
    """Status and text of a receive-pack request; commands are (old, new, ref)."""
    body = b""
    for i, (old, new, ref) in enumerate(commands):
        body += line(f"{old} {new} ".encode() + (ref if isinstance(ref, bytes) else ref.encode("latin1")) + (b"\0 " + capabilities.encode() if i == 0 else b"") + b"\n")
    body += b"0000" + data
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("POST", "/catalog.git/git-receive-pack", body, {"Authorization": "Basic " + base64.b64encode(f"{user}:{token}".encode()).decode(), "Content-Type": "application/x-git-receive-pack-request"})
        answer = connection.getresponse()
        text = answer.read()
        return answer.status, text
    except (OSError, http.client.HTTPException) as error:
        return 0, repr(error).encode()
    finally:
        connection.close()


def accepted(text):
    return b"unpack ok" in text and re.search(rb"[0-9a-f]{4}ok refs/", text) is not None
