"""Power spectral density by Welch's method, as every spectrum of sway is taken.

Welch 1967, IEEE Trans Audio Electroacoust 15:70-73. How long a segment is, and what is read off, is the caller's
business.
"""

import numpy as np
import numpy.typing as npt
from scipy import fft, signal

from station.sway.straight_line import about_line

FloatArray = npt.NDArray[np.float64]


def welch(series: FloatArray, fs_hz: float, segment: int, padded: int | None = None) -> tuple[FloatArray, FloatArray]:
    """Return frequencies, Hz, and the one-sided density at each, unit^2/Hz, of evenly spaced series, shape (..., N).

    The mean over segments of `segment` samples (N at most), each about its own straight line and under a Hann window,
    that begin half a segment apart; with zeros after each up to `padded` samples (None: as it is). What
    `scipy.signal.welch` returns.
    """
    size = segment if padded is None else padded
    segments = np.lib.stride_tricks.sliding_window_view(series, segment, axis=-1)[..., :: segment - segment // 2, :]
    window = signal.windows.hann(segment, sym=False)
    spectra = fft.rfft(about_line(segments) * window, size)
    density = (spectra.real**2 + spectra.imag**2).mean(axis=-2) / (fs_hz * np.square(window).sum())
    density[..., 1 : (size + 1) // 2] *= 2  # negative frequencies, which 0 Hz and half of an even rate have none of
    return fft.rfftfreq(size, 1 / fs_hz), density
