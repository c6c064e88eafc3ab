"""The audit log, read by a parser of the W3C extended format that is not ours (lnav), and judged by `wharfd audit`."""

import json
import shutil
import ssl
from ftplib import FTP, FTP_TLS

import servers
from harness import Failure, run

NAMES = ["plain.txt", "two words.txt", "100% + more.txt", "#Fields: date", "gr\u00fc\u00dfe.txt", "x 21 PASS *** 230 0 0"]


def available():
    """Whether lnav is here."""
    return shutil.which("lnav") is not None


def audit(places):
    """A session in clear and one under TLS: every row of both is there for another parser, and the first one alone is found."""
    file = places.work / "audit.log"
    with servers.wharfd(places, extra=["--audit-log", file]) as server:
        clear(server)
        protected(server)
    # The server has ended, and with it its log.
    if file.read_bytes().count(b" ControlChannelClosed ") != 2:
        raise Failure("the log does not tell of the ends of the sessions")
    rows = by_lnav(places, file)
    ours = [line.split(" ") for line in file.read_text().splitlines() if not line.startswith("#")]
    if len(rows) != len(ours) or not rows:
        raise Failure(f"lnav reads {len(rows)} rows of {len(ours)}")
    for row, fields in zip(rows, ours):
        known = [row["c_ip"], row["cs_username"], row["s_ip"], row["s_port"], row["cs_method"], row["cs_uri_stem"],
                 row["sc_status"], row["x_fields"]["sc-win32-status"], row["sc_substatus"], row["x_fields"]["x-session"],
                 row["x_fields"]["x-fullpath"], row["sc_bytes"], row["cs_bytes"]]
        if ["-" if value is None else str(value) for value in known] != fields[2:15]:
            raise Failure(f"lnav reads {known} where {fields} stands")
    stored = [row["x_fields"]["x-fullpath"] for row in rows if row["cs_method"] == "STOR"]
    if len(stored) != 2 * len(NAMES) or len(set(stored)) != len(NAMES):
        raise Failure(f"uploads: {stored}")
    code, text = run([places.wharfd, "audit", "--json", file], check=False)
    report = json.loads(text)
    kinds = [(each["kind"], each["order"], each["count"]) for each in report["findings"]]
    wanted = [("password-in-clear", "clear", 1), ("data-in-clear", "clear", len(NAMES))]
    logins = {"clear": 1, "auth-first": 1, "auth-after-login": 0, "implicit": 0}
    if code != 1 or kinds != wanted or report["summary"]["logins"] != logins:
        raise Failure(f"exit {code}: {report}")


def clear(server):
    """Uploads in clear."""
    with FTP() as ftp:
        ftp.connect("127.0.0.1", server.ports["explicit"], timeout=20)
        ftp.login(server.user, server.password)
        upload(ftp)
        ftp.quit()


def protected(server):
    """The same under TLS; the certificate is not what this is about."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with FTP_TLS(context=context) as ftp:
        ftp.connect("127.0.0.1", server.ports["explicit"], timeout=20)
        ftp.login(server.user, server.password)
        ftp.prot_p()
        upload(ftp)
        ftp.quit()


def upload(ftp):
    """Every name, with a few bytes."""
    for name in NAMES:
        with open("/dev/null", "rb") as nothing:
            ftp.storbinary(f"STOR {name}", nothing)


def by_lnav(places, file):
    """The rows as lnav reads them."""
    home = {"HOME": str(places.work), "TERM": "dumb"}
    words = ["lnav", "-n", "-c", ";select * from w3c_log", "-c", ":write-json-to -", file]
    _, text = run(words, 60, home)
    return json.loads(text)
