"""Why wharfd differs from what most of the others answer."""


class Reason:
    """One reason for a family of cases: patterns of their names, our answer, and the text."""

    def __init__(self, ours, text, *patterns):
        self.ours, self.text, self.patterns = ours, text, patterns


REASONS = []
