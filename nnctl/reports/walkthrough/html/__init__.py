"""Walkthroughs as HTML pages that need no network: `nnctl explain RUN --row N --html FILE`, or with a config."""
