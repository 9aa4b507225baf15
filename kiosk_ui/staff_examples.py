"""Example screens of the staff: PIN, menu, every step of a calibration, the daily check.

Their order is that of the procedure, and the pictures of docs/calibration.md are made of them. What a station really
sends comes from station.staff.
"""

from datetime import date, timedelta
from typing import Final

from kiosk_ui.example_screen import Example
from station.messages import Live, StaffLive
from station.screens import Button, DeckPicture, Hole, Progress, ScreenModel, StaffPanel, TableRow, Trend, TrendPoint

# The template of the standard plan: the row A is nearest to the screen; V are the places that the fit has not seen.
HOLES: Final = (
    *(
        Hole(f"{row}{column + 1}", (column - 1) * 0.75, y)
        for row, y in (("A", 0.75), ("B", 0.0), ("C", -0.75))
        for column in range(3)
    ),
    Hole("V1", -0.375, 0.375),
    Hole("V2", 0.375, 0.375),
    Hole("V3", -0.375, -0.375),
    Hole("V4", 0.375, -0.375),
)
STEPS: Final = 23
_KEYS: Final = (
    *(Button(f"digit.{digit}", str(digit), "secondary") for digit in (1, 2, 3, 4, 5, 6, 7, 8, 9, 0)),
    Button("back", "Erase", "secondary"),
    Button("cancel", "Cancel", "secondary"),
    Button("enter", "Enter"),
)
_BACK: Final = Button("back", "Back", "secondary")
_MENU: Final = (Button("certificate", "Certificate", "secondary"), Button("leave", "Leave", "secondary"))
_UNDO: Final = Button("undo", "Undo last reading", "secondary")
_PAUSE: Final = Button("pause", "Pause", "secondary")
_DETAILS: Final = Button("details", "All limits", "secondary")
_WAIT: Final = "Then keep off until the bar is full and the chime sounds."
_20: Final = ("20 kg (20-1)",)
_40: Final = ("20 kg (20-1)", "20 kg (20-2)")


def _staff(
    name: str,
    title: str,
    body: str,
    buttons: tuple[Button, ...],
    panel: StaffPanel | None = None,
    progress: Progress | None = None,
    live: StaffLive | None = None,
) -> Example:
    model = ScreenModel(name, "staff", title, body, buttons, progress=progress, staff=panel or StaffPanel())
    return Example(model, None if live is None else Live(1, False, 0.0, staff=live))


def _pin(name: str, title: str, body: str, digits: int, buttons: tuple[Button, ...] = _KEYS) -> Example:
    return Example(ScreenModel(name, "keypad", title, body, buttons, staff=StaffPanel(digits=digits)))


def _read(
    name: str,
    title: str,
    at: int,
    target: str | None,
    done: tuple[str, ...],
    weights: tuple[str, ...],
    live: StaffLive,
    body: str = _WAIT,
) -> Example:
    deck = DeckPicture(HOLES, target, done, weights)
    buttons = (_UNDO, _PAUSE) if at > 1 else (_PAUSE,)
    return _staff(
        f"calibrate.read.{name}", title, body, buttons, StaffPanel(deck=deck, bar=True), Progress(at, STEPS), live
    )


_GUIDED: Final = ("A1", "A2", "A3", "B1", "B2", "B3", "C1", "C2", "C3")
_ROWS: Final = tuple(
    TableRow(name, measured, expected, True)
    for name, measured, expected in (
        ("Converters differ by", "5.2 %", "at most 12 %"),
        ("Unevenness of the loads", "1.65", "at most 6"),
        ("Cells differ by", "2.7 %", "at most 12 %"),
        ("Off level", "0.2°", "at most 1°"),
        ("Error of place, RMS", "0.14 mm", "at most 1 mm"),
        ("Noise of a reading", "55 counts", "at most 400 counts"),
        ("Change while read", "6 counts/s", "at most 50 counts/s"),
        ("Up and down differ by", "0.011 %", "at most 0.1 %"),
        ("Worst error of place", "0.21 mm", "at most 2 mm"),
        ("Weights' uncertainty", "0.005 %", "at most 0.05 %"),
        ("Zero has changed by", "0.004 %", "at most 0.05 %"),
        ("Drift of a corner", "2 counts/min", "at most 30 counts/min"),
        ("Repeats differ by", "0.006 %", "at most 0.1 %"),
        ("Worst error of force", "0.012 %", "at most 0.5 %"),
        ("Places differ by", "0.02 %", "at most 1 %"),
        ("Weights' certificates", "186 days", "at least 0 days"),
        ("Converter's speed off by", "0 Hz", "at most 0 Hz"),
        ("Doubtful samples", "0 %", "at most 0.1 %"),
        ("Readings out of range", "0 readings", "at most 0 readings"),
        ("Crossed corners", "0 corners", "at most 0 corners"),
        ("Usable loads", "17 placements", "at least 9 placements"),
    )
)
_REFUSALS: Final = (
    TableRow(
        "Zero has changed by",
        "0.31 %",
        "at most 0.05 %",
        False,
        "Check that the deck touches nothing and that no foot has moved; then calibrate again",
    ),
    TableRow(
        "Up and down differ by",
        "0.226 %",
        "at most 0.1 %",
        False,
        "Check that the deck touches nothing at its sides; a cell may have been overloaded",
    ),
)


def _trend() -> Trend:
    """Return eight weeks of daily checks on working days: a little drift, no surprises."""
    first = date(2026, 9, 28)
    days = [first + timedelta(days=at) for at in range(58)]
    working = [day for day in days if day.weekday() < 5]
    wobble = (0.03, -0.05, 0.01, 0.06, -0.02, -0.04, 0.02)
    return Trend(
        tuple(
            TrendPoint(day.isoformat(), round(0.05 + 0.003 * at + wobble[at % len(wobble)], 3))
            for at, day in enumerate(working)
        ),
        0.3,
    )


STAFF_EXAMPLES: Final[tuple[Example, ...]] = (
    _pin("staff.pin", "Staff: enter your PIN", "4 to 12 digits, then Enter.", 3),
    _pin("staff.pin.wrong", "Staff: enter your PIN", "Wrong PIN, 3 tries left.", 0),
    _pin(
        "staff.pin.locked",
        "Too many wrong PINs",
        "Locked for 2 minutes. After that, each wrong PIN locks it for longer. Forgot yours? Whoever looks after the "
        "station can set a new one.",
        0,
        (Button("cancel", "Cancel", "secondary"),),
    ),
    _staff(
        "staff.menu",
        "Staff",
        "Signed in: MK. The deck is calibrated until 2027-11-24. Last daily check: 2026-11-25. A daily check takes "
        "half a minute and one weight, a calibration a quarter of an hour and all weights.",
        (Button("daily-check", "Daily check"), Button("calibrate", "Calibrate", "secondary"), *_MENU),
    ),
    _staff(
        "staff.menu.under-way",
        "Staff",
        "Signed in: MK. A calibration is under way: 7 of 23 readings. Nobody can be measured: the daily check failed: "
        "error of force of the daily check: 0.41 %, at most 0.3 % allowed; check that the weight named is the weight "
        "used, and do the check again; if it is still off, calibrate",
        (
            Button("resume", "Go on with the calibration"),
            Button("daily-check", "Daily check", "secondary"),
            Button("calibrate", "New calibration", "secondary"),
            *_MENU,
        ),
    ),
    _staff(
        "staff.certificate",
        "Calibration certificate",
        "",
        (Button("back", "Back"),),
        StaffPanel(
            rows=(
                TableRow("Number", "4", ""),
                TableRow("Id, first digits", "9f3a61c0be27", ""),
                TableRow("Calibrated", "2026-11-24", ""),
                TableRow("By", "MK", ""),
                TableRow("Valid until", "2027-11-24", "", True),
            )
        ),
    ),
    _staff(
        "calibrate.weights",
        "Which weights do you have here?",
        "These will do. From here it takes a quarter of an hour.",
        (
            Button("weight.20-1", "20 kg (20-1)\nuntil 2027-05-31"),
            Button("weight.20-2", "20 kg (20-2)\nuntil 2027-05-31"),
            Button("weight.10-1", "10 kg (10-1)\nuntil 2027-05-31"),
            Button("weight.10-2", "10 kg (10-2)\nexpired 2026-10-31", "secondary"),
            Button("new-parts", "A cell or board was replaced", "secondary"),
            _BACK,
            Button("go", "Go on"),
        ),
    ),
    _staff(
        "calibrate.warm-up",
        "Leave the deck empty while it warms up",
        "It has to be switched on for 15 minutes: 4 minutes to go. Then its drift is measured. It goes on by itself.",
        (_PAUSE,),
        StaffPanel(
            rows=(
                TableRow("Switched on for", "11 minutes", "at least 15 minutes"),
                TableRow("Drift of a corner", "not known yet", "at most 30 counts/min"),
            )
        ),
    ),
    _staff(
        "calibrate.level",
        "Is the deck level, and does it stand firm?",
        "Turn its feet until it is level. Press on each corner: nothing may rock.",
        (Button("go", "Go on"), _PAUSE),
        StaffPanel(rows=(TableRow("Off level", "0.2°", "at most 1°", True),)),
    ),
    _read("empty", "Take everything off the deck", 1, None, (), (), StaffLive(0.62, 0.21)),
    _read("place", "Put 20 kg into hole A3", 4, "A3", ("A1", "A2"), _20, StaffLive(0.0, 1.7)),
    _read(
        "wrong-hole",
        "Put 20 kg into hole C2",
        9,
        "C2",
        _GUIDED[:7],
        _20,
        StaffLive(0.0, 0.3),
        "This reads like hole C1, not C2. Move the weight; if it stands right, two corner cables are crossed.",
    ),
    _read("together", "Put 40 kg into the centre, hole B2", 13, "B2", _GUIDED, _40, StaffLive(0.35, 0.44)),
    _read(
        "verify",
        "Put 20 kg into hole V4",
        STEPS,
        "V4",
        (*_GUIDED, "V1", "V2", "V3"),
        _20,
        StaffLive(0.86, 0.18),
    ),
    _staff(
        "calibrate.result",
        "The deck passes: sign to use it",
        "The check loads are off by 0.21 mm and 0.012 % at most. Nearest to its limit came:",
        (Button("sign", "Sign"), _DETAILS, _UNDO, _PAUSE),
        StaffPanel(rows=_ROWS[:3]),
    ),
    _staff(
        "calibrate.details",
        "Every limit, and what was measured",
        "",
        (Button("back", "Back"),),
        StaffPanel(rows=_ROWS),
    ),
    _staff(
        "calibrate.refused",
        "The deck does not pass",
        "This calibration is not used. Do what it says below. Then begin anew, or undo what was read wrong.",
        (Button("anew", "Begin anew"), _DETAILS, _UNDO, _PAUSE),
        StaffPanel(rows=_REFUSALS),
    ),
    _staff(
        "calibrate.done",
        "Calibrated",
        "Take everything off the deck: people can be measured now. Certificate 4 is in use until 2027-11-24.",
        (Button("back", "Back"),),
    ),
    _staff(
        "daily.place.empty",
        "Take everything off the deck",
        "Have 20 kg ready. Keep off until the bar is full and the chime sounds.",
        (_BACK,),
        StaffPanel(deck=DeckPicture(HOLES, None, (), ()), bar=True),
        Progress(1, 2),
        StaffLive(0.8, 0.2),
    ),
    _staff(
        "daily.place",
        "Put 20 kg into the centre, hole B2",
        _WAIT,
        (_BACK,),
        StaffPanel(deck=DeckPicture(HOLES, "B2", (), _20), bar=True),
        Progress(2, 2),
        StaffLive(0.5, 0.25),
    ),
    _staff(
        "daily.result",
        "The deck is as it was calibrated",
        "Force is 0.17 % off, place 0.1 mm. Take the weight off: people can be measured. Below is the force of every "
        "check.",
        (Button("back", "Back"), Button("daily-check", "Check again", "secondary")),
        StaffPanel(trend=_trend()),
    ),
    _staff(
        "daily.result.bad",
        "The deck is off: nobody can be measured",
        "Check that the deck touches nothing and stands firm, and check again. If it is still off, calibrate.",
        (_BACK, Button("daily-check", "Check again")),
        StaffPanel(
            rows=(
                TableRow(
                    "Error of force",
                    "1.32 %",
                    "at most 0.3 %",
                    False,
                    "Check that the weight named is the weight used, and do the check again; if it is still off, "
                    "calibrate",
                ),
                TableRow("Error of place", "0.4 mm", "at most 3 mm", True),
                TableRow("Empty corner off by", "0.31 N", "at most 9.8 N", True),
            )
        ),
    ),
)
