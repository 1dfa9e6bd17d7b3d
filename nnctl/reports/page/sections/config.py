"""The resolved config: each value and where it comes from, and the file itself."""

from __future__ import annotations

from nnctl.reports.findings.config_values import values_set
from nnctl.reports.findings.document import Run
from nnctl.reports.notes import translated_origin
from nnctl.reports.page.context import Page, Section
from nnctl.reports.page.elements import tag
from nnctl.reports.page.tables import code, key_name, table
from nnctl.translation import _


def sections(run: Run, page: Page) -> list[Section | None]:
    values = run["config"]
    own = values_set(values)
    titles = [_("key"), _("value"), _("origin")]

    def rows(chosen):
        return ([key_name(one["key"]), tag("code", one["value"]), translated_origin(one["origin"])] for one in chosen)

    parts = []
    if own:
        how = _("The values that the config or the command line sets, and where each of them stands.")
        shown = table(titles, rows(own), _("Values that were set"), sortable=True)
        parts.append(page.figure(_("Values that were set"), how, shown))
    if len(values) > len(own):
        everything = table(titles, rows(values), _("All values"), sortable=True)
        parts.append(tag("details", tag("summary", _("All values, the defaults among them")), everything))
    if run["config_yaml"]:
        summary = tag("summary", _("The config as YAML"))
        parts.append(tag("details", summary, code(run["config_yaml"].rstrip("\n"), _("Copy the config"))))
    return [page.section("config", _("Config"), *parts)]
