"""What all tests share: Hypothesis draws the same examples in every run, without a stop-watch."""

from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")
