"""The guest's side of /dev/balance_deck: solders chips to the lines, says what they convert, plays faults, counts."""

import struct
from collections.abc import Sequence
from pathlib import Path

import msgspec

DEVICE = Path("/dev/balance_deck")

_DECK, _MORE = 0x4B434544, 0x45524F4D
_HEADER = struct.Struct("=II")
_WIRING = struct.Struct("=IIIIqq")


class WiredChip(msgspec.Struct, frozen=True):
    """One HX711: its lines, its oscillator (CLOCK_MONOTONIC), and what conversion k reads: counts[k % len(counts)]."""

    sck: int
    dout: int
    first_ready_ns: int
    period_ns: int
    counts: Sequence[int]


class ChipState(msgspec.Struct, frozen=True):
    """What the chip itself knows; the words are those of `hardware.virtual.hx711`.

    longest_high_ns: longest pulse on SCK that was no power-down; latest_ns: how late the kernel's timer was at worst.
    """

    chip: int
    sck: int
    dout: int
    k: int
    k_first: int
    first_ready_ns: int
    period_ns: int
    sck_high: int
    gain_pulses: int
    frames: int
    unread: int
    communication_errors: int
    power_downs: int
    longest_high_ns: int
    latest_ns: int

    def ready_ns(self, k: int) -> int:
        """Return when conversion k is ready, ns, as long as the chip is not reset."""
        return self.first_ready_ns + (k - self.k_first) * self.period_ns


def load(chips: Sequence[WiredChip]) -> None:
    """Replace what is soldered to the lines; every chip starts anew."""
    _write(_packed(_DECK, chips))


def load_counts(chips: Sequence[WiredChip]) -> None:
    """Let the chips that run read these counts from their next conversion on; their oscillators stay as they are."""
    _write(_packed(_MORE, chips))


def stuck(chip: int, level: int | None) -> None:
    """Let DOUT of a chip stick at a level, or let it go."""
    _write(f"stuck {chip} {-1 if level is None else level}".encode())


def disturb(chip: int, pulse: int, hold_ns: int = 0, extra_pulses: int = 0) -> None:
    """Play a fault in the next frame: the pulse is held high for longer, doubled (1) or lost (-1)."""
    _write(f"disturb {chip} {pulse} {hold_ns} {extra_pulses}".encode())


def state() -> list[ChipState]:
    """Return what every chip has seen so far."""
    rows = [dict(word.split("=") for word in line.split()) for line in DEVICE.read_text().splitlines()]
    return [msgspec.convert(row, ChipState, strict=False) for row in rows]


def _packed(magic: int, chips: Sequence[WiredChip]) -> bytes:
    wiring = b"".join(_WIRING.pack(c.sck, c.dout, len(c.counts), 0, c.first_ready_ns, c.period_ns) for c in chips)
    counts = b"".join(struct.pack(f"={len(c.counts)}i", *c.counts) for c in chips)
    return _HEADER.pack(magic, len(chips)) + wiring + counts


def _write(data: bytes) -> None:
    with DEVICE.open("wb", buffering=0) as device:
        device.write(data)
