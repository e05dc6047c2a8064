#!/usr/bin/env python3
"""Slow and hostile clients for bench/load.sh, and an ordinary one that measures what they cost it.

load_client.py slow MODE COUNT SECONDS URL    hold COUNT connections open in MODE: headers, body, read or range
load_client.py normal SECONDS URL...          ask for the URLs in turn over 4 connections, 5 ms apart; percentiles

Standard library only. A slow connection that the server ends is opened again at once.
"""
import os
import random
import resource
import selectors
import socket
import sys
import time
from urllib.parse import urlsplit


def address(url):
    parts = urlsplit(url)
    return (parts.hostname, parts.port), parts.path or "/"


class Slow:
    """One connection that takes its time. `step` is called about once a second, and when bytes arrive."""

    def __init__(self, mode, url):
        self.mode, self.url = mode, url
        self.where, self.path = address(url)
        self.socket = None
        self.opened = self.ended = 0
        self.statuses = {}

    def open(self, selector):
        self.socket = socket.socket()
        if self.mode in ("read", "range"):
            # A window that is soon full.
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.setblocking(False)
        self.socket.connect_ex(self.where)
        self.sent_first = False
        self.opened += 1
        selector.register(self.socket, selectors.EVENT_READ, self)

    def close(self, selector):
        selector.unregister(self.socket)
        self.socket.close()
        self.socket = None
        self.ended += 1

    def first_bytes(self):
        head = f"{self.path} HTTP/1.1\r\nHost: load\r\n"
        if self.mode == "headers":
            return f"GET {head}X-Slow: "
        if self.mode == "body":
            return f"POST {head}Content-Type: application/json\r\nContent-Length: 60000\r\n\r\n{{"
        if self.mode == "range":
            key = os.environ["LOAD_LICENSE"]
            return f"GET {head}Authorization: Bearer {key}\r\nRange: bytes=1000-\r\n\r\n"
        # Many answers asked for at once, and hardly one of them read.
        return f"GET {head}\r\n" * 64

    def step(self, selector):
        if self.socket is None:
            self.open(selector)
            return
        try:
            if not self.sent_first:
                self.socket.send(self.first_bytes().encode())
                self.sent_first = True
            elif self.mode in ("headers", "body"):
                self.socket.send(b"x")
            else:
                self.take(1)
        except BlockingIOError:
            pass
        except OSError:
            self.close(selector)

    def take(self, size):
        data = self.socket.recv(size)
        if not data:
            raise ConnectionResetError
        return data

    def readable(self, selector):
        # Slow readers leave what there is where it is.
        if self.mode in ("read", "range") and self.sent_first:
            return
        try:
            data = self.take(65536)
            status = data[9:12].decode("latin-1")
            self.statuses[status] = self.statuses.get(status, 0) + 1
        except BlockingIOError:
            pass
        except OSError:
            self.close(selector)


def slow(mode, count, seconds, url):
    selector = selectors.EpollSelector()
    all_of_them = [Slow(mode, url) for _ in range(count)]
    end = time.monotonic() + seconds
    next_step = 0.0
    while time.monotonic() < end:
        now = time.monotonic()
        if now >= next_step:
            next_step = now + 1.0
            for each in all_of_them:
                each.step(selector)
            # Slow readers never look at their sockets: a busy wait would measure ourselves.
        timeout = max(0.01, min(next_step, end) - time.monotonic())
        if mode in ("read", "range"):
            time.sleep(timeout)
            continue
        for key, _ in selector.select(timeout):
            key.data.readable(selector)
    opened = sum(each.opened for each in all_of_them)
    held = sum(each.socket is not None for each in all_of_them)
    statuses = {}
    for each in all_of_them:
        for status, number in each.statuses.items():
            statuses[status] = statuses.get(status, 0) + number
    print(f"  {mode}: {held} of {count} connections held at the end, {opened} opened, answers {statuses or 'none'}")


class Normal:
    def __init__(self, where):
        self.where, self.socket, self.buffer = where, None, b""

    def ask(self, path):
        if self.socket is None:
            self.socket = socket.create_connection(self.where, timeout=30)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: load\r\n\r\n".encode())
        data = b""
        while b"\r\n\r\n" not in data:
            more = self.socket.recv(65536)
            if not more:
                raise ConnectionResetError
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:"))
        while len(body) < length:
            more = self.socket.recv(65536)
            if not more:
                raise ConnectionResetError
            body += more
        return int(head[9:12])


def normal(seconds, urls):
    where = address(urls[0])[0]
    clients = [Normal(where) for _ in range(4)]
    times, wrong = [], 0
    end = time.monotonic() + seconds
    i = 0
    while time.monotonic() < end:
        client, url = clients[i % 4], urls[i % len(urls)]
        i += 1
        begin = time.perf_counter()
        try:
            wrong += client.ask(address(url)[1]) != 200
        except OSError:
            wrong += 1
            client.socket = None
        times.append(time.perf_counter() - begin)
        time.sleep(0.005)
    times.sort()

    def at(share):
        return times[min(len(times) - 1, int(share * len(times)))] * 1000

    print(f"  normal: {len(times)} requests, {wrong} failed; ms p50 {at(0.5):.2f} p99 {at(0.99):.2f} max {times[-1] * 1000:.2f}")
    return 0 if wrong == 0 and at(0.99) < 250 else 1


def main():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    random.seed(1)
    if sys.argv[1] == "slow":
        return slow(sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), sys.argv[5])
    return normal(float(sys.argv[2]), sys.argv[3:])


sys.exit(main())
