"""Tests of the pages in docs/ and of the READMEs: every YAML block is a config, every command block runs."""
