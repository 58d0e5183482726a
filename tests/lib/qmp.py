# SPDX-License-Identifier: GPL-2.0
"""A QEMU machine protocol connection, and text that comes in lines.

Lines      a stream socket read line by line, with a time limit
Monitor    commands and their answers; events are kept until asked for
Failure    what was expected did not happen
"""

import json
import select
import socket
import sys
import time

# Seconds until somebody who does not answer is taken for dead. Nobody needs
# more than some seconds, but a busy machine may take a multiple of that.
PATIENCE = 150


class Failure(Exception):
    """What was expected did not happen."""


def connect(path):
    """A connection to a socket that appears within seconds."""
    for _ in range(600):
        sock = socket.socket(socket.AF_UNIX)
        try:
            sock.connect(path)
            return sock
        except OSError:
            sock.close()
            time.sleep(0.05)
    sys.exit(f"{sys.argv[0]}: nobody listens at {path}")


def listener(path):
    """A socket that somebody else connects to."""
    sock = socket.socket(socket.AF_UNIX)
    sock.bind(path)
    sock.listen(1)
    return sock


class Lines:
    """A stream socket read line by line, with a time limit (None: none)."""

    def __init__(self, sock):
        self.sock = sock
        self.pending = b""

    def read(self, limit):
        end = time.monotonic() + limit if limit is not None else None
        while not self.whole():
            left = end - time.monotonic() if end is not None else None
            if left is not None and left <= 0 or \
                    not select.select([self.sock], [], [], left)[0]:
                raise Failure(f"no answer within {limit} s")
            piece = self.sock.recv(65536)
            if not piece:
                raise Failure("the other side has hung up")
            self.pending += piece
        line, self.pending = self.pending.split(b"\n", 1)
        return line.decode("utf-8", "replace").rstrip("\r")

    def whole(self):
        """Whether there is a line that reading does not have to wait for."""
        return b"\n" in self.pending

    def write(self, text):
        self.sock.sendall(text.encode())


class Monitor:
    """QMP: commands and their answers; events are kept until asked for."""

    def __init__(self, sock, limit=PATIENCE):
        self.lines = Lines(sock)
        self.events = []
        while "QMP" not in self._read(limit):
            pass
        self.command("qmp_capabilities", limit=limit)

    def _read(self, limit):
        try:
            return json.loads(self.lines.read(limit))
        except json.JSONDecodeError:
            return {}

    def command(self, name, limit=PATIENCE, **arguments):
        """The command's answer; an error is a Failure."""
        arguments = {key.replace("_", "-"): value
                     for key, value in arguments.items()}
        self.lines.write(json.dumps({"execute": name,
                                     "arguments": arguments}) + "\n")
        while True:
            message = self._read(limit)
            if "return" in message:
                return message["return"]
            if "error" in message:
                raise Failure(f"{name}: {message['error']['desc']}")
            if "event" in message:
                self.events.append(message)

    def event(self, name, limit=PATIENCE, **data):
        """Wait for an event that has that data, and forget it."""
        end = time.monotonic() + limit if limit is not None else None
        while True:
            for index, message in enumerate(self.events):
                if message["event"] == name and \
                        data.items() <= message.get("data", {}).items():
                    return self.events.pop(index)
            message = self._read(max(0.01, end - time.monotonic())
                                 if end is not None else None)
            if "event" in message:
                self.events.append(message)
