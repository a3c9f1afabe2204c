"""The worked example is run by a test of its own, in this process, and not as a part of these tests."""

collect_ignore = ["worked_example"]
