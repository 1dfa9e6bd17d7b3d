"""axe-core on a page: what it finds in one of the views."""

from importlib import resources

# axe-core looks at every cell; a few rows of each table tell as much as all, in a fraction of the time.
SHORTENED = """() => {
  document.querySelectorAll("details").forEach((one) => { one.open = true; });
  document.querySelectorAll("tbody").forEach((body) => [...body.rows].slice(3).forEach((row) => row.remove()));
}"""

# The rules that another color or width can break; the others see the same page.
CHANGING = {
    "dark": ["color-contrast", "link-in-text-block"],
    "phone": ["scrollable-region-focusable", "target-size"],
}


def violations(page, view):
    """The rules that a page, shown in this view, breaks, each with its first nodes."""
    page.evaluate(SHORTENED)
    page.evaluate((resources.files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8"))
    options = {"resultTypes": ["violations"]}
    if view in CHANGING:
        options["runOnly"] = CHANGING[view]
    found = page.evaluate("(options) => axe.run(document, options)", options)["violations"]
    return [(one["id"], [node["html"][:200] + str(node["any"])[:300] for node in one["nodes"]][:3]) for one in found]
