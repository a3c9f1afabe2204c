"""Versions: the registry, the log, replays."""
