"""Redaction of recorded events: which fields, how, and the same values wherever else they stand."""

from __future__ import annotations

from harness.redaction.profile import Action, Profile, Rule, default, one_field, read
from harness.redaction.redactor import Redactor, Report

__all__ = ["Action", "Profile", "Redactor", "Report", "Rule", "default", "one_field", "read"]
