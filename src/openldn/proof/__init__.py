"""Proof: the model held against measurements. See `check` and `checks.toml`."""

from openldn.proof.check import Check, Outcome, checks, checks_fingerprint, chosen_checks, run_checks

__all__ = ["Check", "Outcome", "checks", "checks_fingerprint", "chosen_checks", "run_checks"]
