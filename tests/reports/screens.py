"""Terminals for tests: a text buffer that looks like a terminal of a given width, or like a pipe."""

import io

from nnctl.reports.terminal import Terminal


def screen(width=None, unicode=True, color=False, live=False):
    return Terminal(io.StringIO(), live=live, color=color, unicode=unicode, width=width)


def lines(terminal):
    return terminal.stream.getvalue().splitlines()
