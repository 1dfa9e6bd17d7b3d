"""Fusions: passes over a program's steps that replace several steps by one."""
