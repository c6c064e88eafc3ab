"""docs/performance.md and its chart, made from the figures of one run."""

from math import log2
from statistics import median

import short
from table import number

HEAD = """# Performance

Made by `cargo xtask bench --write`; edit xtask/bench/page.py instead of this page.

wharfd and wharf beside their peers, in one run on one machine over loopback. The servers run on one core and the load on the
other; files lie in memory, all servers show the same RSA-2048 certificate, none writes a log of transfers, and wharfd runs with
`--durability off` unless a row says otherwise: its peers do not wait for a disk either. Each round does every row with every program
before the next round begins. A figure is the median of its rounds; limits are the best of theirs.

"Ahead" compares ours with the best peer of the row, above 1 is better. "Of limit" compares ours with what the machine does without any
FTP around it: sendfile or read and write between two sockets, or a file through rustls into a socket.
"""


def write(docs, sections, outcome):
    """Writes the page and the chart."""
    (docs / "performance.md").write_text(markdown(sections, outcome))
    (docs / "performance.svg").write_text(chart(sections))


def markdown(sections, outcome):
    machine = outcome["machine"]
    rounds = f"{outcome['rounds']} rounds" if outcome["rounds"] != 1 else "1 round"
    parts = [HEAD, "![How far ahead of the best peer](performance.svg)\n", "## The run\n", "\n".join([
        f"* {machine['date']}, {rounds} in {outcome['seconds']} s"
        + (", small sizes: the figures say little" if outcome["quick"] else ""),
        f"* {machine['cpu']}, {machine['cores']} cores, {machine['memory_gib']} GiB, Linux {machine['kernel']}",
        f"* load average {machine['load_before']:.1f} before the run and {machine['load_after']:.1f} after it; its own load is"
        " about 2",
        *([f"* the host took {100 * median(stolen):.1f} % of the machine's time from the median cell and {100 * max(stolen):.0f} % from the worst;"
           " cells that lost more than 4 % were measured again, up to twice, and the least disturbed one counts"]
          if (stolen := outcome.get("stolen")) else []),
        "* " + ", ".join(f"{name} {version}" for name, version in outcome["versions"].items()),
        *(f"* {name}: {note}" for name, note in outcome.get("notes", {}).items()),
        *(f"* missing: {name} ({how})" for name, how in outcome["missing"].items()),
    ]) + "\n"]
    for section in sections:
        head = [section.title, "unit", *section.names, "ahead", "limit", "of limit"]
        lines = ["| " + " | ".join(head) + " |", "|---|---|" + "---:|" * (len(head) - 2)]
        for line in section.lines:
            cells = [_cell(line.shown(name), name == section.ours) for name in section.names]
            row = [line.title, line.unit, *cells, number(line.ratio), number(line.limit, line.digits),
                   number(line.of_limit)]
            lines.append("| " + " | ".join(row) + " |")
        parts += [f"## {section.title}\n", "\n".join(lines) + "\n"]
    if any(line.busy for section in sections for line in section.lines):
        parts.append("A star: the load's own processor was busy all the time, so the load may be what was measured.\n")
    if outcome["limits"]:
        lines = ["| limit | MB/s | CPU s/GiB |", "|---|---:|---:|"]
        lines += [f"| {LIMITS[name]} | {rate:,.0f} | {cpu:.2f} |" for name, (rate, cpu) in outcome["limits"].items()]
        parts += ["## What the machine can do\n", "\n".join(lines) + "\n"]
    if outcome["rounds"] > 1 and (missed := short.paragraphs(sections)):
        parts += ["## Where it falls short of what it should reach\n", "\n".join(missed) + "\n"]
    if outcome["problems"]:
        parts += ["## What did not work\n", "\n".join(f"* {problem}" for problem in outcome["problems"]) + "\n"]
    return "\n".join(parts)


def _cell(figure, ours):
    """A figure in Markdown; a star is no emphasis."""
    figure, starred = figure.rstrip("*"), figure.endswith("*")
    return (f"**{figure}**" if ours else figure) + (r" \*" if starred else "")


LIMITS = {
    "sendfile": "a file to a socket by sendfile",
    "copy": "a file to a socket by read and write",
    "tls256": "a file through rustls into a socket, AES-256-GCM",
    "tls128": "a file through rustls into a socket, AES-128-GCM",
    "seal256": "AES-256-GCM alone, records of 16 KiB",
    "seal128": "AES-128-GCM alone, records of 16 KiB",
}

# The chart: a bar for each row, from the best peer (1) to ours, on a scale of doublings.
WIDTH, LABELS, STEP, TOP, DOUBLINGS = 960, 400, 20, 56, 3


def chart(sections):
    """Bars to the right are ahead of the best peer, bars to the left behind it; each grid line is a doubling."""
    bars = [(section.title, f"{line.title}, {line.unit}", line.ratio)
            for section in sections for line in section.lines if line.ratio]
    height = TOP + STEP * len(bars) + 16
    middle, unit = LABELS + (WIDTH - LABELS - 60) / 2, (WIDTH - LABELS - 60) / 2 / DOUBLINGS
    found = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" '
             'font-size="11">', f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
             '<text x="12" y="22" font-size="15">Ahead of the best peer (right) or behind it (left)</text>']
    for step in range(-DOUBLINGS, DOUBLINGS + 1):
        x = middle + step * unit
        name = f"{2 ** step}x" if step >= 0 else f"1/{2 ** -step}"
        found += [f'<line x1="{x:.0f}" y1="{TOP - 6}" x2="{x:.0f}" y2="{height - 12}" '
                  f'stroke="{"#444" if step == 0 else "#ddd"}"/>',
                  f'<text x="{x:.0f}" y="{TOP - 12}" text-anchor="middle" fill="#666">{name}</text>']
    for place, (_, label, ratio) in enumerate(bars):
        y = TOP + place * STEP
        length = max(-DOUBLINGS, min(DOUBLINGS, log2(ratio))) * unit
        colour = "#2a7f4f" if ratio >= 1 else "#b5482f"
        side = ("start", middle + length + 4) if length >= 0 else ("end", middle + length - 4)
        found += [f'<text x="{LABELS - 8}" y="{y + 13}" text-anchor="end" fill="#222">{label}</text>',
                  f'<rect x="{min(middle, middle + length):.1f}" y="{y + 3}" width="{abs(length):.1f}" height="{STEP - 6}" '
                  f'fill="{colour}"/>',
                  f'<text x="{side[1]:.1f}" y="{y + 13}" text-anchor="{side[0]}" fill="#222">{ratio:.2f}</text>']
    return "\n".join([*found, "</svg>"]) + "\n"
