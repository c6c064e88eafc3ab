"""aioftp against wharfd: it shakes hands before it sends the command, with and without resumption."""

import json
import re
from dataclasses import dataclass

import servers
import sessions
from harness import Failure, run


@dataclass(frozen=True)
class Case:
    """One session by aioftp."""

    mode: str
    tls: str
    kind: str

    @property
    def account(self):
        """Its account at wharfd, and the folder of its files."""
        return re.sub("[^a-z0-9]", "", f"aioftp{self.mode[0]}{self.tls}{self.kind}")


CASES = [Case(mode, tls, kind) for mode in ("explicit", "implicit") for tls in ("1.2", "1.3") for kind in ("reuse", "plain")]


def python(places):
    """The Python that has aioftp."""
    return places.peers / "python/bin/python3"


def step(places, server, case, data_session, count):
    """What has to hold: all done; under `require` a client that does not resume is refused and leaves nothing."""
    folder = server.path(case.account)
    folder.mkdir()
    folder.chmod(0o777)
    words = [python(places), "-B", sessions.HERE / "aioftp_client.py", case.mode, case.tls, case.kind, server.ports[case.mode],
             places.ca, f"/pub/{case.account}", count]
    _, said = run(words, 120, {"INTEROP_USER": case.account, "INTEROP_PASSWORD": server.password})
    seen = json.loads(said.splitlines()[-1])
    resumed, full, _, _ = sessions.handshakes(server.logs[0], case.account, seen["done"])
    if case.kind == "plain" and data_session == "require":
        # It may meet the end of its data connection before it reads the reply; the server's log tells why in any case.
        refused, told = seen["refused"] or "", b"does not resume the TLS session" in server.logs[0].read_bytes()
        if seen["done"] or not (re.search(servers.NO_RESUMPTION, refused) or (told and "ConnectionReset" in refused)):
            raise Failure(f"{seen} instead of {servers.NO_RESUMPTION}")
        if any(folder.iterdir()):
            raise Failure("a refused upload left a file")
        return
    # TLS-21: uploads, lists and downloads alike.
    wanted = (3 * count, 0) if case.kind == "reuse" else (0, 3 * count)
    if seen["refused"] or (resumed, full) != wanted:
        raise Failure(f"{seen}, {resumed} resumed and {full} full handshakes instead of {wanted}")


def run_all(places, outcomes, data_session, count):
    """Every case under one policy, with `count` files each."""
    accounts = [word for case in CASES for word in ("--user", f"{case.account}:correct horse")]
    with servers.wharfd(places, data_session, ["--log-format", "json", "--log-level", "debug", *accounts]) as server:
        for case in CASES:
            refused = case.kind == "plain" and data_session == "require"
            what = "refused" if refused else f"{count} files up, listed and down"
            words = "" if case.kind == "reuse" else " without resumption"
            outcomes.run(f"aioftp{words} with {server.name}, {case.mode}, TLS {case.tls}: {what}",
                         lambda case=case: step(places, server, case, data_session, count))
