"""What each row should reach, and why the rows that do not fall short."""

# How far ahead of the best peer a row should be, by the beginning of its key; the first that fits counts.
TARGETS = (
    ("retr", 1.0), ("stor", 1.0), ("files-get-clear", 1.2), ("files-put-clear", 1.2), ("files-get-tls", 2.0),
    ("files-put-tls", 2.0), ("login-hash", None), ("login", 1.5), ("list", 1.5), ("mlsd", 1.5), ("parallel", 1.2),
    ("commands", 1.0), ("idle", 1.0), ("client-mirror", 1.2), ("client", 1.0),
)
# Why, and what was tried, by the beginning of a key.
REASONS = (
)


def missed(line):
    """What the row should reach, where it does not."""
    wanted = next((target for start, target in TARGETS if line.key.startswith(start)), None)
    return wanted if wanted is not None and line.ratio is not None and line.ratio < wanted else None


def paragraphs(sections):
    """The rows that fall short, each with its reason, as lines of Markdown."""
    found = []
    for section in sections:
        for line in section.lines:
            wanted = missed(line)
            if wanted is None:
                continue
            why = next((text for start, text in REASONS if line.key.startswith(start)), None)
            found.append(f"* **{line.title}, {line.unit}**: {line.ratio:.2f} instead of {wanted:.1f} ({line.best} is best)."
                         + (f" {why}" if why else ""))
    return found
