"""Hypothesis profiles: the default and CI's longer one repeat themselves, the deep one searches."""

from __future__ import annotations

import os

os.environ["HARNESS_CACHE"] = ""  # a test sees what the code does, not what it did before

from hypothesis import HealthCheck, settings

settings.register_profile(
    "default",
    derandomize=True,
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "ci",
    derandomize=True,
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "deep",
    max_examples=2000,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HARNESS_HYPOTHESIS", "default"))
