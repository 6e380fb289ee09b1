"""Proof: the model held against measurements. See `check` and `checks.toml`."""

from openldn.proof.check import Check, Outcome, checks, checks_fingerprint, run_checks

__all__ = ["Check", "Outcome", "checks", "checks_fingerprint", "run_checks"]
