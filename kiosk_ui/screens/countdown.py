"""Three, two, one: the number as large as a hand, and the stance to keep."""

from kiosk_ui.screens.message import MessageScreen
from kiosk_ui.theme import COUNTDOWN_CAP_MM


class CountdownScreen(MessageScreen):
    """A message whose ring holds a number of at least 25 mm."""

    figure_share = 0.55
    ring_cap_mm = COUNTDOWN_CAP_MM


