"""One session of the differential test: a script of lines against one server, and what it answered to the last one."""

import re
import socket
import ssl

# How long a reply may take. The slowest are the refusals of wrong passwords, which servers delay on purpose.
PATIENCE = 15
# The same where some servers say nothing.
IMPATIENCE = 3
# How long a reply may be late that need not come at all.
QUIET = 1.5
UPLOADS = ("STOR", "STOU", "APPE")
ACTIVE = ("EPRT", "LPRT", "PORT")
# What may stand before a line, see the cases.
MARKS = tuple("!&~")


class Silence(Exception):
    """No reply came in time."""


class Closed(Exception):
    """The server closed the connection instead of a reply."""


class Session:
    """A control connection, and at most one data connection."""

    def __init__(self, server, source=None):
        self.server, self.source = server, source
        where = (server.host, server.ports["clear"])
        self.control = socket.create_connection(where, PATIENCE, (source, 0) if source else None)
        self.control.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""
        self.listener = self.data = None
        # How many bytes the last download had.
        self.private, self.came = False, None
        self.reply()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for each in (self.data, self.listener, self.control):
            if each is not None:
                each.close()

    # Replies.

    def _line(self):
        while b"\n" not in self.buffer:
            try:
                piece = self.control.recv(65536)
            except TimeoutError:
                raise Silence from None
            except (ConnectionError, ssl.SSLError):
                piece = b""
            if not piece:
                raise Closed
            self.buffer += piece
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.rstrip(b"\r").decode("utf-8", "backslashreplace")

    def reply(self, patience=PATIENCE):
        """One whole reply: its code and its first line."""
        self.control.settimeout(patience)
        first = self._line()
        code = first[:3]
        if first[3:4] == "-":
            while not self._line().startswith(code + " "):
                pass
        return code, first[4:].strip()

    # Lines.

    def greeted(self, *lines):
        """Sends lines that have to be taken."""
        for line in lines:
            codes, text = self.step(line)
            if not codes or codes[-1][:1] not in "23":
                raise AssertionError(f"{self.server.name}: {line}: {codes} {text}")

    def step(self, line, last=False):
        """Does one step of a script; returns the codes of its replies, and the text of the last one."""
        if line == "?":
            return [self._ended()], ""
        self.came = None
        mark, line = (line[0], line[1:]) if line[:1] in MARKS else (None, line)
        sent = self._bytes(line)
        verb = sent.split(b" ")[0].strip().upper().decode("ascii", "replace")
        codes, text = [], ""
        try:
            self.control.sendall(sent + b"\r\n")
            if verb == "ABOR" and mark == "~":
                return codes, self._aborted(codes)
            for _ in range(sent.count(b"\r\n") + 1):
                code, text = self.reply(IMPATIENCE if mark == "~" else PATIENCE)
                codes.append(code)
            if mark == "!":
                self._connect(codes[-1], text)
            elif verb in ACTIVE and codes == ["200"] and self.data is not None:
                self.data.close()
                self.data = None
            elif verb == "AUTH" and codes == ["234"] and not last:
                self._secure()
            elif verb == "PROT" and codes == ["200"]:
                self.private = sent.upper().endswith(b"P")
            elif codes[-1].startswith("1") and mark != "&":
                self._transfer(verb in UPLOADS)
                code, text = self.reply(IMPATIENCE if mark == "~" else PATIENCE)
                codes.append(code)
        except Silence:
            codes.append("silence")
        except (Closed, ConnectionError):
            codes.append("closed")
        return codes, text

    def _ended(self):
        """Whether the server has closed the connection."""
        self.control.settimeout(2)
        try:
            while self.control.recv(4096):
                pass
            return "closed"
        except TimeoutError:
            return "open"
        except (ConnectionError, ssl.SSLError):
            return "closed"

    def _bytes(self, line):
        """What stands for something in a line, and its escapes."""
        def filled(found):
            name = found.group(1)
            if name.isdigit():
                return "x" * int(name)
            return {"user": lambda: self.server.user, "password": lambda: self.server.password,
                    "listening": lambda: self._pair(self._listen()), "refusing": lambda: self._pair(self._refusing()),
                    "port": lambda: str(self._listen())}[name]()

        text = re.sub(r"\{(\w+)\}", filled, line).replace(r"\s", " ")
        return text.encode("latin-1").decode("unicode_escape").encode("latin-1")

    # Data connections.

    @staticmethod
    def _pair(port):
        return f"{port >> 8},{port & 255}"

    def _listen(self):
        if self.listener is None:
            self.listener = socket.create_server(("127.0.0.1", 0))
            self.listener.settimeout(PATIENCE)
        return self.listener.getsockname()[1]

    @staticmethod
    def _refusing():
        """A port where nobody listens."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            return listener.getsockname()[1]

    def _connect(self, code, text):
        if self.data is not None:
            self.data.close()
        if code == "227":
            high, low = map(int, re.search(r"(\d+),(\d+)\)", text).groups())
            port = high << 8 | low
        elif code == "229":
            port = int(re.search(r"\|\|\|(\d+)\|", text).group(1))
        elif code == "228":
            high, low = map(int, re.search(r",2,(\d+),(\d+)\)", text).groups())
            port = high << 8 | low
        else:
            return
        self.data = socket.create_connection((self.server.host, port), PATIENCE)

    def _transfer(self, upload):
        """Moves the bytes of a transfer and closes its connection."""
        if self.data is None and self.listener is not None:
            self.data, _ = self.listener.accept()
            self.data.settimeout(PATIENCE)
        if self.data is None:
            return
        try:
            if self.private:
                self.data = _context().wrap_socket(self.data, session=self.control.session)
            if upload:
                self.data.sendall(b"hello\r\nworld\r\n")
            else:
                self.came = 0
                while piece := self.data.recv(65536):
                    self.came += len(piece)
            if self.private:
                self.data = self.data.unwrap()
        except (OSError, ssl.SSLError):
            pass
        self.data.close()
        self.data = None

    def _aborted(self, codes):
        """ABOR of a transfer that runs has two replies; a server that does not heed it gets the end of the data."""
        text = ""
        for patience in (IMPATIENCE, QUIET):
            try:
                while True:
                    code, text = self.reply(patience)
                    codes.append(code)
            except Silence:
                if self.data is not None:
                    self.data.close()
                    self.data = None
        return text

    def _secure(self):
        self.buffer = b""
        self.control.settimeout(PATIENCE)
        self.control = _context().wrap_socket(self.control)


def _context():
    """TLS 1.2, since its sessions may be resumed as often as one likes; whose certificate it is is no matter here."""
    return _CONTEXT


def _made():
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    return context


_CONTEXT = _made()
