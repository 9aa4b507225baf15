"""Counts to newtons by a certificate: a zero a corner, and the matrix that the deck was calibrated with.

The matrix speaks of force and moments; everything after it of four corners. `calibration.geometry.corner_matrix` is
the bridge: corner forces whose sum and centre of pressure are exactly what the matrix says.
"""

import copy
from datetime import datetime

import numpy as np
import numpy.typing as npt

from calibration.certificate import Certificate
from calibration.geometry import corner_matrix

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
        self._z0, self._z1, self._z2, self._z3 = (cell.zero_counts for cell in certificate.cells)
        self._rows: tuple[Four, ...] = tuple(
            (row[0], row[1], row[2], row[3])
            for row in corner_matrix(
                certificate.matrix,
                [cell.gain_n_per_count for cell in certificate.cells],
                certificate.cell_spacing_ml_mm,
                certificate.cell_spacing_ap_mm,
            ).tolist()
        )

    def rezeroed(self, offset_n: Four) -> "DeckModel":
        """Return the same deck with another zero: what reads `offset_n` here reads nothing there."""
        other = copy.copy(self)
        shift = np.linalg.solve(np.array(self._rows), np.array(offset_n)).tolist()
        zeros = (self._z0, self._z1, self._z2, self._z3)
        other._z0, other._z1, other._z2, other._z3 = (a + b for a, b in zip(zeros, shift, strict=True))
        return other

    def corner_forces_n(self, counts: Four) -> Four:
        """Return the four corner forces in N (down positive) of what stands on the deck."""
        c0, c1, c2, c3 = counts[0] - self._z0, counts[1] - self._z1, counts[2] - self._z2, counts[3] - self._z3
        r0, r1, r2, r3 = self._rows
        return (
            ((r0[0] * c0 + r0[1] * c1) + r0[2] * c2) + r0[3] * c3,
            ((r1[0] * c0 + r1[1] * c1) + r1[2] * c2) + r1[3] * c3,
            ((r2[0] * c0 + r2[1] * c1) + r2[2] * c2) + r2[3] * c3,
            ((r3[0] * c0 + r3[1] * c1) + r3[2] * c2) + r3[3] * c3,
        )

    def corner_forces_over_n(self, counts: npt.ArrayLike) -> FloatArray:
        """Return corner forces in N for counts of shape (n, 4); the same shape comes back."""
        above = np.asarray(counts, dtype=np.float64) - (self._z0, self._z1, self._z2, self._z3)
        c0, c1, c2, c3 = above[:, 0], above[:, 1], above[:, 2], above[:, 3]
        # written out: a matrix product may add in another order, and one tick must give the bits of a whole trial
        return np.stack([((r[0] * c0 + r[1] * c1) + r[2] * c2) + r[3] * c3 for r in self._rows], axis=1)

    def expired(self, at_utc: datetime) -> bool:
        """Return whether the certificate does not hold at this moment (time zone aware): too late, or too early."""
        return not self.certificate.issued <= at_utc <= self.certificate.valid_until
