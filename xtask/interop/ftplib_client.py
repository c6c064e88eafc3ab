"""A small command line over Python's own ftplib, so that a transfer by it can be cut and resumed like any other.

usage: ftplib_client.py MODE reuse|plain PORT CA get|put|get-resume|put-resume REMOTE LOCAL

MODE is clear, explicit or implicit. `reuse` resumes the control session's TLS session on data connections, as
servers may ask; `plain` is ftplib as it comes. User and password stand in INTEROP_USER and INTEROP_PASSWORD, a
certificate of the client and its key in the files INTEROP_CERT and INTEROP_KEY."""

import ftplib
import os
import ssl
import sys


class Explicit(ftplib.FTP_TLS):
    """ftplib's FTPS, optionally with the control session resumed on each data connection."""

    reuse = False

    def ntransfercmd(self, cmd, rest=None):
        connection, size = ftplib.FTP.ntransfercmd(self, cmd, rest)
        if self._prot_p:
            session = self.sock.session if self.reuse else None
            connection = self.context.wrap_socket(connection, server_hostname=self.host, session=session)
        return connection, size


class Implicit(Explicit):
    """FTPS whose control connection speaks TLS from its first byte."""

    _socket = None

    @property
    def sock(self):
        return self._socket

    @sock.setter
    def sock(self, value):
        if value is not None and not isinstance(value, ssl.SSLSocket):
            value = self.context.wrap_socket(value, server_hostname=self.host)
        self._socket = value


def connect(mode, reuse, port, ca):
    """A session that is logged in, with protected data unless the mode is `clear`."""
    user, password = os.environ["INTEROP_USER"], os.environ["INTEROP_PASSWORD"]
    if mode == "clear":
        ftp = ftplib.FTP(timeout=60)
    else:
        kind = Implicit if mode == "implicit" else Explicit
        context = ssl.create_default_context(cafile=ca)
        if "INTEROP_CERT" in os.environ:
            context.load_cert_chain(os.environ["INTEROP_CERT"], os.environ["INTEROP_KEY"])
        ftp = kind(context=context, timeout=60)
        ftp.reuse = reuse
    ftp.connect("127.0.0.1", port)
    if mode == "implicit":
        # FTP_TLS.login would send AUTH on a connection that is secured already.
        ftplib.FTP.login(ftp, user, password)
    else:
        ftp.login(user, password)
    if mode != "clear":
        ftp.prot_p()
    ftp.voidcmd("TYPE I")
    return ftp


def main():
    mode, reuse, port, ca, action, remote, local = sys.argv[1:]
    ftp = connect(mode, reuse == "reuse", int(port), ca)
    if action.startswith("get"):
        rest = os.path.getsize(local) if action.endswith("resume") else None
        with open(local, "ab" if rest else "wb") as file:
            ftp.retrbinary(f"RETR {remote}", file.write, rest=rest)
    else:
        rest = ftp.size(remote) if action.endswith("resume") else None
        with open(local, "rb") as file:
            file.seek(rest or 0)
            ftp.storbinary(f"STOR {remote}", file, rest=rest)
    ftp.quit()


if __name__ == "__main__":
    main()
