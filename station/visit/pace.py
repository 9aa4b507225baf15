"""How long a visit waits, in seconds. One table, so that the pace of a visit can be read and changed in one place.

Sources: design (kiosk, rule 7); WCAG 2.2.1 (warn before time runs out, at least 20 s, one simple action to go on);
speech at 150 words a minute gives the shortest times in which a screen can be heard.
"""

from typing import Final

IDLE_S: Final = 60.0  # without a touch and without weight on the deck, before "are you still there?"
AWAIT_WEIGHT_S: Final = 120.0  # the same, where the person is getting onto the deck and need not touch anything
STILL_THERE_S: Final = 30.0  # the ring of "are you still there?"
PREPARE_ON_DECK_S: Final = 10.0  # "get ready" goes on by itself for somebody who already stands on the deck
CENTRE_S: Final = 5.0  # practice with the dot
HOLD_STILL_S: Final = 1.0  # settled for this long counts as standing still
NUDGE_S: Final = 20  # whole seconds between reminders while we wait for stillness
GIVE_UP_SETTLING_S: Final = 120.0  # nobody is kept standing longer than this for a trial that does not start
COUNTDOWN_S: Final = 3.0
REST_S: Final = 5.0
TRIAL_OVERDUE_S: Final = 15.0  # after its window, a trial that has not ended is taken for a technical failure
STEP_OFF_S: Final = 20.0
RECORD_OVERDUE_S: Final = 20.0  # a record that is not made in this time is a fault
WIPE_S: Final = 15.0  # thank-you, before the station forgets the person
