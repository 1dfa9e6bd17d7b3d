"""Python imports this as it starts, where this folder is on PYTHONPATH."""

import os

if os.environ.get("NNCTL_TEST_AS_WINDOWS"):
    import pretended_windows

    pretended_windows.begin()
    pretended_windows.redirect()
