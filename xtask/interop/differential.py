"""The same lines to wharfd, vsftpd, ProFTPD and Pure-FTPd, side by side: the programme behind `cargo xtask interop --differential`.

Exits 1 when wharfd differs from most of the others without a reason, when a reason is not needed, and when its answers
are not those of docs/differential.md. WHARF_WRITE_DOCS=1 writes that page anew."""

import argparse
import os
import re
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatchcase
from pathlib import Path

import differential_page as pages
import servers
from differential_cases import cases
from differential_reasons import REASONS
from differential_session import Session
from harness import die, free_port, fresh, make_certificate, wait_for_port
from install import install

MODULES = ("copy", "digest", "deflate", "site_misc")
# Sessions with one server at a time.
AT_ONCE = 5
OWNERS = {"vsftpd": "daemon", "proftpd": "nobody", "pure-ftpd": "nobody"}
# 2024-01-02 03:04:05
CHANGED = 1_704_164_645


def arguments():
    parser = argparse.ArgumentParser(prog="cargo xtask interop --differential")
    parser.add_argument("--target", type=Path, required=True, help="the build's target folder")
    parser.add_argument("--wharfd", type=Path, required=True)
    parser.add_argument("--docs", type=Path, required=True, help="where differential.md and commands.md are")
    parser.add_argument("--install", action="store_true", help="get missing peers from Debian's packages")
    parser.add_argument("--only", default="", help="runs the cases of this verb, and prints what was answered")
    return parser.parse_args()


def proftpd(places):
    """ProFTPD with the modules that know more verbs."""
    server = servers.proftpd(places, reuse=False)
    if server is None:
        return None
    folder, port = server.root.parent, free_port()
    loaded = "".join(f"LoadModule mod_{module}.c\n" for module in MODULES) + "DeflateEngine on\nDigestEngine on\n"
    text = (folder / "explicit.conf").read_text().replace("explicit.", "more.")
    text = re.sub(r"^Port .*\n", f"Port {port}\n{loaded}", text, flags=re.MULTILINE)
    conf, log = folder / "more.conf", folder / "more.out"
    conf.write_text(text)
    child = server.start([places.program("usr/sbin/proftpd"), "--nodaemon", "--config", conf], log)
    wait_for_port(port, child, log)
    server.ports = {"clear": port, "explicit": port}
    return server


def prepare(server, number):
    """The folder of a case; what is in it belongs to the account that the server uses."""
    owner = next((account for name, account in OWNERS.items() if server.name.startswith(name)), None)
    folder = server.path(f"c{number}")
    folder.mkdir()
    for name in ("d", "e"):
        (folder / name).mkdir()
    for name, content in (("f", b"hello world"), ("lines", b"one\ntwo\n"), ("a b", b"x"), ("d/inner", b"x")):
        (folder / name).write_bytes(content)
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)
    for path in folder.rglob("*"):
        os.utime(path, (CHANGED, CHANGED))
        if owner:
            shutil.chown(path, owner)


def answer(server, number, case):
    """What a server says to the last line of a case: codes, and the text of the last reply."""
    prepare(server, number)
    # Wrong passwords and nonsense must not be held against the other cases.
    alone = case.start in "-t"
    source = f"127.0.{1 + number // 250}.{1 + number % 250}" if alone else None
    with Session(server, source) as session:
        if case.start in "tT":
            session.greeted("AUTH TLS")
        if case.start in "+T":
            session.greeted(f"USER {server.user}", f"PASS {server.password}", f"CWD /pub/c{number}")
        for line in case.lines[:-1]:
            session.step(line)
        codes, text = session.step(case.lines[-1], last=True)
    said = " ".join(codes)
    return (f"{said} {more(codes[-1], text, session.came, number)}".strip() if case.texts else said), text


def more(code, text, came, number):
    """What is compared beyond codes, without what each server may say in its own way."""
    if code == "257":
        named = re.match(r'"(?:[^"]|"")*"', text)
        return named.group().replace(f"/c{number}", "/case") if named else ""
    if code in ("213", "215"):
        return text
    return "" if came is None else f"({came} bytes)"


def versions(places):
    """Which peers these are."""
    named = {"vsftpd": "vsftpd", "proftpd-core": "ProFTPD", "pure-ftpd": "Pure-FTPd"}
    found = dict(deb.name.split("_")[:2] for deb in (places.peers / "debs").glob("*.deb"))
    return ", ".join(f"{name} {found[deb].replace('%3a', ':')}" if deb in found else name for deb, name in named.items())


def majority(answers):
    """What at least two of three say."""
    return next((each for each in answers if answers.count(each) >= 2), None)


def reasons(results, faults):
    """Gives each difference its reason; each pattern has to be of use."""
    used, out = set(), []
    for case, said, most in results:
        reason = None
        if most is not None and said[0] != most:
            for index, each in enumerate(REASONS):
                hits = [pattern for pattern in each.patterns if fnmatchcase(case.name, pattern)]
                if hits and each.covers(said[0], most):
                    reason = index
                    used |= {(index, hit) for hit in hits}
                    break
            else:
                faults.append(f"no reason: {case.name}: wharfd {said[0]}, most {most} ({', '.join(said[1:])})")
        out.append((case, said, most, None if reason is None else reason + 1))
    for index, each in enumerate(REASONS):
        faults += [f"a reason that is not needed: {pattern}: {each.text}"
                   for pattern in each.patterns if (index, pattern) not in used]
    return out


def untried(docs, chosen):
    """The verbs in docs/commands.md that no case sends."""
    table = (docs / "commands.md").read_text().split("## SITE")[0]
    verbs = {verb for row in re.findall(r"^\| (`[^|]*(?:\\\|[^|]*)*) \|", table, re.MULTILINE)
             for verb in re.findall(r"`([A-Z0-9]+)", row)}
    return sorted(verbs - {case.lines[-1].lstrip("!&~").split(" ")[0].upper() for case in chosen})


def main():
    chosen = arguments()
    begun = time.monotonic()
    target = chosen.target.resolve()
    if chosen.install:
        install(target / "peers")
    if shutil.which("openssl") is None:
        die("openssl is needed to make a certificate: install it, or use --install")
    work = fresh(target / "differential")
    places = servers.Places(work, target / "peers", chosen.wharfd, None, *make_certificate(work))
    todo = cases()
    faults = [f"no case for {verb}" for verb in untried(chosen.docs, todo)]
    todo = [case for case in todo if chosen.only in ("", case.verb)]
    starts = {"wharfd": servers.wharfd, "vsftpd": lambda places: servers.vsftpd(places, reuse=False), "ProFTPD": proftpd,
              "Pure-FTPd": servers.pure_ftpd}
    running, answers = {}, {}
    try:
        for name, start in starts.items():
            server = start(places)
            if server is None:
                die(f"{name} is not installed, or this does not run as root: use --install")
            running[name] = server
        with ThreadPoolExecutor(AT_ONCE * len(running)) as pool:
            # Round robin, so that no server is asked by more than its share at a time.
            asked = [(name, case, pool.submit(answer, server, number, case))
                     for number, case in enumerate(todo) for name, server in running.items()]
            for name, case, future in asked:
                try:
                    answers[name, case.name] = future.result()
                except Exception as problem:  # noqa: BLE001 - whatever it is, the run has failed
                    faults.append(f"{name}: {case.name}: {type(problem).__name__}: {problem}")
                    answers[name, case.name] = ("?", "")
    finally:
        for server in running.values():
            server.stop()
    results = []
    for case in todo:
        said = [answers[name, case.name][0] for name in running]
        results.append((case, said, majority(said[1:])))
        if chosen.only:
            for name in running:
                print(f"{case.name:50} {name:9} {answers[name, case.name]}")
    if not chosen.only:
        compare(chosen, results, faults, list(running), versions(places))
    for fault in faults:
        print(f"differential: {fault}")
    print(f"differential: {len(todo)} cases, {time.monotonic() - begun:.0f} s, {len(faults)} faults", flush=True)
    raise SystemExit(1 if faults else 0)


def compare(chosen, results, faults, names, peers):
    """The page against the one that is there."""
    rows = reasons(results, faults)
    text = pages.page(names, peers, rows, [each.text for each in REASONS])
    path = chosen.docs / "differential.md"
    there = path.read_text() if path.is_file() else ""
    if os.environ.get("WHARF_WRITE_DOCS"):
        path.write_text(text)
        return
    old, new = pages.ours(there), pages.ours(text)
    if old != new:
        faults.append(f"{path} is old, WHARF_WRITE_DOCS=1 writes it anew:")
        faults += [f"    not there: {line}" for line in new if line not in old][:20]
        faults += [f"    no longer: {line}" for line in old if line not in new][:20]
    elif there != text:
        print("differential: others answer otherwise than the page says; WHARF_WRITE_DOCS=1 writes it anew:")
        lines = there.splitlines()
        print("\n".join(f"    {line}" for line in text.splitlines() if line not in lines))


main()
