"""The arrays that sound is counted in."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

CELL = 64
"""Frames that are looked at together: loud or silent, with or without a peak; 1.5 ms at 44.1 kHz."""

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Samples = npt.NDArray[Any]
"""Whole numbers of 16 or 32 bits, left-justified, or floats; channels by frames unless said otherwise."""
