"""The figures as lines, and the lines as a table of text."""

import statistics
from dataclasses import dataclass, field

# A load whose own processor was busy for this part of the time may have been what was measured.
BUSY = 0.95


@dataclass
class Line:
    """One metric of one row: the medians of all who did it."""

    key: str
    title: str
    unit: str
    digits: int
    more_is_better: bool
    values: dict
    best: str = ""
    # Ours against the best peer, and against the limit of the machine; above 1 is ahead.
    ratio: float | None = None
    limit: float | None = None
    of_limit: float | None = None
    busy: set = field(default_factory=set)

    def shown(self, name):
        """A figure, with a star where the load was busy all the time."""
        if name not in self.values:
            return "-"
        return f"{self.values[name]:,.{self.digits}f}" + ("*" if name in self.busy else "")


@dataclass
class Section:
    """Rows that the same programs do."""

    title: str
    ours: str
    names: list
    lines: list


def sections(programme, outcome):
    """The sections of a run, in order."""
    found = []
    for title, ours, names, rows in (
        ("Servers", "wharfd", programme.names, programme.rows),
        ("Clients", "wharf", programme.clients.names, programme.client_rows),
    ):
        lines = [line for row in rows for line in _lines(row, ours, outcome)]
        if lines:
            found.append(Section(title, ours, list(names), lines))
    return found


def _lines(row, ours, outcome):
    medians, cells = outcome["medians"].get(row.key, {}), outcome["cells"].get(row.key, {})
    if not medians:
        return
    busy = {name for name, of_name in cells.items() if statistics.median(cell["load"] for cell in of_name) > BUSY}
    for number, metric in enumerate(row.metrics):
        values = {name: figures[number] for name, figures in medians.items()}
        line = Line(row.key, row.title, metric.unit, metric.digits, metric.more_is_better, values)
        if number == 0:
            line.busy = busy
        choose = max if metric.more_is_better else min
        others = {name: value for name, value in values.items() if name != ours}
        if others:
            line.best = choose(others, key=others.get)
        if ours in values and others:
            line.ratio = _ahead(values[ours], others[line.best], metric.more_is_better)
        limits = outcome["limits"].get(row.limit)
        if limits and number < len(limits):
            line.limit = limits[number]
            if ours in values:
                line.of_limit = _ahead(values[ours], line.limit, metric.more_is_better)
        yield line


def _ahead(mine, other, more_is_better):
    top, bottom = (mine, other) if more_is_better else (other, mine)
    return top / bottom if bottom else None


def number(value, digits=2):
    return "-" if value is None else f"{value:,.{digits}f}"


def _grid(head, body):
    widths = [max(len(row[column]) for row in [head, *body]) for column in range(len(head))]
    return ["  ".join(word.ljust(width) if column < 2 else word.rjust(width)
                      for column, (word, width) in enumerate(zip(row, widths))).rstrip() for row in [head, *body]]


def text(found, outcome):
    """The whole report."""
    machine = outcome["machine"]
    lines = ["", f"{machine['date']}, {machine['cpu']}, {machine['cores']} cores, Linux {machine['kernel']}, load average "
             f"{machine['load_before']:.1f} before and {machine['load_after']:.1f} after",
             f"rounds: {outcome['rounds']}, {outcome['seconds']} s"
             + ("; small sizes: good for checking the programme, not for its figures" if outcome["quick"] else "")]
    lines.append("versions: " + ", ".join(f"{name} {version}" for name, version in outcome["versions"].items()))
    lines += [f"{name}: {note}" for name, note in outcome.get("notes", {}).items()]
    for name, how in outcome["missing"].items():
        lines.append(f"missing: {name} ({how})")
    for section in found:
        head = [section.title, "", *section.names, "ahead of best peer", "limit", "of limit"]
        body = []
        for line in section.lines:
            body.append([line.title, line.unit, *(line.shown(name) for name in section.names), number(line.ratio),
                         number(line.limit, line.digits), number(line.of_limit)])
        lines += ["", *_grid(head, body)]
    if outcome["limits"]:
        lines += ["", "limits of the machine: " + ", ".join(
            f"{name} {rate:,.0f} MB/s, {cpu:.2f} CPU s/GiB" for name, (rate, cpu) in outcome["limits"].items())]
    lines += ["", "ahead: above 1 is better than the best peer; *: the load's processor was busy all the time"]
    lines += [f"problem: {problem}" for problem in outcome["problems"]]
    return "\n".join(lines)
