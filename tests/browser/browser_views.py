"""How the pages are looked at: (colors, width, height)."""

VIEWS = {"light": ("light", 1280, 900), "dark": ("dark", 1280, 900), "phone": ("light", 390, 844)}


def look(page, view):
    """Shows the page in one of VIEWS."""
    colors, width, height = VIEWS[view]
    page.emulate_media(color_scheme=colors)
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_timeout(50)  # charts follow with the next frames
