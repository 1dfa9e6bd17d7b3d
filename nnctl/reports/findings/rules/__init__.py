"""The rules of the verdict: each looks at what was found in a run and says one thing about it, or nothing."""
