"""Step on: the deck from above, whose foot marks fill as weight comes onto it."""

from kiosk_ui.screens.message import MessageScreen
from station.messages import Live


class StepOnScreen(MessageScreen):
    """A message whose picture answers the feet."""

    def live(self, live: Live) -> None:
        """Fill the foot marks as far as there is weight."""
        super().live(live)
        self.picture.weight(live.load_fraction if live.on_deck else 0.0)
