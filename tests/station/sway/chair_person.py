"""A person on a chair with the feet on the deck, as mechanics has it; what the tests of counting stand up and sit down.

The trunk and thighs, as one mass, follow a smooth path up (least jerk) in `rise_s` and down in `lower_s`. What the feet
press is the weight and the acceleration of that mass, less what the chair still carries: the chair lets go over the
first `shift_s` of a rise, before the body has gone anywhere to speak of, and takes over in the same way at the end of
sitting down. At rest on the chair the feet carry `seated_share` of the body's weight.

Another model of a body takes its place by being a callable of the same kind: `(seconds) -> force in N at 100 Hz`.
"""

from dataclasses import dataclass, field

import numpy as np

FS_HZ = 100.0
G = 9.80665


def least_jerk(share):
    """Return position and its second derivative of the smoothest move from 0 to 1 in unit time (Flash & Hogan 1985)."""
    share = np.clip(share, 0.0, 1.0)
    return 10 * share**3 - 15 * share**4 + 6 * share**5, 60 * share - 180 * share**2 + 120 * share**3


@dataclass(frozen=True)
class Stand:
    """One attempt: sits `before_s`, shifts, rises by `share` of the way, stays there, comes down."""

    before_s: float = 0.6
    rise_s: float = 1.3
    stand_s: float = 0.6
    lower_s: float = 1.4
    share: float = 1.0


@dataclass(frozen=True)
class ChairPerson:
    mass_kg: float = 70.0
    height_m: float = 0.35
    seated_share: float = 0.2
    shift_s: float = 0.35
    noise_n: float = 0.0
    stands: list = field(default_factory=list)

    @property
    def weight_n(self):
        return self.mass_kg * G

    def path(self):
        """Return the height over time (m), the force under the feet (N), and when each attempt starts and is up (s)."""
        height, force, starts, tops = [], [], [], []
        at_s = 0.0
        for stand in self.stands:
            span_s = stand.before_s + self.shift_s + stand.rise_s + stand.stand_s + stand.lower_s + self.shift_s
            # Samples of the whole test are at k / 100 s; an attempt starts and ends between them as it comes.
            t = np.arange(np.ceil(at_s * FS_HZ), np.ceil((at_s + span_s) * FS_HZ)) / FS_HZ - at_s
            seat_off = stand.before_s
            up = seat_off + self.shift_s
            down = up + stand.rise_s + stand.stand_s
            seat = down + stand.lower_s
            rising, rising_a = least_jerk((t - up) / stand.rise_s)
            falling, falling_a = least_jerk((t - down) / stand.lower_s)
            way_m = self.height_m * stand.share
            acceleration = way_m * (
                rising_a * (np.abs((t - up) / stand.rise_s - 0.5) <= 0.5) / stand.rise_s**2
                - falling_a * (np.abs((t - down) / stand.lower_s - 0.5) <= 0.5) / stand.lower_s**2
            )
            on_feet = least_jerk((t - seat_off) / self.shift_s)[0] - least_jerk((t - seat) / self.shift_s)[0]
            share = self.seated_share + (1 - self.seated_share) * on_feet
            height.append(way_m * (rising - falling))
            force.append(share * self.weight_n + self.mass_kg * acceleration)
            starts.append(at_s + seat_off)
            tops.append(at_s + up + stand.rise_s)
            at_s += span_s
        return np.concatenate(height), np.concatenate(force), np.array(starts), np.array(tops)

    def __call__(self, seconds):
        _, force, _, _ = self.path()
        wanted = round(seconds * FS_HZ)
        seated = np.full(max(0, wanted - len(force)), self.seated_share * self.weight_n)
        force = np.concatenate([force, seated])[:wanted]
        return force + np.random.default_rng(1).normal(0, self.noise_n, wanted)
