"""Who stands on the deck of the virtual Pi: a recorded person, as counts of the kernel's chips and as the truth.

The same deck and person as in every other test (`hardware.virtual`), so whatever is measured has a true value.
"""

from collections.abc import Sequence

import numpy as np

from hardware.sensor import CORNERS, Channel
from hardware.virtual.deck import IntArray, VirtualDeck
from hardware.virtual.oscillator import Oscillator
from hardware.virtual.people import find_person
from hardware.virtual.person import VirtualPerson
from tests.virtual_pi.deck_device import ChipState, WiredChip

SEED = 5
NAME = "older-1"
STEP_ON_S = 2.0  # until the person stands still after stepping on
LEAD_S = 1.5  # until the recording is all that moves (it is blended in over a second)

_S = 1_000_000_000


def recorded_person() -> VirtualPerson:
    """Return the person, beside the deck. Takes a while: make them before anything waits."""
    recorded = find_person(NAME)
    return VirtualPerson(recorded.mass_kg, recorded.recording(), seed=SEED)


def step_on(person: VirtualPerson, t_ns: int, window_s: float) -> None:
    """Let the person step on at `t_ns` and then stand still for the recording."""
    person.step_on(t_ns)
    person.stand("quiet", t_ns + round(STEP_ON_S * _S), LEAD_S, window_s)


def window_from_ns(t_ns: int) -> int:
    """Return when the recording alone moves a person who steps on at `t_ns`."""
    return t_ns + round((STEP_ON_S + LEAD_S) * _S)


def deck_under(person: VirtualPerson) -> VirtualDeck:
    """Return the deck on which the person steps."""
    return VirtualDeck(person, SEED)


def chips_under(
    deck: VirtualDeck, power_up_ns: int, clock_lines: tuple[int, ...], data_lines: tuple[int, ...], length_s: float
) -> list[WiredChip]:
    """Return the four chips of a deck that is powered up at `power_up_ns`, with the counts of the first `length_s`."""
    chips = []
    for channel, sck, dout in zip(CORNERS, clock_lines, data_lines, strict=True):
        oscillator = Oscillator.from_seed(SEED, channel, power_up_ns)
        k = np.arange(int(length_s * oscillator.rate_hz))
        counts = _counts(deck, channel, oscillator, k, k)
        chips.append(WiredChip(sck, dout, oscillator.first_ready_ns, oscillator.period_ns, counts))
    return chips


def chips_as_they_run(deck: VirtualDeck, states: Sequence[ChipState], length_s: float) -> list[WiredChip]:
    """Return the same for chips that run, which somebody may have restarted; `length_s` is from now on."""
    chips = []
    for channel, state in zip(CORNERS, states, strict=True):
        oscillator = Oscillator(state.first_ready_ns, state.period_ns)
        k = np.arange(state.k + int(length_s * oscillator.rate_hz))
        counts = _counts(deck, channel, oscillator, k, k - state.k_first)
        chips.append(WiredChip(state.sck, state.dout, state.first_ready_ns, state.period_ns, counts))
    return chips


def _counts(deck: VirtualDeck, channel: Channel, oscillator: Oscillator, k: IntArray, nth: IntArray) -> list[int]:
    seen_ns = oscillator.first_ready_ns + nth * oscillator.period_ns - oscillator.group_delay_ns
    counts: list[int] = deck.conversions(channel, k, seen_ns).tolist()
    return counts
