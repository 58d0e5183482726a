# SPDX-License-Identifier: GPL-2.0
"""The user's end of a 3270 connection (RFC 1576), without a screen."""

import socket

IAC, DONT, DO, WONT, WILL, SB, SE, EOR = 255, 254, 253, 252, 251, 250, 240, 239
TTYPE = 24
TERMINAL_TYPE = b"IBM-3278-2"
# Attention identifier "ENTER", cursor address; a modified field's address
ENTER = bytes([0x7d, 0x40, 0x40])
FIELD = bytes([0x11, 0x40, 0x40])
END = bytes([IAC, EOR])


class Client:
    """Agrees to everything that the other side proposes, and presses ENTER.

    sock       the connection
    told      the other side has been told the terminal's type
    records    what has come, in records
    """

    def __init__(self, port):
        self.port = port
        self.records = 0
        self.connect()

    def connect(self):
        """Connect, or once more: QEMU hangs up when two keys reach it in one
        piece."""
        self.rest = b""
        self.told = False
        self.sock = socket.create_connection(("127.0.0.1", self.port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def reconnect(self):
        """The same when there was a connection."""
        self.sock.close()
        self.connect()

    def receive(self):
        """Take what has come; b"" when the connection has ended."""
        try:
            data = self.sock.recv(65536)
        except ConnectionError:
            return b""
        self.rest += data
        while self._negotiate():
            pass
        return data

    def _negotiate(self):
        """Handle the first request in what came; false if there is none."""
        at = self.rest.find(IAC)
        if at < 0 or at + 2 > len(self.rest):
            self.rest = self.rest[at:] if at >= 0 else b""
            return False
        verb, end = self.rest[at + 1], at + 2
        if verb in (DO, DONT, WILL, WONT):
            end += 1
            if end > len(self.rest):
                return False
            if verb in (DO, WILL):
                self.sock.sendall(bytes([IAC, WILL if verb == DO else DO,
                                         self.rest[at + 2]]))
        elif verb == SB:
            end = self.rest.find(bytes([IAC, SE]), at) + 2
            if end < 2:
                return False
            if self.rest[at + 2] == TTYPE:
                self.sock.sendall(bytes([IAC, SB, TTYPE, 0]) + TERMINAL_TYPE +
                                  bytes([IAC, SE]))
                self.told = True
        elif verb == EOR:
            self.records += 1
        self.rest = self.rest[end:]
        return True

    def enter(self, line=None):
        """ENTER, perhaps with a line in the input field; how many bytes that
        were."""
        data = ENTER + (FIELD + line.encode("cp037") if line else b"") + END
        self.sock.sendall(data)
        return len(data)
