"""Nobody is here: what this is, in a few words, and one large thing to touch."""

from kiosk_ui.screens.message import MessageScreen


class AttractScreen(MessageScreen):
    """The same shape as a message, with more room for the picture."""

    figure_share = 0.44
    field_role = "action"
