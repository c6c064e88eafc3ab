"""Many transfers on one control session: how each client does them, and what can be seen of the TLS sessions."""

import json
import re
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import clients
from harness import Failure, content, fresh, must_match, run

HERE = Path(__file__).resolve().parent
# More than one TLS record, and no multiple of anything.
SIZE = 20_011
LIMIT = 900


_making = threading.Lock()
_made = {}


def _client(kind, places, *words):
    """A client, made once: making one empties its home."""
    with _making:
        if (kind, words) not in _made:
            _made[kind, words] = kind(places, *words)
        return _made[kind, words]


@dataclass
class Seen:
    """What one run of one cell showed; `full` is None where neither side tells."""

    done: int = 0
    full: int | None = None
    logins: int = 1
    refused: str | None = None


@dataclass(frozen=True)
class Cell:
    """One client, one server, one way to talk."""

    server: str
    client: str
    tls: str
    wire: str
    order: str

    def __str__(self):
        return f"{self.client} with {self.server}, {self.wire}, TLS {self.tls}, {self.order}"

    @property
    def prefix(self):
        """The beginning of the names of this cell's files, and its account at wharfd."""
        return re.sub("[^a-z0-9]", "", "".join((self.client, self.tls, self.wire[0], self.order[0])))


def _files(folder, cell, count):
    """The files that the cell sends."""
    fresh(folder)
    files = []
    for number in range(count):
        path = folder / f"{cell.prefix}-{number}"
        path.write_bytes(content(f"{cell}/{number}", SIZE))
        files.append(path)
    return files


def _compare(server, folder, files, order, done):
    """All files that were done hold what was sent, on the server and, where they were fetched, here again."""
    count = done // 2 if order == "alternate" else done
    for path in files[:count]:
        must_match(path, server.path(path.name))
        if order == "alternate":
            must_match(path, folder / "back" / path.name)


def _reply(text):
    """The last refusal in what a client said."""
    found = re.findall(r"\b((?:421|425|426|522|550|553)[ -][^\r\n]*)", text)
    return found[-1] if found else None


def curl(places, server, cell, count):
    """One curl process with a list of URLs: one control session."""
    client = _client(clients.Curl, places)
    folder = fresh(places.work / f"curl-{server.name}-{cell.prefix}")
    pairs = count // 2 if cell.order == "alternate" else count
    files = _files(folder / "out", cell, pairs)
    (folder / "back").mkdir()
    bound = {"1.2": ["tlsv1.2", 'tls-max = "1.2"'], "1.3": ["tlsv1.3"]}[cell.tls]
    common = [*bound, f'cacert = "{places.ca}"', f'user = "{server.user}:{server.password}"', "silent", "show-error",
              "fail-early"] + (["ssl-reqd"] if cell.wire == "explicit" else [])
    blocks = []
    for path in files:
        url = f'url = "{client.url(server, cell.wire, path.name)}"'
        blocks.append([*common, f'upload-file = "{path}"', url])
        if cell.order == "alternate":
            blocks.append([*common, f'output = "{folder / "back" / path.name}"', url])
    config, trace = folder / "curl.conf", folder / "trace"
    config.write_text("next\n".join("\n".join([*block, ""]) for block in blocks))
    words = ["curl", "--disable", "--trace-ascii", trace, "--config", config]
    code, said = run(words, LIMIT, client.env(server), check=False)
    text = trace.read_text(errors="backslashreplace")
    # What was sent stands in the trace as well: only lines of the conversation count.
    talk = [second for first, second in zip(text.splitlines(), text.splitlines()[1:])
            if first.startswith(("<= Recv header", "=> Send header"))]
    seen = Seen(
        done=sum(line.startswith("0000: 226 ") for line in talk),
        # A resumed handshake has no certificate; the control connection's own counts once per login.
        full=text.count("(IN), TLS handshake, Certificate (11)"),
        logins=sum(line.startswith("0000: USER") for line in talk),
    )
    seen.full -= seen.logins
    if code != 0:
        seen.refused = _reply("\n".join(talk)) or f"curl exit {code}: {said.decode(errors='replace')[-200:]}"
    _compare(server, folder, files, cell.order, seen.done)
    return seen


def lftp(places, server, cell, count):
    """One lftp with a script of puts and gets."""
    client = _client(clients.Lftp, places)
    folder = fresh(places.work / f"lftp-{server.name}-{cell.prefix}")
    pairs = count // 2 if cell.order == "alternate" else count
    files = _files(folder / "out", cell, pairs)
    (folder / "back").mkdir()
    versions = f"set ssl:priority NORMAL:-VERS-ALL:+VERS-TLS{cell.tls}"
    lines = [versions, f"debug -o {folder / 'trace'} 9"]
    for path in files:
        lines.append(f"put {path} -o /pub/{path.name}")
        if cell.order == "alternate":
            lines.append(f"get /pub/{path.name} -o {folder / 'back' / path.name}")
    code, said = run(client.script(server, cell.wire, *lines), LIMIT, client.env(server), check=False)
    trace = folder / "trace"
    text = trace.read_text(errors="backslashreplace") if trace.exists() else ""
    seen = Seen(
        done=len(re.findall("^<--- 226 ", text, re.MULTILINE)),
        logins=len(re.findall(r"^---> USER", text, re.MULTILINE)),
    )
    if code != 0:
        talk = "\n".join(re.findall("^<--- .*", text, re.MULTILINE))
        seen.refused = _reply(said.decode(errors="replace")) or _reply(talk) or f"lftp exit {code}: {said.decode(errors='replace')[-200:]}"
    _compare(server, folder, files, cell.order, seen.done)
    return seen


def python(kind):
    """Python's ftplib, with one of the ways of session_client.py."""

    def step(places, server, cell, count):
        client = _client(clients.Ftplib, places, False)
        code, said = run(
            [sys.executable, "-B", HERE / "session_client.py", cell.wire, kind, cell.tls, "127.0.0.1",
             server.ports[cell.wire], places.ca, cell.order, count, f"/pub/{cell.prefix}-", f"{cell.prefix}-", SIZE],
            LIMIT, client.env(server), check=False)
        if code != 0:
            raise Failure(said.decode(errors="replace")[-500:])
        told = json.loads(said.splitlines()[-1])
        if told["different"]:
            raise Failure(f"{told['different']} files came back different")
        if cell.order == "uploads":
            for number in range(told["done"]):
                name = f"{cell.prefix}-{number}"
                if server.path(name).read_bytes() != content(name, SIZE):
                    raise Failure(f"{name} is not what was sent")
        return Seen(told["done"], told["full"], 1, told["refused"])

    return step


_bench_turn = {}


def wharf(flags=()):
    """wharf-bench, which names its files itself: one at a time at each server."""

    def step(places, server, cell, count):
        bench = places.wharf.with_name("wharf-bench")
        words = [bench, f"127.0.0.1:{server.ports[cell.wire]}", server.user, cell.wire, count, SIZE, cell.tls, *flags,
                 "--report", "json"]
        if cell.order == "uploads":
            words.append("--uploads-only")
        with _bench_turn.setdefault(server.name, threading.Lock()):
            code, said = run(words, LIMIT, {"WHARF_PASSWORD": server.password}, check=False)
        text = said.decode(errors="replace")
        if "{" not in text:
            return Seen(0, None, 1, _reply(text) or f"wharf-bench exit {code}: {text[-200:]}")
        told = json.loads(text[text.index("{"):])
        if told["different"]:
            raise Failure(f"{told['different']} files came back different")
        # A client that has to log in again holds its new session at TLS 1.2.
        logins = 1 if told["tls_version"].endswith(cell.tls) else 2
        return Seen(told["transfers"], told["full_handshakes"], logins)

    return step


def wharf_tree(places, server, cell, count):
    """`wharf put -r`: uploads in a row."""
    client = _client(clients.Wharf, places)
    folder = places.work / f"wharf-{server.name}-{cell.prefix}"
    files = _files(folder, cell, count)
    words = [places.wharf, *client.options(cell.wire), "--tls-max", cell.tls, "-v", "put", "-r", "-j1", folder]
    code, said = run([*words, client.url(server, cell.wire, cell.prefix)], LIMIT, client.env(server), check=False)
    text = said.decode(errors="replace")
    # Commands go together, so that a reply need not stand behind its own; listings have a 226 as well.
    sent, listed, ended = (len(re.findall(mark, text, re.MULTILINE)) for mark in ("^> STOR ", "^> (?:MLSD|LIST|NLST)", "^< 226 "))
    done = min(sent, max(ended - listed, 0))
    seen = Seen(done, None, len(re.findall("^> USER", text, re.MULTILINE)))
    if code != 0:
        seen.refused = _reply(text) or f"wharf exit {code}: {text[-200:]}"
    else:
        for path in files:
            must_match(path, server.path(cell.prefix) / path.name)
    return seen


def log_events(log, account, message):
    """wharfd's log lines of one account with one message."""
    found = []
    for line in log.read_text(errors="backslashreplace").splitlines():
        if line.startswith("{") and f'"account":"{account}"' in line and message in line:
            event = json.loads(line)
            if event.get("message") == message:
                found.append(event)
    return found


def handshakes(log, account, done):
    """(resumed, full, transfers that ended well, logins) of an account of wharfd, when its log has caught up.

    Listings are transfers as well: a client that has no tickets left may fetch some with one."""
    deadline = time.monotonic() + 5
    while True:
        secured = log_events(log, account, "data connection secured")
        moved = sum(event.get("code") == 226 for event in log_events(log, account, "transferred"))
        if (moved >= done and len(secured) >= moved) or time.monotonic() > deadline:
            break
        time.sleep(0.05)
    resumed = sum(bool(event["resumed"] and event["bound"]) for event in secured)
    return resumed, len(secured) - resumed, moved, len(log_events(log, account, "logged in"))
