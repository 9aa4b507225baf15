"""A moment of rest between two trials, with a ring that shows how long."""

from kiosk_ui.screens.message import MessageScreen


class RestScreen(MessageScreen):
    """A message with a smaller ring: what counts here are the words."""

    figure_share = 0.36
