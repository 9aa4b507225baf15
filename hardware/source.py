"""The contract of a source of samples: what acquire runs, whether the chips are real or virtual."""

from abc import ABC, abstractmethod

from hardware.status import SourceStatus


class SampleSource(ABC):
    """Something that delivers samples into a ring: real chips, virtual chips pin by pin, or virtual samples.

    A source MUST deliver each channel's samples in time order, MUST flag what it cannot vouch for, MUST NOT wait
    past `until_ns`, and MAY deliver nothing. Channels run free: no order between channels is promised.
    """

    @abstractmethod
    def service(self, until_ns: int) -> int:
        """Deliver what becomes ready up to `until_ns` (source's own clock) and return how many samples that was."""

    @abstractmethod
    def status(self) -> SourceStatus:
        """Return where the samples come from and what the drivers have counted so far."""

    @abstractmethod
    def close(self) -> None:
        """Release what this source opened. Safe to call twice and on a half-built object."""
