"""The topics of one station: `<prefix>/v1/<site>/<station>/...` (docs/network.md). Names only."""

from typing import Final

import msgspec

VERSION: Final = "v1"


class Topics(msgspec.Struct, frozen=True):
    """Every topic of one station. Nothing that comes from a person is ever part of one."""

    prefix: str
    site: str
    station: str

    def under(self, suffix: str) -> str:
        """Return the full topic for a suffix such as `result/walk-up`."""
        return f"{self.prefix}/{VERSION}/{self.site}/{self.station}/{suffix}"

    @property
    def status(self) -> str:
        """Return the topic of the retained status and of the will."""
        return self.under("status")

    @property
    def info(self) -> str:
        """Return the topic of the retained description."""
        return self.under("info")

    @property
    def health(self) -> str:
        """Return the topic of the retained health figures."""
        return self.under("health")

    @property
    def ack(self) -> str:
        """Return the topic on which consumers say what they have stored."""
        return self.under("ack")


def consumer_filters(prefix: str, site: str | None, share: str | None = None) -> tuple[str, str]:
    """Return a consumer's subscriptions, results and events of one site, or (None) of all; `share` names a group."""
    group = f"$share/{share}/" if share else ""
    below = f"{group}{prefix}/{VERSION}/{site or '+'}/+"
    return f"{below}/result/+", f"{below}/event/+"


def topics_of(topic: str, prefix: str) -> Topics | None:
    """Return whose topic this is, or None when it is not one of ours."""
    parts = topic.split("/")
    if len(parts) < 5 or parts[0] != prefix or parts[1] != VERSION:
        return None
    return Topics(prefix, parts[2], parts[3])
