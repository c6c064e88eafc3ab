"""The cases: what has to hold between any client and any server."""

from harness import Failure, TooLate, fresh, make_file, must_match, run, wait_until

SIZES = {"empty": 0, "one": 1, "odd": 65_537, "large": 100 << 20}
MODES = ("clear", "explicit", "implicit")
# A cut happens after this many bytes of the large file: beyond what programs read to start up.
CUT_AT = 20 << 20


def originals(places):
    """The files that are sent, made once."""
    folder = fresh(places.work / "originals")
    return {name: make_file(folder / name, size, name) for name, size in SIZES.items()}


def matrix(outcomes, client, server, files, never):
    """Every mode and size in both directions, compared by SHA-256."""
    for mode in MODES:
        label = f"{client.name} with {server.name}, {mode}"
        if mode not in server.ports:
            outcomes.absent(label, never.get((server.name, mode), f"{server.name} does not offer it"))
            continue
        outcomes.run(f"{label}: sizes 0, 1, 65537, 100 MiB, both ways", lambda mode=mode: _sizes(client, server, mode, files))


def _sizes(client, server, mode, files):
    # XFR-03: what arrives is what was sent, byte for byte.
    folder = fresh(client.places.work / "local")
    for name, original in files.items():
        remote = f"{client.name}-{mode}-{name}"
        client.do(server, mode, "put", remote, original)
        must_match(original, server.path(remote))
        client.do(server, mode, "get", remote, folder / name)
        must_match(original, folder / name)
        server.path(remote).unlink()
        (folder / name).unlink()


def resume(outcomes, client, server, mode, files):
    """A transfer that is cut goes on where it stopped, in both directions."""
    label = f"{client.name} with {server.name}, {mode}"
    outcomes.run(f"{label}: resumed download after a cut", lambda: _resume_get(client, server, mode, files["large"]))
    outcomes.run(f"{label}: resumed upload after a cut", lambda: _resume_put(client, server, mode, files["large"]))


def _resume_get(client, server, mode, original):
    folder = fresh(client.places.work / "local")
    remote = f"{client.name}-{mode}-resume"
    make_copy(original, server.path(remote))

    def cut():
        client.cut(server, mode, "get", remote, folder / "part", CUT_AT)

    _until_cut(cut, lambda: fresh(folder))
    client.do(server, mode, "get-resume", remote, folder / "part")
    must_match(original, folder / "part")
    server.path(remote).unlink()


def _resume_put(client, server, mode, original):
    # XFR-09, XFR-10: the server keeps what arrived, the client asks how much that is and goes on there.
    remote = f"{client.name}-{mode}-resume"
    path = server.path(remote)

    def cut():
        client.cut(server, mode, "put", remote, original, CUT_AT)
        # The server reads on for as long as something of the dead client is under way, which nobody who asks can be told.
        wait_until(lambda: path.is_file() or any(path.parent.glob(".wharf-p-*")),
                   lambda: f"{server.name} kept nothing of the upload that was cut")
        if path.is_file() and path.stat().st_size == original.stat().st_size:
            raise TooLate("the upload was whole before it was cut")

    _until_cut(cut, lambda: path.unlink(missing_ok=True))
    client.do(server, mode, "put-resume", remote, original)
    must_match(original, path)
    path.unlink()


def _until_cut(cut, forget):
    """Cuts a transfer. Whoever cuts may be kept waiting by the machine for longer than the transfer takes: then once more."""
    for _ in range(5):
        try:
            return cut()
        except TooLate as problem:
            last = problem
            forget()
    raise last


def make_copy(original, path):
    """A copy that the serving account may read and replace."""
    path.write_bytes(original.read_bytes())
    path.chmod(0o666)


def many_files(folder, count):
    """A tree of `count` small files in folders of a hundred."""
    fresh(folder)
    for number in range(count):
        branch = folder / f"d{number // 100:02}"
        branch.mkdir(exist_ok=True)
        (branch / f"file {number:04}.txt").write_bytes(f"{number}\n".encode() * (number % 97))
    return folder


def same_trees(expected, found):
    """Both folders hold the same files with the same bytes."""
    names = sorted(path.relative_to(expected) for path in expected.rglob("*") if path.is_file())
    others = sorted(path.relative_to(found) for path in found.rglob("*") if path.is_file())
    if names != others:
        odd = sorted({str(name) for name in set(names) ^ set(others)})
        raise Failure(f"{len(others)} files instead of {len(names)}; not on both sides: {odd[:5]}")
    for name in names:
        must_match(expected / name, found / name)


def mirror(outcomes, lftp, server, mode):
    """lftp mirrors 1,000 files up and down again under explicit TLS, and fewer in the other modes: each waits for a disk."""
    count = 1000 if mode == "explicit" else 200

    def step():
        there = many_files(lftp.places.work / "mirror", count)
        back = fresh(lftp.places.work / "mirror-back")
        remote = f"mirror-{mode}"
        run(lftp.script(server, mode, f"mirror -R {there} /pub/{remote}"), 300, lftp.env(server))
        same_trees(there, server.path(remote))
        run(lftp.script(server, mode, f"mirror /pub/{remote} {back}"), 300, lftp.env(server))
        same_trees(there, back)

    outcomes.run(f"{lftp.name} with {server.name}, {mode}: mirror of {count:,} files, both ways", step)


def alternating(outcomes, curl, server, mode, version, count=24):
    """`count` transfers, up and down in turn, on one control session: none may lack a TLS session to resume."""
    # TLS-20, TLS-21.

    def step():
        folder = fresh(curl.places.work / "alternating")
        source = make_file(folder / "source", 4_321, "alternating")
        bound = {"1.2": ["tlsv1.2", 'tls-max = "1.2"'], "1.3": ["tlsv1.3"]}[version]
        blocks = []
        for number in range(count // 2):
            url = curl.url(server, mode, f"alternating-{version}-{number}")
            back = folder / f"back-{number}"
            blocks += [(f'upload-file = "{source}"', url), (f'output = "{back}"', url)]
        common = [*bound, f'cacert = "{curl.places.ca}"', f'user = "{server.user}:{server.password}"',
                  "silent", "show-error", "fail-early"] + (["ssl-reqd"] if mode == "explicit" else [])
        text = "next\n".join("\n".join([*common, what, f'url = "{url}"', ""]) for what, url in blocks)
        config = folder / "curl.conf"
        config.write_text(text)
        # The log of the protocol goes to a file of its own: it tells how many sessions there were.
        trace = folder / "trace"
        run(["curl", "--disable", "--trace-ascii", trace, "--config", config], 300, curl.env(server))
        for number in range(count // 2):
            must_match(source, folder / f"back-{number}")
        logins = trace.read_text(errors="backslashreplace").count(": USER ")
        if logins != 1:
            raise Failure(f"{logins} logins for {count} transfers: not one control session")

    outcomes.run(f"{curl.name} with {server.name}, {mode}: {count} alternating transfers, TLS {version}", step)


def must_be_refused(outcomes, client, server, mode, files):
    """A client that does not resume is refused where the server asks for it, and leaves no file behind."""

    def step():
        remote = f"{client.name}-refused"
        code, output = run(client.command(server, mode, "put", remote, files["odd"]), 60, client.env(server), check=False)
        if code == 0:
            raise Failure("the upload went through without resumption")
        if server.path(remote).exists():
            raise Failure("a refused upload left a file")
        # ftplib may give up on the data connection before the reply comes; the server's log tells in any case.
        if b"522" not in output and b"does not resume the TLS session" not in server.logs[0].read_bytes():
            raise Failure(f"refused, but nothing says why: {output[-300:]!r}")

    outcomes.run(f"{client.name} with {server.name}, {mode}: refused without resumption", step)


def wharf_tree(outcomes, wharf, server, mode, version, count=200):
    """`wharf put -r` and `get -r` of many files on one session."""

    def step():
        there = many_files(wharf.places.work / "tree", count)
        back = fresh(wharf.places.work / "tree-back")
        remote = f"tree-{mode}-{version}"
        words = [wharf.places.wharf, *wharf.options(mode), "--tls-max", version]
        run([*words, "put", "-r", there, wharf.url(server, mode, remote)], 300, wharf.env(server))
        same_trees(there, server.path(remote))
        run([*words, "get", "-r", wharf.url(server, mode, remote), back / "tree"], 300, wharf.env(server))
        same_trees(there, back / "tree")

    outcomes.run(f"{wharf.name} with {server.name}, {mode}: {count} files with -r, TLS {version}", step)
