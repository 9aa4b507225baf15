"""Counts to newtons by a certificate: one gain and one zero a corner."""

from datetime import datetime

import numpy as np
import numpy.typing as npt

from calibration.certificate import Certificate

Four = tuple[float, float, float, float]
FloatArray = npt.NDArray[np.float64]


class DeckModel:
    """The deck as its certificate describes it. Corners are front left, front right, back left, back right.

    One set of counts and an array of them give the same bits.
    """

    def __init__(self, certificate: Certificate) -> None:
        self.certificate = certificate
        self.channels: tuple[int, ...] = tuple(cell.channel for cell in certificate.cells)
        self.cell_spacing_ml_mm = certificate.cell_spacing_ml_mm
        self.cell_spacing_ap_mm = certificate.cell_spacing_ap_mm
        self.gravity_m_s2 = certificate.gravity_m_s2
        self._g0, self._g1, self._g2, self._g3 = (cell.gain_n_per_count for cell in certificate.cells)
        self._z0, self._z1, self._z2, self._z3 = (cell.zero_counts for cell in certificate.cells)
        self._gains = np.array([self._g0, self._g1, self._g2, self._g3])
        self._zeros = np.array([self._z0, self._z1, self._z2, self._z3])

    def corner_forces_n(self, counts: Four) -> Four:
        """Return the four corner forces in N (down positive) of what stands on the deck."""
        c0, c1, c2, c3 = counts
        return (
            (c0 - self._z0) * self._g0,
            (c1 - self._z1) * self._g1,
            (c2 - self._z2) * self._g2,
            (c3 - self._z3) * self._g3,
        )

    def corner_forces_over_n(self, counts: npt.ArrayLike) -> FloatArray:
        """Return corner forces in N for counts of shape (n, 4); the same shape comes back."""
        forces_n: FloatArray = (np.asarray(counts, dtype=np.float64) - self._zeros) * self._gains
        return forces_n

    def expired(self, at_utc: datetime) -> bool:
        """Return whether the certificate does not hold at this moment (time zone aware): too late, or too early."""
        return not self.certificate.issued <= at_utc <= self.certificate.valid_until
