#!/usr/bin/env python3
"""An HTTP server that does what servers and networks do wrong; for stories about downloads.

    lying_server.py FILE FLAG SEED      prints its port

GET /MODE/anything answers with FILE in the way of MODE, until the file FLAG exists: then with FILE, honestly, for every mode.
"""
import hashlib, os, random, re, socket, sys, threading

DATA = open(sys.argv[1], "rb").read()
FLAG, SEED = sys.argv[2], int(sys.argv[3])
ETAG = '"' + hashlib.sha256(DATA).hexdigest()[:16] + '"'
lock = threading.Lock()
counts = {}


def head(status, length, **fields):
    lines = [f"HTTP/1.1 {status}", "Connection: close"]
    if length is not None:
        lines.append(f"Content-Length: {length}")
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def honest(begin, whole_after_change=False):
    if begin and not whole_after_change:
        return head("206 Partial Content", len(DATA) - begin, ETag=ETAG, Accept_Ranges="bytes",
                    Content_Range=f"bytes {begin}-{len(DATA) - 1}/{len(DATA)}") + DATA[begin:]
    return head("200 OK", len(DATA), ETag=ETAG, Accept_Ranges="bytes") + DATA


def answer(mode, begin, if_range, turn, dice):
    """All bytes of the answer; the connection ends behind them."""
    if os.path.exists(FLAG):
        return honest(begin, if_range not in ("", ETAG))
    if mode == "drop":  # Somewhere, head included; the third time it gets through, as three are tried without progress.
        whole = honest(begin, if_range not in ("", ETAG))
        return whole if turn >= 2 else whole[: dice.randrange(len(whole))]
    if mode == "drop-always":
        return honest(begin)[: dice.randrange(40)]
    if mode == "no-ranges":
        whole = head("200 OK", len(DATA)) + DATA
        return whole if turn >= 2 else whole[: dice.randrange(len(whole))]
    if mode == "too-long":  # It promises more than it has.
        return head("200 OK", len(DATA) + 1000) + DATA
    if mode == "too-short":
        return head("200 OK", len(DATA) - 1000) + DATA
    if mode == "wrong":
        return head("200 OK", len(DATA), ETag=ETAG) + bytes(b ^ 1 for b in DATA)
    if mode == "other-part":  # The first is cut; the rest is another part than was asked for.
        if turn == 0:
            return honest(0)[: len(DATA) // 2]
        return head("206 Partial Content", len(DATA) - begin, ETag=ETAG,
                    Content_Range=f"bytes {begin}-{len(DATA) - 1}/{len(DATA)}") + DATA[: len(DATA) - begin]
    if mode == "other-place":  # It says so, too.
        if turn == 0:
            return honest(0)[: len(DATA) // 2]
        return head("206 Partial Content", len(DATA), ETag=ETAG, Content_Range=f"bytes 0-{len(DATA) - 1}/{len(DATA)}") + DATA
    if mode == "changes":  # Another file each time, and it says so by the ETag.
        body = bytes([turn]) + DATA[1:]
        whole = head("200 OK", len(body), ETag=f'"{turn}"') + body
        return whole[: len(whole) // 2] if turn < 2 else whole
    if mode == "unchunked":
        return head("200 OK", None, Transfer_Encoding="chunked") + b"%x\r\n" % len(DATA) + DATA[: len(DATA) // 2]
    if mode == "no-length":  # HTTP/1.0's way: the end of the connection is the end of the file, or a cut.
        return head("200 OK", None) + DATA[: len(DATA) // 2]
    if mode == "garbage":
        return bytes(dice.randrange(256) for _ in range(2000))
    if mode == "nothing":
        return b""
    if mode == "busy":
        return head("503 Service Unavailable", 0, Retry_After="0") if turn < 2 else honest(begin)
    if mode == "gone":
        return head("404 Not Found", 0)
    if mode == "loop":
        return head("302 Found", 0, Location="/loop/again")
    if mode == "two-lengths":
        return f"HTTP/1.1 200 OK\r\nContent-Length: {len(DATA)}\r\nContent-Length: 5\r\n\r\n".encode() + DATA
    if mode == "big-head":
        return b"HTTP/1.1 200 OK\r\n" + b"X-Filler: y\r\n" * 100_000 + honest(begin)
    raise SystemExit(f"no mode {mode}")


def serve(connection):
    with connection:
        request = b""
        connection.settimeout(20)
        try:
            while b"\r\n\r\n" not in request:
                more = connection.recv(4096)
                if not more:
                    return
                request += more
            text = request.decode("latin-1")
            mode = text.split(" ")[1].split("/")[1]
            part = re.search(r"(?im)^range: *bytes=(\d+)-", text)
            condition = re.search(r"(?im)^if-range: *(.*?)\r$", text)
            with lock:
                turn = counts.get(mode, 0)
                counts[mode] = turn + 1
            dice = random.Random(f"{SEED} {mode} {turn}")
            connection.sendall(answer(mode, int(part[1]) if part else 0, condition[1] if condition else "", turn, dice))
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(4096):
                pass
        except OSError:
            pass


listener = socket.create_server(("127.0.0.1", 0), backlog=64)
print(listener.getsockname()[1], flush=True)
while True:
    connection, _ = listener.accept()
    threading.Thread(target=serve, args=(connection,), daemon=True).start()
