"""From measurements to parameters. So far: what PET scans say about occupancy of the brain.

May see everything but figures, answers and the doors; no trial result enters here yet.
"""

from openldn.calibration.occupancy import (
    Joint,
    LeftOut,
    estimate,
    in_sample,
    leave_one_study_out,
    left_out_rmse,
    predicted,
)

__all__ = ["Joint", "LeftOut", "estimate", "in_sample", "leave_one_study_out", "left_out_rmse", "predicted"]
