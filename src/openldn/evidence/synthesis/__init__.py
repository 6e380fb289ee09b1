"""Meta-analysis."""
