"""A table for staff: what was measured beside what is allowed, and the verdict as a word and a shape.

What is too long for its room is shown on pages. A row that is refused says under itself what to do.
"""

from collections.abc import Sequence
from typing import Final

import msgspec
from kivy.uix.widget import Widget

from kiosk_ui.fitting import Fitted, fit
from kiosk_ui.layout import Rect
from kiosk_ui.theme import Panel, Role, sizes_of
from kiosk_ui.widgets.card import Card
from kiosk_ui.widgets.sign import Sign
from kiosk_ui.widgets.words import Words, set_shown
from kiosk_ui.wording import OwnWords
from station.screens import TableRow

PAD_MM: Final = 1.1
ROW_GAP_MM: Final = 1.0
COLUMN_GAP_MM: Final = 4.0
NARROW_MM: Final = 105.0  # under this the values stand under the name
LEAST_OF_VALUES: Final = 0.19
MOST_OF_VALUES: Final = 0.27  # of the room, for each of the two columns of values
SIGN_EM: Final = 1.5  # of the capitals
MARK_MM: Final = 1.4  # the bar at the left of a row that is refused


class _Columns(msgspec.Struct, frozen=True):
    """Widths, mm; 0: there is no such column."""

    name: float
    measured: float
    expected: float
    verdict: float
    narrow: bool


class _Laid(msgspec.Struct, frozen=True):
    """One row as fitted words. to_do stands under the rest."""

    name: Fitted
    measured: Fitted
    expected: Fitted
    verdict: Fitted
    to_do: Fitted
    height: float


class _RowWidgets(Widget):
    """The widgets of one row, made once."""

    def __init__(self, panel: Panel) -> None:
        super().__init__()
        self.card, self.mark, self.sign = Card(), Card(), Sign(panel)
        self.words = tuple(Words() for _ in range(5))
        for widget in (self.card, self.mark, self.sign, *self.words):
            self.add_widget(widget)


class StaffTable(Widget):
    """One page of rows at a time."""

    def __init__(self, panel: Panel) -> None:
        super().__init__()
        self._panel = panel
        self._heads = (Words(), Words())
        self._rows: list[_RowWidgets] = []
        for words in self._heads:
            self.add_widget(words)

    def pages(
        self, rows: Sequence[TableRow], rect: Rect, words: OwnWords
    ) -> tuple[tuple[tuple[TableRow, ...], ...], float]:
        """Return the rows of each page, the fewest pages, and the largest capitals with which they are enough, mm."""
        caps = sizes_of(self._panel).table_caps
        fewest = self._pack(rows, rect, words, caps[-1])
        for cap_mm in caps:
            pages = self._pack(rows, rect, words, cap_mm)
            if len(pages) <= len(fewest):
                return pages, cap_mm
        return fewest, caps[-1]

    def show(
        self, rows: Sequence[TableRow], every: Sequence[TableRow], rect: Rect, words: OwnWords, cap_mm: float
    ) -> None:
        """Show one page from the top of a rectangle; columns are those of `every` row, on whatever page."""
        columns = self._columns(every, rect, words, cap_mm)
        head = self._put_heads(columns, rect, words, cap_mm)
        top = rect.top - head
        while len(self._rows) < len(rows):
            self._rows.append(_RowWidgets(self._panel))
        for widget in self._rows[len(rows) :]:
            set_shown(self, widget, False)
        for widget, row in zip(self._rows, rows, strict=False):
            set_shown(self, widget, True)
            laid = self._lay(row, columns, words, cap_mm)
            self._put_row(widget, row, laid, columns, Rect(rect.x, top - laid.height, rect.width, laid.height), cap_mm)
            top -= laid.height + ROW_GAP_MM

    # --- what fits where -------------------------------------------------------------------------------------------

    def _pack(
        self, rows: Sequence[TableRow], rect: Rect, words: OwnWords, cap_mm: float
    ) -> tuple[tuple[TableRow, ...], ...]:
        columns = self._columns(rows, rect, words, cap_mm)
        room = rect.height - self._head_height(columns, cap_mm)
        pages: list[list[TableRow]] = [[]]
        left = room
        for row in rows:
            height = self._lay(row, columns, words, cap_mm).height
            if pages[-1] and height > left:
                pages.append([])
                left = room
            pages[-1].append(row)
            left -= height + ROW_GAP_MM
        return tuple(tuple(page) for page in pages)

    def _columns(self, rows: Sequence[TableRow], rect: Rect, words: OwnWords, cap_mm: float) -> _Columns:
        inner = rect.width - 2 * PAD_MM - MARK_MM
        verdict = 0.0
        if any(row.good is not None for row in rows):
            widest = max(self._fit(text, cap_mm, inner, bold=True).width_px for text in (words.good, words.not_good))
            verdict = widest / self._panel.px_per_mm + 1.0 + SIGN_EM * cap_mm
        free = inner - (verdict + COLUMN_GAP_MM if verdict else 0.0)
        has_expected = any(row.expected for row in rows)
        if rect.width < NARROW_MM:
            share = 0.5 if has_expected else 1.0
            return _Columns(free, inner * share, inner * (1 - share), verdict, narrow=True)
        if not has_expected:
            free -= COLUMN_GAP_MM
            return _Columns(free * 0.45, free * 0.55, 0.0, verdict, narrow=False)
        free -= 2 * COLUMN_GAP_MM
        measured, expected = (
            min(
                MOST_OF_VALUES * free,
                max(LEAST_OF_VALUES * free, self._widest(texts, cap_mm), self._widest((head,), cap_mm)),
            )
            for texts, head in (
                ([row.measured for row in rows], words.measured),
                ([row.expected for row in rows], words.allowed),
            )
        )
        return _Columns(free - measured - expected, measured, expected, verdict, narrow=False)

    def _widest(self, texts: Sequence[str], cap_mm: float) -> float:
        """Return what the longest of these needs on one line, mm."""
        return max(self._fit(text, cap_mm, self._panel.width_mm).width_px for text in texts) / self._panel.px_per_mm

    def _lay(self, row: TableRow, columns: _Columns, words: OwnWords, cap_mm: float) -> _Laid:
        said = "" if row.good is None else words.good if row.good else words.not_good
        whole = columns.name + (columns.verdict + COLUMN_GAP_MM if columns.verdict else 0.0)
        if not columns.narrow:
            whole += columns.measured + columns.expected + COLUMN_GAP_MM * (2 if columns.expected else 1)
        expected = row.expected
        if columns.narrow and expected:
            expected = f"({expected})"
        laid = _Laid(
            name=self._fit(row.name, cap_mm, columns.name, bold=True),
            measured=self._fit(row.measured, cap_mm, columns.measured),
            expected=self._fit(expected, cap_mm, columns.expected),
            verdict=self._fit(said, cap_mm, columns.verdict, bold=True),
            to_do=self._fit(row.to_do, cap_mm, whole),
            height=0.0,
        )
        values = max(self._mm(laid.measured), self._mm(laid.expected))
        first = max(self._mm(laid.name), self._mm(laid.verdict), SIGN_EM * cap_mm if said else 0.0)
        upper = first + values if columns.narrow else max(first, values)
        under = self._mm(laid.to_do) + (PAD_MM * 0.5 if row.to_do else 0.0)
        return msgspec.structs.replace(laid, height=upper + under + 2 * PAD_MM)

    def _head_height(self, columns: _Columns, cap_mm: float) -> float:
        if columns.narrow or not columns.expected:
            return 0.0
        return self._mm(self._fit("Hg", cap_mm, 100.0)) + 0.8

    def _fit(self, text: str, cap_mm: float, width: float, *, bold: bool = False) -> Fitted:
        panel = self._panel
        return fit(text, panel.font_px(cap_mm), panel.px(width), panel.height_px, bold=bold)

    def _mm(self, fitted: Fitted) -> float:
        return fitted.height_px / self._panel.px_per_mm

    # --- drawing ---------------------------------------------------------------------------------------------------

    def _put_heads(self, columns: _Columns, rect: Rect, words: OwnWords, cap_mm: float) -> float:
        height = self._head_height(columns, cap_mm)
        first = rect.x + MARK_MM + PAD_MM + columns.name + COLUMN_GAP_MM
        for head, text, x, width in (
            (self._heads[0], words.measured, first, columns.measured),
            (self._heads[1], words.allowed, first + columns.measured + COLUMN_GAP_MM, columns.expected),
        ):
            shown = text if height else ""
            self._put(head, self._fit(shown, cap_mm, width), x, rect.top, role="quiet")
        return height

    def _put_row(
        self, widgets: _RowWidgets, row: TableRow, laid: _Laid, columns: _Columns, rect: Rect, cap_mm: float
    ) -> None:
        panel = self._panel
        radius = min(1.5, rect.height / 4)
        widgets.card.put(rect, panel, radius, "card")
        mark: Role = "card" if row.good is not False else "stop"
        widgets.mark.put(Rect(rect.x, rect.y, MARK_MM, rect.height), panel, MARK_MM / 3, mark)
        name, measured, expected, verdict, to_do = widgets.words
        left, top = rect.x + MARK_MM + PAD_MM, rect.top - PAD_MM
        self._put(name, laid.name, left, top)
        values_top = top
        x = left + columns.name + COLUMN_GAP_MM
        if columns.narrow:
            values_top = top - max(self._mm(laid.name), self._mm(laid.verdict))
            x = left
        self._put(measured, laid.measured, x, values_top)
        x += columns.measured + (0.0 if columns.narrow else COLUMN_GAP_MM)
        self._put(expected, laid.expected, x, values_top)
        side = SIGN_EM * cap_mm
        at_x = rect.right - PAD_MM - columns.verdict
        line = self._mm(self._fit("Hg", cap_mm, 100.0))
        set_shown(widgets, widgets.sign, row.good is not None)
        if row.good is not None:
            box = Rect(at_x, top - line / 2 - side / 2, side, side)
            widgets.sign.show("tick" if row.good else "cross", box, "action" if row.good else "stop")
        self._put(verdict, laid.verdict, at_x + side + 1.0, top)
        self._put(to_do, laid.to_do, left, rect.y + PAD_MM + self._mm(laid.to_do))

    def _put(self, words: Words, fitted: Fitted, x: float, top: float, role: Role = "ink") -> None:
        words.put(fitted, self._panel.px(x), self._panel.px(top), role=role)
