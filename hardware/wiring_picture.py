"""Draws how a deck is wired, from the same `Wiring` that opens its lines: `python -m hardware.wiring_picture`.

One picture: the 40-pin header in the middle, the boards at either side where their pins are, the deck as seen from
above, and how a cell of three wires becomes a bridge. `pin_table` says the same in words; docs/wiring.md holds both.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from hardware.imu import IMU_MODELS
from hardware.sensor import CORNERS, Channel
from hardware.svg import Drawing, Point
from hardware.wiring import HEADER_PINS, I2C_LINES, POWER_PINS, Wiring

INK: Final = "#1f2933"
SOFT: Final = "#52606d"
PALE: Final = "#f5f7fa"
EDGE: Final = "#9aa5b1"
COPPER: Final = "#d9c27c"
SUPPLY: Final = {"3V3": "#e67e22", "5V": "#c0392b", "GND": "#2d3748"}
CORNER_COLOURS: Final = {
    Channel.FRONT_LEFT: "#1565c0",
    Channel.FRONT_RIGHT: "#2e7d32",
    Channel.BACK_LEFT: "#8e24aa",
    Channel.BACK_RIGHT: "#b7600b",
}
BUS: Final = "#00838f"
_WIRES: Final = (
    ("E+", "red", "#d32f2f"),
    ("E-", "black", "#111111"),
    ("A-", "white", "#a0a7ae"),
    ("A+", "green", "#388e3c"),
)

WIDTH: Final = 1240
HEIGHT: Final = 1010
_TOP: Final = 130  # of the header's first row
_PITCH: Final = 29
_MIDDLE: Final = WIDTH / 2
_BOARD_W: Final = 150
_BOARD_H: Final = 118
WIRE_PX: Final = 2.6  # signal wires only: so a test can find them


def pin_table(wiring: Wiring) -> list[tuple[str, str, int, int]]:
    """Return `(what, signal, BCM line, header pin)` of every signal wire, load cells first."""
    rows = []
    for corner, clock, data in zip(CORNERS, wiring.clock_lines, wiring.data_lines, strict=True):
        name = f"HX711 {words(corner)}"
        rows += [(name, "SCK", clock, HEADER_PINS[clock]), (name, "DOUT", data, HEADER_PINS[data])]
    sda, scl = I2C_LINES
    return [*rows, ("IMU", "SDA", sda, HEADER_PINS[sda]), ("IMU", "SCL", scl, HEADER_PINS[scl])]


def words(corner: Channel) -> str:
    """Return `front left`."""
    return corner.label.replace("_", " ")


def draw(wiring: Wiring) -> str:
    """Return the picture as SVG. Boards stand at the side of their SCK pin; in the default wiring no wires cross."""
    picture = Drawing(WIDTH, HEIGHT, "How the deck of the balance station is wired to a Raspberry Pi", ground="#fcfdfe")
    picture.text(40, 38, "Balance station: wiring of the deck", size=24, bold=True)
    picture.text(40, 66, "Left and right, front and back as seen by a person on the deck who faces the screen. "
                         "Pins are those of the 40-pin header; BCM numbers are what the configuration says.",
                 size=13, fill=SOFT)  # fmt: skip
    _header(picture, wiring)
    _boards(picture, wiring)
    _deck(picture, 40, 770)
    _bridges(picture, 300, 770)
    _supply(picture, 842, 770)
    return picture.to_svg()


# --- the header -------------------------------------------------------------------------------------------------------


def _pin_place(pin: int) -> tuple[float, float]:
    """Return where a pin is: odd pins left, even pins right, as on the board with its USB sockets at the bottom."""
    return _MIDDLE + (-16 if pin % 2 else 16), _TOP + (pin - 1) // 2 * _PITCH


def _header(picture: Drawing, wiring: Wiring) -> None:
    """Draw the header with every pin's name, those in use in the colour of their wire."""
    used = {HEADER_PINS[line]: BUS for line in I2C_LINES}
    for corner, clock, data in zip(CORNERS, wiring.clock_lines, wiring.data_lines, strict=True):
        used[HEADER_PINS[clock]] = used[HEADER_PINS[data]] = CORNER_COLOURS[corner]
    names = {pin: f"BCM {line}" for line, pin in HEADER_PINS.items()} | POWER_PINS
    picture.rect(_MIDDLE - 88, _TOP - 42, 176, 20 * _PITCH + 38, fill="#e8f1ea", stroke="#9db8a4", round_px=10)
    picture.text(_MIDDLE, _TOP - 26, "Raspberry Pi header", size=12.5, anchor="middle", bold=True)
    picture.rect(_MIDDLE - 33, _TOP - 14, 66, 20 * _PITCH - 1, fill=INK, round_px=4)
    for pin in range(1, 41):
        x, y = _pin_place(pin)
        wired = pin in used
        colour = used.get(pin) or SUPPLY.get(names[pin], COPPER)
        shown = wired or names[pin] in SUPPLY
        picture.circle(x, y, 11, fill=colour if shown else "#4b5764")
        picture.text(x, y, str(pin), size=10.5, fill="#ffffff" if shown else "#c3ccd5", anchor="middle", bold=wired)
        side, anchor = (-1, "end") if pin % 2 else (1, "start")
        fill = colour if shown else EDGE
        picture.text(x + side * 22, y, names[pin], size=11, fill=fill, anchor=anchor, bold=wired)


# --- boards -----------------------------------------------------------------------------------------------------------


def _boards(picture: Drawing, wiring: Wiring) -> None:
    """Draw the four HX711 with their cells, and the IMU, each at the side of its pins."""
    for left in (True, False):
        wanted: list[tuple[float, Channel | None]] = []
        for corner, clock, data in zip(CORNERS, wiring.clock_lines, wiring.data_lines, strict=True):
            pins = (HEADER_PINS[clock], HEADER_PINS[data])
            if (pins[0] % 2 == 1) is left:
                wanted.append((sum(_pin_place(pin)[1] for pin in pins) / 2, corner))
        if left:
            wanted.append((_pin_place(HEADER_PINS[I2C_LINES[0]])[1] + _PITCH / 2, None))
        wanted.sort(key=lambda each: each[0])
        below = _TOP - 30.0
        tops = []
        for middle, _ in wanted:  # downwards: below the one before
            below = max(below, middle - _BOARD_H / 2)
            tops.append(below)
            below += _BOARD_H + 26
        above = _TOP + 20 * _PITCH + 4.0
        for number in reversed(range(len(tops))):  # upwards: nothing below the header's end
            tops[number] = min(tops[number], above - _BOARD_H)
            above = tops[number] - 26
        lane = 0
        for (_, board), top in zip(wanted, tops, strict=True):
            if board is None:
                lane = _imu(picture, wiring, top, lane)
            else:
                lane = _board(picture, wiring, board, top, left, lane)


def _wires(picture: Drawing, rows: Sequence[tuple[int, Point]], colour: str, lane: int) -> int:
    """Draw a board's two wires, `(pin, pad)` downwards, each along a lane of its own; return the next free lane.

    Where the board lies lower than its pins, the lower wire takes the inner lane, or the two would cross.
    """
    down = rows[0][1][1] > _pin_place(rows[0][0])[1]
    for row, (pin, end) in enumerate(rows):
        x, y = _pin_place(pin)
        side = -1 if end[0] < x else 1
        lane_x = _MIDDLE + side * (104 + 13 * (lane + (len(rows) - 1 - row if down else row)))
        picture.line([(_MIDDLE + side * 88, y), (lane_x, y), (lane_x, end[1]), end], stroke=colour, line_px=WIRE_PX)
    return lane + len(rows)


def _board(picture: Drawing, wiring: Wiring, corner: Channel, top: float, left: bool, lane: int) -> int:
    colour = CORNER_COLOURS[corner]
    number = CORNERS.index(corner)
    x = _MIDDLE - 88 - 130 - _BOARD_W if left else _MIDDLE + 88 + 130
    inner, outer = (x + _BOARD_W, x) if left else (x, x + _BOARD_W)
    picture.rect(x, top, _BOARD_W, _BOARD_H, fill="#ffffff", stroke=colour, round_px=8, line_px=2.2)
    picture.text(
        x + _BOARD_W / 2, top + 15, f"HX711 {words(corner)}", size=12.5, fill=colour, anchor="middle", bold=True
    )
    rows = [("SCK", wiring.clock_lines[number]), ("DOUT", wiring.data_lines[number])]
    rows.sort(key=lambda row: HEADER_PINS[row[1]])
    ends = []
    for row, (signal, line) in enumerate(rows):
        end = (inner, top + 38 + 21 * row)
        _pad(picture, *end, signal, left, colour)
        ends.append((HEADER_PINS[line], end))
    for row, (name, supply) in enumerate((("VDD", "3V3"), ("VCC", "5V"), ("GND", "GND"))):
        _pad(picture, inner, top + 78 + 14 * row, name, left, SUPPLY[supply], small=True)
    for row, (pad, wire, wire_colour) in enumerate(_WIRES):
        y = top + 38 + 21 * row
        _pad(picture, outer, y, pad, not left, wire_colour)
        cell = outer - 34 if left else outer + 34
        picture.line([(outer, y), (cell, y)], stroke=wire_colour, line_px=2.2)
        picture.text(outer + (-17 if left else 17), y - 7.5, wire, size=9, fill=SOFT, anchor="middle")
    cell_x = outer - 34 - 96 if left else outer + 34
    picture.rect(cell_x, top + 24, 96, 91, fill=PALE, stroke=EDGE, round_px=10)
    picture.text(cell_x + 48, top + 58, "load cell", size=12.5, anchor="middle")
    picture.text(cell_x + 48, top + 76, words(corner), size=12.5, anchor="middle", fill=colour, bold=True)
    return _wires(picture, ends, colour, lane)


def _imu(picture: Drawing, wiring: Wiring, top: float, lane: int) -> int:
    x = _MIDDLE - 88 - 130 - _BOARD_W
    inner = x + _BOARD_W
    picture.rect(x, top, _BOARD_W, _BOARD_H, fill="#ffffff", stroke=BUS, round_px=8, line_px=2.2)
    picture.text(
        x + _BOARD_W / 2, top + 15, f"IMU {wiring.deck_imu.upper()}", size=12.5, fill=BUS, anchor="middle", bold=True
    )
    ends = []
    for row, (signal, line) in enumerate(zip(("SDA", "SCL"), I2C_LINES, strict=True)):
        end = (inner, top + 38 + 21.0 * row)
        _pad(picture, *end, signal, True, BUS)
        ends.append((HEADER_PINS[line], end))
    for row, (name, supply) in enumerate((("VIN", "3V3"), ("GND", "GND"))):
        _pad(picture, inner, top + 80 + 14 * row, name, True, SUPPLY[supply], small=True)
    deck_address, _ = wiring.imu_addresses()
    low = IMU_MODELS[wiring.deck_imu].addresses[0]
    notes = (f"address 0x{deck_address:02X}", f"I2C bus {wiring.i2c_bus}, 400 kHz", "cable at most 30 cm",
             "z up, y to the screen")  # fmt: skip
    for row, note in enumerate(notes):
        picture.text(x - 14, top + 30 + 19 * row, note, size=12, fill=SOFT, anchor="end")
    if deck_address == low:
        picture.text(x - 14, top + 30 + 19 * 4, f"(a worn one: 0x{low + 1:02X})", size=12, fill=SOFT, anchor="end")
    return _wires(picture, ends, BUS, lane)


def _pad(
    picture: Drawing, x: float, y: float, name: str, right_edge: bool, colour: str, *, small: bool = False
) -> None:
    """Draw a solder pad on a board's edge with its name inside the board."""
    picture.circle(x, y, 4.0 if small else 5.0, fill=colour, stroke="#ffffff")
    size = 10.5 if small else 11.5
    picture.text(x + (-10 if right_edge else 10), y, name, size=size, anchor="end" if right_edge else "start")


# --- beside it --------------------------------------------------------------------------------------------------------


def _panel(picture: Drawing, x: float, y: float, width: float, title: str) -> None:
    picture.rect(x, y, width, 215, fill="#ffffff", stroke="#d5dce3", round_px=10)
    picture.text(x + 16, y + 20, title, size=13.5, bold=True)


def _deck(picture: Drawing, x: float, y: float) -> None:
    """The deck from above."""
    _panel(picture, x, y, 240, "The deck, from above")
    picture.text(x + 113, y + 47, "screen", size=11.5, fill=SOFT, anchor="middle")
    picture.line([(x + 63, y + 58), (x + 163, y + 58)], stroke=INK, line_px=4)
    left, top, side = x + 46, y + 70, 134
    picture.rect(left, top, side, side, fill=PALE, stroke=EDGE, round_px=6)
    for corner in CORNERS:
        cx = left + (24 if corner.label.endswith("left") else side - 24)
        cy = top + (24 if corner.label.startswith("front") else side - 24)
        picture.circle(cx, cy, 13, fill=CORNER_COLOURS[corner])
        letters = "".join(word[0].upper() for word in corner.label.split("_"))
        picture.text(cx, cy, letters, size=11, fill="#ffffff", anchor="middle", bold=True)
    picture.rect(left + side / 2 - 15, top + side / 2 - 11, 30, 22, fill=BUS, round_px=3)
    picture.text(left + side / 2, top + side / 2, "IMU", size=10, fill="#ffffff", anchor="middle", bold=True)
    picture.line([(x + 198, y + 168), (x + 198, y + 128)], stroke=SOFT)
    picture.line([(x + 194, y + 135), (x + 198, y + 127), (x + 202, y + 135)], stroke=SOFT)
    picture.line([(x + 198, y + 168), (x + 228, y + 168)], stroke=SOFT)
    picture.line([(x + 221, y + 164), (x + 229, y + 168), (x + 221, y + 172)], stroke=SOFT)
    picture.text(x + 206, y + 120, "AP (y)", size=10, fill=SOFT, anchor="middle")
    picture.text(x + 212, y + 182, "ML (x)", size=10, fill=SOFT, anchor="middle")


def _bridges(picture: Drawing, x: float, y: float) -> None:
    """How a bathroom scale's cell of three wires becomes a bridge for one board."""
    _panel(picture, x, y, 522, "A cell with three wires is half a bridge: complete it at its board")
    left, middle, top, bottom = x + 52, x + 140, y + 58, y + 176
    picture.rect(left - 32, top - 12, 76, bottom - top + 24, fill=PALE, stroke=EDGE, round_px=8)
    picture.text(left + 9, bottom + 24, "cell", size=11, fill=SOFT, anchor="middle")
    for x0, names in ((left, ("1 k", "1 k")), (middle, ("1 k", "1 k"))):
        picture.line([(x0, top), (x0, bottom)], stroke=INK)
        for part, name in enumerate(names):
            centre = top + 24 + part * (bottom - top - 48)
            picture.rect(x0 - 7, centre - 14, 14, 28, fill="#ffffff", stroke=INK)
            picture.text(x0 + 12, centre, name, size=10.5, fill=SOFT)
    out = x + 206
    for y0, pad, colour, source in (
        (top, "E+", "#d32f2f", left),
        (bottom, "E-", "#111111", left),
    ):
        picture.line([(source, y0), (out, y0)], stroke=colour)
        picture.circle(out, y0, 5, fill=colour)
        picture.text(out + 12, y0, pad, size=12, bold=True)
    half = (top + bottom) / 2
    picture.line([(left, half), (left + 62, half), (left + 62, half - 13), (out, half - 13)], stroke="#388e3c")
    picture.circle(left, half, 3.5, fill="#388e3c")
    picture.circle(out, half - 13, 5, fill="#388e3c")
    picture.text(out + 12, half - 13, "A+", size=12, bold=True)
    picture.line([(middle, half + 13), (out, half + 13)], stroke="#a0a7ae")
    picture.circle(middle, half + 13, 3.5, fill="#a0a7ae")
    picture.circle(out, half + 13, 5, fill="#a0a7ae")
    picture.text(out + 12, half + 13, "A-", size=12, bold=True)
    for row, note in enumerate((
        "Measure between its wires: the pair with",
        "the most ohms is E+ and E-, the third is A+.",
        "Two resistors of 1 k as a matched pair in one",
            "case (2 ppm/K): what they drift apart is read",
            "as weight.",
            "Or two cells at each corner: the second one,",
        "E+ and E- exchanged, instead of the resistors.",
    )):  # fmt: skip
        picture.text(x + 246, y + 56 + 20 * row, note, size=11, fill=INK if row < 2 else SOFT)


def _supply(picture: Drawing, x: float, y: float) -> None:
    """The nets that are not drawn as wires."""
    _panel(picture, x, y, 358, "Supply")
    notes = {
        "3V3": ("pins 1, 17: VDD and RATE of each HX711", "(RATE high: 80 samples/s), VIN of the IMU"),
        "5V": ("pins 2, 4: VCC (analog) of each HX711", "never a signal: the Pi's pins are 3.3 V"),
        "GND": ("pins 6, 9, 14, 20, 25, 30, 34, 39:", "GND of each board, a wire of its own"),
    }
    for row, (name, lines) in enumerate(notes.items()):
        top = y + 54 + 46 * row
        picture.rect(x + 16, top - 11, 42, 22, fill=SUPPLY[name], round_px=5)
        picture.text(x + 37, top, name, size=11.5, fill="#ffffff", anchor="middle", bold=True)
        for number, line in enumerate(lines):
            picture.text(x + 68, top - 8 + 16 * number, line, size=11, fill=SOFT)
    picture.text(x + 16, y + 194, "A board without a VDD pin: see docs/wiring.md, Boards", size=11, fill=SOFT)


def main() -> None:
    """Write the picture, to standard output or to a file."""
    parser = argparse.ArgumentParser(prog="python -m hardware.wiring_picture", description=main.__doc__)
    parser.add_argument("--out", type=Path, help="Default: standard output.")
    out: Path | None = parser.parse_args().out
    if out is None:
        sys.stdout.write(draw(Wiring()))
    else:
        out.write_text(draw(Wiring()), encoding="utf-8")


if __name__ == "__main__":
    main()
