"""sslscan against wharfd: only TLS 1.2 and 1.3, only strong ciphers, nothing that was ever an attack."""

import os
import select
import shutil
import socket
import ssl
import subprocess
import time
import xml.etree.ElementTree as ElementTree

from harness import Failure, run

ENABLED = {("tls", "1.2"), ("tls", "1.3")}
NAMED = {("ssl", "2"), ("ssl", "3"), ("tls", "1.0"), ("tls", "1.1")} | ENABLED
# Words that a cipher's name has when it is weak, and the only key exchange and modes that it may have.
WEAK = ("RC4", "DES", "NULL", "EXP", "anon", "ADH", "AECDH", "MD5", "IDEA", "SEED", "CBC")
STRONG = ("GCM", "CHACHA20")


def available():
    """Whether sslscan is here."""
    return shutil.which("sslscan") is not None


def scan(server, mode, report=None):
    """Scans one port; raises a failure for everything that should not be. Returns what sslscan printed."""
    where = f"127.0.0.1:{server.ports[mode]}"
    words = ["sslscan", "--no-colour", *(["--starttls-ftp"] if mode == "explicit" else []), f"--xml={report}", where]
    _, text = run(words, 120)
    judge(ElementTree.parse(report).getroot().find("ssltest"))
    offer_compression(server.ports[mode], mode)
    renegotiate(server.ports[mode], mode)
    return text.decode()


def judge(test):
    """Fails for the first thing that is wrong in a report."""
    if test is None:
        raise Failure("sslscan reported nothing")
    found = {(each.get("type"), each.get("version")): each.get("enabled") for each in test.findall("protocol")}
    # A version that was not tried would look like one that is refused.
    if found.keys() != NAMED:
        raise Failure(f"sslscan tried {sorted(found)}")
    enabled = {version for version, on in found.items() if on == "1"}
    if enabled != ENABLED:
        raise Failure(f"enabled: {sorted(enabled)}")
    ciphers = test.findall("cipher")
    for cipher in ciphers:
        name = cipher.get("cipher")
        forward = name.startswith(("TLS_", "ECDHE-"))
        if not forward or int(cipher.get("bits")) < 128 or any(word in name for word in WEAK) or not any(
                word in name for word in STRONG):
            raise Failure(f"a weak cipher: {name}, {cipher.get('bits')} bits")
    if {cipher.get("sslversion") for cipher in ciphers} != {"TLSv1.2", "TLSv1.3"}:
        raise Failure("not every version was tried for its ciphers")
    for group in test.findall("group"):
        if int(group.get("bits")) < 112:
            raise Failure(f"a weak group: {group.get('name')}")
    bleeding = test.findall("heartbleed")
    if len(bleeding) != len(ENABLED) or any(each.get("vulnerable") != "0" for each in bleeding):
        raise Failure("heartbleed")
    for each in test.findall("compression"):
        if each.get("supported") != "0":
            raise Failure("compression is supported")


def offer_compression(port, mode):
    """Offers DEFLATE in TLS 1.2, which Debian's sslscan cannot: the server must choose none."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    outgoing = ssl.MemoryBIO()
    try:
        context.wrap_bio(ssl.MemoryBIO(), outgoing).do_handshake()
    except ssl.SSLWantReadError:
        pass
    with socket.create_connection(("127.0.0.1", port), timeout=20) as sock:
        if mode == "explicit":
            sock.recv(1024)
            sock.sendall(b"AUTH TLS\r\n")
            sock.recv(1024)
        sock.sendall(with_deflate(outgoing.read()))
        answer = sock.recv(4096)
    # An alert (21) refuses, a ServerHello (22, 2) tells the method behind its session id.
    if answer[:1] == b"\x15":
        return
    if answer[:1] != b"\x16" or answer[5] != 2:
        raise Failure(f"neither ServerHello nor alert: {answer[:16].hex()}")
    method = answer[43 + 1 + answer[43] + 2]
    if method != 0:
        raise Failure(f"the server chose compression method {method}")


def renegotiate(port, mode):
    """Asks for a second handshake in TLS 1.2 (sslscan finds none even where there is one): the server must refuse."""
    words = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-tls1_2"]
    words += ["-starttls", "ftp"] if mode == "explicit" else []
    child = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        # OpenSSL takes no data while it shakes hands again: a greeting that crosses the request would end the connection
        # before the server could refuse. In explicit mode the greeting came in clear, and s_client shows the summary.
        said = _until(child, b"Extended master secret" if mode == "explicit" else b"\n220 ")
        child.stdin.write(b"R\n")
        child.stdin.flush()
        # It ends by itself when it is refused; else the first sign of a second handshake would be silence.
        said += child.stdout.read() if _ends(child) else b""
    finally:
        child.kill()
        child.wait()
    if b"RENEGOTIATING" not in said or b"no renegotiation" not in said:
        raise Failure(f"renegotiation was not refused: {said[-200:]!r}")


def _until(child, sign, limit=10):
    """What a process has said once a sign is in it; a failure where it does not come in time."""
    deadline, said = time.monotonic() + limit, b""
    while sign not in said:
        ready, _, _ = select.select([child.stdout], [], [], max(deadline - time.monotonic(), 0))
        more = os.read(child.stdout.fileno(), 65536) if ready else b""
        if not more:
            raise Failure(f"{sign!r} did not come: {said[-200:]!r}")
        said += more
    return said


def _ends(child, limit=10):
    """Whether a process that says little ends in time."""
    try:
        child.wait(limit)
    except subprocess.TimeoutExpired:
        return False
    return True


def with_deflate(record):
    """A ClientHello record that offers DEFLATE (RFC 3749) before none."""
    at = 5 + 4 + 2 + 32
    at += 1 + record[at]
    at += 2 + int.from_bytes(record[at:at + 2])
    if record[at:at + 2] != b"\x01\x00":
        raise Failure("no list of compression methods where it should be")
    body = bytearray(record[5:at] + b"\x02\x01\x00" + record[at + 2:])
    body[1:4] = (len(body) - 4).to_bytes(3)
    return record[:3] + len(body).to_bytes(2) + bytes(body)
