"""The words that a study file may use where it has to choose one, and how each reads on a page."""

DESIGN_WORDS = {
    "rct-parallel": "randomised, parallel",
    "rct-crossover": "randomised crossover",
    "rct-factorial": "randomised, factorial",
    "controlled": "controlled, allocation not stated",
    "dose-finding": "dose finding",
    "single-arm": "single group",
    "cohort": "cohort",
    "registry": "registry, before and after",
    "case-series": "case series",
    "biomarker": "biomarker study",
    "systematic-review": "systematic review",
    "meta-analysis": "meta-analysis",
    "review": "review",
    "protocol": "registered, no results",
}
DESIGNS = tuple(DESIGN_WORDS)
REVIEWS = ("systematic-review", "meta-analysis", "review")
BLINDINGS = ("none", "single-blind", "double-blind", "not-applicable")
COMPARATORS = ("placebo", "active", "none", "mixed")
ROLES = ("ldn", "naltrexone", "placebo", "active", "none")
BETTER = ("lower", "higher", "neither")
ERROR_KINDS = ("unstated", "sd", "se", "ci-half-width")
USABLE = (
    "arm", "arm-uncertain-n", "contrast", "contrast-unverified", "direction", "individual-data", "none",
    "parameter", "pooled", "pooled-pre-post", "single-arm",
)  # fmt: skip
FAVOURS = ("ldn", "naltrexone", "comparator", "neither")
MEASURES = {
    "MD": "mean difference",
    "SMD": "standardised mean difference",
    "RR": "risk ratio",
    "OR": "odds ratio",
    "RD": "risk difference",
    "HR": "hazard ratio",
    "ratio": "ratio whose kind is not stated",
    "difference": "difference between arms",
    "median-difference": "median of the differences within persons",
    "within-change": "change from before, no comparator",
    "p-only": "p value of a comparison, no size",
    "p-within": "p value of a change from before",
    "F": "F statistic",
    "R2": "share of variance explained",
    "ED50": "dose that suffices for half of the people, mg",
    "ED95": "dose that suffices for 95 % of the people, mg",
    "words": "a result in words",
}
SIGNS = {  # what the sign of an estimate means
    "printed": "LDN minus the comparator, or over it; after minus before",
    "reversed": "the other way round; it is turned before it is used",
    "unsigned": "a size without a sign; the printed verdict or the arms tell the direction",
    "unknown": "not stated; both readings are kept",
}
SIGNED = ("MD", "SMD", "RD", "difference", "median-difference", "within-change", "RR", "OR", "HR", "ratio")
RATIOS = ("RR", "OR", "HR", "ratio")
