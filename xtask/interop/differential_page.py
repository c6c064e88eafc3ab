"""docs/differential.md: one table for each verb, written from what the servers answered."""

import re

from differential_cases import STARTS

HEADER = "| Case | {} | Majority | Why |"
RULE = "|---|---|---|---|---|---|---|"


def code(text):
    """Text of a script in a table."""
    text = text.replace("|", "\\|")
    return f"``{text}``" if "`" in text else f"`{text}`"


def shown(case):
    """The first column."""
    lines = " → ".join(code(line) if line != "~" else "`~` and an empty line" for line in case.lines)
    start = STARTS[case.start]
    return f"{start}: {lines}" if start else lines


def page(names, versions, results, notes):
    """The whole page. `results` has (case, answers, majority, reason); `notes` what reasons there are."""
    differing = [row for row in results if row[3]]
    none = [row for row in results if row[2] is None]
    out = [
        "# What other servers answer",
        "",
        "The same lines, sent to `wharfd` and to three other servers. This page is made by `cargo xtask interop --differential`,",
        "which fails when an answer of `wharfd` is not the one that stands here, and when one differs from what most of the",
        "others say without a reason given.",
        "",
        f"Compared with {versions}.",
        "",
        f"{len(results)} cases; in {len(results) - len(none) - len(differing)} of them `wharfd` answers what at least two of the"
        f" others answer, in {len(differing)} it differs,",
        f"and in {len(none)} no two of the others agree.",
        "",
        "The answer is the one to the last line: its codes, and `closed` where the connection was closed instead. A case runs",
        "logged in unless it says otherwise, in a folder that holds the files `f` (11 bytes), `lines` (two lines that end in LF)",
        "and `a b`, an empty folder `e`, and a folder `d` with a file `inner`. `{user}` and `{password}` are those of the account,",
        "`{300}` that many letters; `{listening}` and `{port}` tell a port of the client's, `{refusing}` one where nobody",
        "listens. `!` before a line: the data connection is made at once. `&` before it: the transfer is left open. `~` before",
        "it: some servers say nothing (`silence`), and nobody waits long for them. `?` asks whether the control connection is",
        "still open. `\\s` is a space; `\\r`, `\\n`, `\\0` and `\\xff` are bytes.",
        "",
        "vsftpd runs with an anonymous account that may write, since its other accounts are those of the system; ProFTPD",
        "with mod_tls, mod_copy, mod_digest, mod_deflate and mod_site_misc.",
        "",
        "## Reasons",
        "",
    ]
    for number, reason in enumerate(notes, 1):
        out.append(f"{number}. {reason}")
    verb = None
    for case, answers, majority, reason in results:
        if case.verb != verb:
            verb = case.verb
            out += ["", f"## {verb}", "", HEADER.format(" | ".join(names)), RULE]
        cells = [shown(case), *answers, majority or "none", f"[{reason}](#reasons)" if reason else ""]
        out.append(f"| {' | '.join(cells)} |".replace("|  |", "| |"))
    return "\n".join(out) + "\n"


def ours(text):
    """The page without what other servers said."""
    kept = []
    for line in text.splitlines():
        cells = re.split(r"(?<!\\)\|", line)
        if len(cells) == 9:
            kept.append("|".join(cells[:3] + cells[-2:]))
        elif not line.startswith(("Compared with", "and in ")) and "of them `wharfd` answers" not in line:
            kept.append(line)
    return kept
