"""The clients: each knows the command that does one transfer, and the settings that keep it to itself."""

import shutil
import sys
from pathlib import Path

from harness import cut, fresh, run

HERE = Path(__file__).resolve().parent


class Client:
    """A program that transfers files; `command` says how, the rest is the same for all."""

    name = "?"

    def __init__(self, places):
        self.places = places
        self.home = fresh(places.work / f"home-{self.name}")

    def env(self, server):
        """The environment of every command: a home of its own, so that nobody's settings matter."""
        return {"HOME": str(self.home), "INTEROP_USER": server.user, "INTEROP_PASSWORD": server.password,
                "LC_ALL": "C.UTF-8"}

    def command(self, server, mode, action, remote, local):
        """The words of one command; `action` is get, put, get-resume or put-resume."""
        raise NotImplementedError

    def do(self, server, mode, action, remote, local, limit=120):
        """One transfer, from start to end."""
        return run(self.command(server, mode, action, remote, local), limit, self.env(server))

    def cut(self, server, mode, action, remote, local, size):
        """One transfer that is killed when about `size` bytes went through."""
        words = self.command(server, mode, action, remote, local)
        return cut(words, action == "put", Path(local).parent, size, env=self.env(server))


class Curl(Client):
    """curl, one invocation per transfer."""

    name = "curl"

    def available(self):
        return shutil.which("curl")

    def options(self, server, mode):
        words = ["-sS", "--disable", "--cacert", self.places.ca, "-u", f"{server.user}:{server.password}",
                 "--connect-timeout", "20"]
        return words + (["--ssl-reqd"] if mode == "explicit" else [])

    @staticmethod
    def url(server, mode, remote):
        scheme = "ftps" if mode == "implicit" else "ftp"
        return f"{scheme}://{server.host}:{server.ports[mode]}/pub/{remote}"

    def command(self, server, mode, action, remote, local):
        words = ["curl", *self.options(server, mode)]
        if action.endswith("resume"):
            words += ["-C", "-"]
        return [*words, "-T" if action.startswith("put") else "-o", local, self.url(server, mode, remote)]


class Lftp(Client):
    """lftp, with its settings given on the command line."""

    name = "lftp"

    def available(self):
        return shutil.which("lftp")

    def script(self, server, mode, *lines):
        scheme = "ftps" if mode == "implicit" else "ftp"
        settings = [
            f"set ssl:ca-file {self.places.ca}", "set cmd:fail-exit yes", "set net:max-retries 1",
            "set net:timeout 30", "set xfer:clobber yes", "set ftp:ssl-protect-data true",
            "set ftp:ssl-protect-list true", f"set ftp:ssl-force {'false' if mode == 'clear' else 'true'}",
            f"set ftp:ssl-allow {'no' if mode == 'clear' else 'yes'}",
            f"open -u '{server.user},{server.password}' {scheme}://{server.host}:{server.ports[mode]}",
        ]
        return ["lftp", "--norc", "-c", "; ".join([*settings, *lines])]

    def command(self, server, mode, action, remote, local):
        flag = "-c " if action.endswith("resume") else ""
        if action.startswith("put"):
            return self.script(server, mode, f"put {flag}{local} -o /pub/{remote}")
        return self.script(server, mode, f"get {flag}/pub/{remote} -o {local}")


class Ftplib(Client):
    """Python's ftplib, as it comes or with the control session resumed on data connections."""

    def __init__(self, places, reuse):
        self.reuse = "reuse" if reuse else "plain"
        self.name = f"ftplib-{self.reuse}"
        super().__init__(places)

    def available(self):
        return sys.executable

    def command(self, server, mode, action, remote, local):
        return [sys.executable, HERE / "ftplib_client.py", mode, self.reuse, server.ports[mode], self.places.ca,
                action, f"/pub/{remote}", local]


class Wharf(Client):
    """The client of this project."""

    name = "wharf"

    def available(self):
        return self.places.wharf.is_file()

    def env(self, server):
        return {**super().env(server), "WHARF_PASSWORD": server.password}

    def options(self, mode):
        return ["--trust", f"ca:{self.places.ca}", "--tls", "off" if mode == "clear" else mode]

    @staticmethod
    def url(server, mode, remote):
        scheme = {"clear": "ftp", "explicit": "ftpes", "implicit": "ftps"}[mode]
        return f"{scheme}://{server.user}@{server.host}:{server.ports[mode]}/pub/{remote}"

    def command(self, server, mode, action, remote, local):
        words = [self.places.wharf, *self.options(mode), action[:3]]
        if action.endswith("resume"):
            words.append("-c")
        if action.startswith("put"):
            return [*words, local, self.url(server, mode, remote)]
        return [*words, self.url(server, mode, remote), local]


def foreign(places):
    """Every client that is not ours."""
    return [Curl(places), Lftp(places), Ftplib(places, True), Ftplib(places, False)]
