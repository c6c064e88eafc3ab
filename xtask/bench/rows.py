"""The rows: what is asked of every server, and how its outcome is counted."""

from dataclasses import dataclass

MIB, GIB = 1 << 20, 1 << 30
# What a server does not offer at all; no setting could change it.
NEVER = {("vsftpd", "mlsd")}


@dataclass(frozen=True)
class Sizes:
    """How much of everything a run moves."""

    big: int = GIB
    files: int = 2000
    logins: int = 320
    tls_logins: int = 160
    short: int = 10_000
    long: int = 100_000
    listings: int = 5
    lanes: int = 64
    lane: int = 16 * MIB
    commands: int = 20_000
    sessions: int = 2000
    many: int = 15_000


QUICK = Sizes(big=64 * MIB, files=100, logins=16, tls_logins=16, short=1000, long=5000, listings=1, lanes=16, lane=MIB,
              commands=2000, sessions=20, many=200)
SMALL = 4096


@dataclass(frozen=True)
class Metric:
    """One number of a row."""

    unit: str
    # From what the load said, and the server's processor seconds.
    value: object
    more_is_better: bool = False
    digits: int = 2


RATE = Metric("MB/s", lambda got, cpu: got["bytes"] / got["seconds"] / 1e6, True, 0)
RATE_CPU = Metric("server CPU s/GiB", lambda got, cpu: cpu / got["bytes"] * GIB)


def _each(name, scale, unit, digits=3):
    return Metric(f"server CPU {unit}/{name}", lambda got, cpu: cpu / got["count"] * scale, digits=digits)


def _per_second(name):
    return Metric(f"{name}/s", lambda got, cpu: got["count"] / got["seconds"], True, 0)


FILES = (_per_second("files"), _each("file", 1e3, "ms"))
LOGINS = (_per_second("logins"), _each("login", 1e3, "ms"))
COMMANDS = (_per_second("commands"), _each("command", 1e6, "us", 2))
LISTINGS = (Metric("ms", lambda got, cpu: got["seconds"] / got["count"] * 1e3, digits=1),
            _each("listing", 1e3, "ms", 1))
MEMORY = (Metric("KiB/session", lambda got, cpu: got["grown"] / got["count"], digits=1),)


@dataclass(frozen=True)
class Row:
    """One thing that every server does."""

    key: str
    title: str
    metrics: tuple
    # The mode of wharf-bench and its options.
    mode: str
    options: tuple
    tls: bool = False
    # How the server is set up: plain, aes128, hash, data, full, disk.
    variant: str = "plain"
    # The limit of the machine that the first metric is compared with.
    limit: str = ""
    # Measured in the first round alone.
    once: bool = False
    anonymous: bool = False
    # Only this server.
    only: str = ""


def server_rows(sizes, full):
    """All rows in the order of the table."""
    rows = []
    big, lane = ("--path", "big", "--size", sizes.big), ("--parallel", sizes.lanes, "--size", sizes.lane)
    many = ("--count", sizes.files, "--size", SMALL)
    protections = (("clear", False), ("tls", True))
    named = {"clear": "clear", "tls": "TLS 1.3, AES-256-GCM"}
    size = f"{sizes.big >> 20} MiB"
    for word, mode, key in (("RETR", "fetch", "retr"), ("STOR", "store", "stor")):
        what = big if mode == "fetch" else ("--path", "up/big", "--file", "BIG")
        for name, tls in protections:
            rows.append(Row(f"{key}-{name}", f"{word} of {size}, {named[name]}", (RATE, RATE_CPU), mode, what, tls,
                            limit="tls256" if tls else "sendfile"))
        rows.append(Row(f"{key}-tls128", f"{word} of {size}, TLS 1.3, AES-128-GCM", (RATE, RATE_CPU), mode, what, True,
                        "aes128", limit="tls128"))
    for name, tls in protections:
        rows.append(Row(f"files-get-{name}", f"RETR of {sizes.files} files of 4 KiB, {name}", FILES, "files",
                        ("--path", "small", *many), tls))
    for name, tls in protections:
        rows.append(Row(f"files-put-{name}", f"STOR of {sizes.files} files of 4 KiB, {name}", FILES, "stores",
                        ("--path", "up", *many), tls))
    for name, tls in protections:
        for lanes in (1, 16):
            count = sizes.tls_logins if tls else sizes.logins
            rows.append(Row(f"login-{name}-{lanes}", f"logins, {name}, {lanes} at a time", LOGINS, "login",
                            ("--count", count, "--parallel", lanes), tls))
    rows.append(Row("login-anonymous", "anonymous logins, clear", LOGINS, "login", ("--count", sizes.logins),
                    anonymous=True))
    rows.append(Row("login-hash", "logins against a slow hash (Argon2id; the peers SHA-512 crypt)", LOGINS, "login",
                    ("--count", max(sizes.tls_logins // 3, 5)), variant="hash"))
    for entries, repeat in ((sizes.short, sizes.listings), (sizes.long, 1)):
        for verb in ("LIST", "MLSD"):
            rows.append(Row(f"{verb.lower()}-{'short' if entries == sizes.short else 'long'}",
                            f"{verb} of {entries} entries", LISTINGS, "list",
                            ("--path", f"many{entries}", "--verb", verb, "--count", repeat)))
    for name, tls in protections:
        rows.append(Row(f"parallel-{name}", f"{sizes.lanes} RETR of {sizes.lane >> 20} MiB at the same time, {name}",
                        (RATE, RATE_CPU), "parallel", ("--path", "mid", *lane), tls,
                        limit="tls256" if tls else "sendfile"))
    for depth in (1, 100):
        together = "one by one" if depth == 1 else f"{depth} at a time"
        rows.append(Row(f"commands-{depth}", f"NOOP, {together}", COMMANDS, "commands",
                        ("--count", sizes.commands, "--depth", depth)))
    for name, tls in protections:
        rows.append(Row(f"idle-{name}", f"memory of {sizes.sessions} idle sessions, {name}", MEMORY, "idle",
                        ("--count", sizes.sessions), tls, "fresh", once=True))
    if full:
        for name, tls in protections:
            rows.append(Row(f"idle-many-{name}", f"memory of {sizes.many} idle sessions, {name}", MEMORY, "idle",
                            ("--count", sizes.many), tls, "fresh", once=True, only="wharfd"))
    for durability in ("off", "data", "full"):
        variant = "disk" if durability == "off" else durability
        rows.append(Row(f"disk-files-{durability}", f"STOR of {sizes.files} files of 4 KiB to a disk, "
                        f"durability {durability}", FILES, "stores", ("--path", "up", *many), variant=variant,
                        only="wharfd"))
        rows.append(Row(f"disk-uploads-{durability}", f"{sizes.lanes} STOR of 1 MiB to a disk at the same time, "
                        f"durability {durability}", (RATE, RATE_CPU), "uploads",
                        ("--path", "up", "--parallel", sizes.lanes, "--size", MIB), variant=variant, only="wharfd"))
    return rows
