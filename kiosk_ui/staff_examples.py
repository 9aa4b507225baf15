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
_UNDO: Final = Button("undo", "Undo last reading", "secondary")
_PAUSE: Final = Button("pause", "Pause", "secondary")
_DISCARD: Final = Button("discard", "Discard", "secondary")
_WAIT: Final = "Then keep off. It is read by itself: wait for the chime."
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
        ("days that the certificate of the worst weight still holds", "186 d", "at least 0 d"),
        ("uncertainty of the weights, of the mass they stand for", "0.005 %", "at most 0.05 %"),
        ("drift of the worst empty corner at the end of the warm-up", "2 counts/min", "at most 30 counts/min"),
        ("how far the deck is off level", "0.2 deg", "at most 1 deg"),
        ("how far the worst converter is outside 75 to 100 samples/s", "0 Hz", "at most 0 Hz"),
        ("difference between the fastest and the slowest converter", "5.18 %", "at most 12 %"),
        ("frames that carried a flag, of all frames read", "0 %", "at most 0.1 %"),
        ("readings with a converter at the end of its range", "0 readings", "at most 0 readings"),
        ("noise of the worst reading, standard deviation of single conversions", "55.3 counts", "at most 400 counts"),
        ("corners that did not answer most when their side was loaded", "0 corners", "at most 0 corners"),
        ("placements that can be used for the fit", "17 placements", "at least 9 placements"),
        ("condition number of the loads", "1.65", "at most 6"),
        ("how far the worst cell's gain is from the median of the four", "2.73 %", "at most 12 %"),
        ("zero after all loads, of the largest load", "0.004 %", "at most 0.05 %"),
        ("difference between loading and unloading at the centre, of the largest load", "0.011 %", "at most 0.1 %"),
        ("spread of the same load at the same place, of that load", "0.006 %", "at most 0.1 %"),
        ("spread of the force of one load over its places, of that load", "0.019 %", "at most 1 %"),
        ("error of force at the worst verification load", "0.012 %", "at most 0.5 %"),
        ("error of the centre of pressure at the worst verification load", "0.21 mm", "at most 2 mm"),
        ("error of the centre of pressure over all verification loads, RMS", "0.14 mm", "at most 1 mm"),
    )
)
_REFUSALS: Final = (
    TableRow(
        "zero after all loads, of the largest load",
        "0.31 %",
        "at most 0.05 %",
        False,
        "check that nothing touches the deck or its cables, let it warm up for another quarter of an hour, "
        "and begin again",
    ),
    TableRow(
        "difference between loading and unloading at the centre, of the largest load",
        "0.226 %",
        "at most 0.1 %",
        False,
        "check that the deck touches nothing at its sides; a cell may have been overloaded",
    ),
)
_REFUSED: Final = (*_REFUSALS, *(row for row in _ROWS if row.name not in {each.name for each in _REFUSALS}))


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
    _pin("staff.pin", "Staff: enter your PIN", "", 3),
    _pin("staff.pin.wrong", "Staff: enter your PIN", "Wrong PIN, 3 tries left.", 0),
    _pin(
        "staff.pin.locked",
        "Staff: enter your PIN",
        "Locked for 2 minutes.",
        0,
        (Button("cancel", "Cancel", "secondary"),),
    ),
    _staff(
        "staff.menu",
        "Staff",
        "Signed in: MK. A calibration is under way: 7 of 23 readings.",
        (
            Button("daily-check", "Daily check"),
            Button("resume", "Go on with the calibration"),
            Button("calibrate", "Calibrate", "secondary"),
            Button("certificate", "Certificate", "secondary"),
            Button("leave", "Leave", "secondary"),
        ),
    ),
    _staff(
        "staff.menu.blocked",
        "Staff",
        "Signed in: MK. A calibration is under way: 7 of 23 readings. Nobody can be measured: the daily check failed: "
        "error of force of the daily check: 0.41 %, at most 0.3 % allowed; check that the weight named is the weight "
        "used, and do the check again; if it is still off, calibrate",
        (
            Button("daily-check", "Daily check"),
            Button("resume", "Go on with the calibration"),
            Button("calibrate", "Calibrate", "secondary"),
            Button("certificate", "Certificate", "secondary"),
            Button("leave", "Leave", "secondary"),
        ),
    ),
    _staff(
        "staff.certificate",
        "Calibration certificate",
        "",
        (Button("back", "Back"),),
        StaffPanel(
            rows=(
                TableRow("number", "4", ""),
                TableRow("id", "9f3a61c0be27", ""),
                TableRow("calibrated", "2026-11-24", ""),
                TableRow("by", "MK", ""),
                TableRow("valid until", "2027-11-24", "", True),
            )
        ),
    ),
    _staff(
        "calibrate.weights",
        "Which weights do you have here?",
        "Touch each one that stands ready. The plan needs 10, 20 and 40 kg.",
        (
            Button("weight.20-1", "20 kg (20-1)"),
            Button("weight.20-2", "20 kg (20-2)"),
            Button("weight.10-1", "10 kg (10-1)"),
            Button("weight.10-2", "10 kg (10-2)", "secondary"),
            Button("weight.5-1", "5 kg (5-1)", "secondary"),
            Button("new-parts", "A cell or board was replaced", "secondary"),
            _BACK,
            Button("go", "Go on"),
        ),
        StaffPanel(
            rows=(
                TableRow("20 kg (20-1)", "certificate K-4711, until 2027-05-31", "", True),
                TableRow("20 kg (20-2)", "certificate K-4712, until 2027-05-31", "", True),
                TableRow(
                    "10 kg (10-1)", "certificate K-4713, until 2026-10-31", "", False, "Its certificate has run out."
                ),
            )
        ),
    ),
    _staff(
        "calibrate.warm-up",
        "Leave the deck empty while it warms up",
        "It has to be switched on for 15 minutes. 4 minutes to go; then its drift is measured.",
        (_PAUSE,),
        StaffPanel(
            rows=(
                TableRow("switched on for", "11 minutes", "at least 15 minutes", False),
                TableRow("drift of the worst corner", "not known yet", "at most 30 counts/min"),
            )
        ),
    ),
    _staff(
        "calibrate.level",
        "Is the deck level, and does it stand firm?",
        "Press on each corner: nothing may rock. Turn its feet until it is level.",
        (Button("go", "Go on"), _PAUSE),
        StaffPanel(rows=(TableRow("off level", "0.2 deg", "at most 1 deg", True),)),
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
        "The deck passes",
        "Worst error where it was checked: 0.21 mm, 0.012 %. Sign to put this calibration into use.",
        (Button("sign", "Sign"), _UNDO, _DISCARD, _PAUSE),
        StaffPanel(rows=_ROWS),
    ),
    _staff(
        "calibrate.refused",
        "The deck does not pass",
        "The certificate in use stays. See what to do; undo and read again, or discard.",
        (Button("undo", "Undo last reading"), _DISCARD, _PAUSE),
        StaffPanel(rows=_REFUSED),
    ),
    _staff(
        "calibrate.done",
        "Calibrated",
        "Certificate 4 is in use, valid until 2027-11-24.",
        (Button("back", "Back"),),
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
        "Force 0.17 % off, 0.1 mm.",
        (Button("back", "Back"), Button("daily-check", "Daily check", "secondary")),
        StaffPanel(trend=_trend()),
    ),
    _staff(
        "daily.result.bad",
        "The deck is off: nobody can be measured",
        "Check that the deck touches nothing and stands firm, and do the check again. If it is still off, calibrate.",
        (Button("back", "Back"), Button("daily-check", "Daily check", "secondary")),
        StaffPanel(
            rows=(
                TableRow("force", "1.32 %", "at most 0.3 %", False, "Calibrate the deck before anybody stands on it."),
                TableRow("place", "0.4 mm", "at most 3 mm", True),
            )
        ),
    ),
)
