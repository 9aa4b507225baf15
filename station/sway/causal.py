"""The live score's low-pass: one sample in, one sample out, no look ahead.

It is not the profile's filter. That one runs forward and backward over a finished trial; this one runs forward only,
so it lags by about 40 ms and damps a little less near the cut-off. Live values are for the moment, batch ones stay.
"""

from scipy import signal

from station.sway.profiles import STATION, LowPass, low_pass_sections

# What a live low-pass is made from: the station profile's design, run once.
LIVE_LOW_PASS = STATION.low_pass or LowPass(4, 10.0)

_State = list[float]


class CausalLowPass:
    """Butterworth low-pass of two axes, a sample at a time; the recursion of `scipy.signal.sosfilt`.

    The first sample sets the state as if the signal had stood there for ever, so stepping in rings no bell.
    """

    def __init__(self, fs_hz: float, low_pass: LowPass = LIVE_LOW_PASS) -> None:
        sections = low_pass_sections(low_pass, fs_hz)
        self._sections = [(float(b0), float(b1), float(b2), float(a1), float(a2)) for b0, b1, b2, _, a1, a2 in sections]
        self._rest: list[tuple[float, float]] = [(float(z0), float(z1)) for z0, z1 in signal.sosfilt_zi(sections)]
        self._states: list[_State] | None = None

    def step(self, ml_mm: float, ap_mm: float) -> tuple[float, float]:
        """Return the two axes low-passed up to now, mm."""
        states = self._states
        if states is None:
            states = [[z0 * ml_mm, z1 * ml_mm, z0 * ap_mm, z1 * ap_mm] for z0, z1 in self._rest]
            self._states = states
        for (b0, b1, b2, a1, a2), state in zip(self._sections, states, strict=True):
            ml_out = b0 * ml_mm + state[0]
            ap_out = b0 * ap_mm + state[2]
            state[0] = b1 * ml_mm - a1 * ml_out + state[1]
            state[1] = b2 * ml_mm - a2 * ml_out
            state[2] = b1 * ap_mm - a1 * ap_out + state[3]
            state[3] = b2 * ap_mm - a2 * ap_out
            ml_mm, ap_mm = ml_out, ap_out
        return ml_mm, ap_mm

    def reset(self) -> None:
        """Forget everything; the next sample is a first one."""
        self._states = None
