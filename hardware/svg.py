"""A small writer of SVG: shapes and text at given places, as one standalone file. Draws; knows nothing of what.

Output is the same bytes for the same calls, so that a picture in the documentation can be held to what it shows.
"""

from collections.abc import Sequence
from typing import Final
from xml.sax.saxutils import escape, quoteattr

Point = tuple[float, float]
FONT: Final = "Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif"


class Drawing:
    """A picture `width` x `height` px on a plain ground; what is drawn later lies on top."""

    def __init__(self, width: float, height: float, title: str, ground: str = "#ffffff") -> None:
        self._size = f"{width:g} {height:g}"
        self._title = title
        self._parts: list[str] = []
        self.rect(0, 0, width, height, fill=ground)

    def rect(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        *,
        fill: str,
        stroke: str = "none",
        round_px: float = 0.0,
        line_px: float = 1.5,
    ) -> None:
        """Draw a rectangle, its corners rounded by `round_px`."""
        self._add("rect", x=x, y=y, width=width, height=height, rx=round_px, fill=fill, stroke=stroke,
                  **{"stroke-width": line_px})  # fmt: skip

    def circle(
        self, x: float, y: float, radius: float, *, fill: str, stroke: str = "none", line_px: float = 1.5
    ) -> None:
        """Draw a disc."""
        self._add("circle", cx=x, cy=y, r=radius, fill=fill, stroke=stroke, **{"stroke-width": line_px})

    def line(self, points: Sequence[Point], *, stroke: str, line_px: float = 2.0) -> None:
        """Draw straight pieces from point to point."""
        joined = " ".join(f"{x:g},{y:g}" for x, y in points)
        shape: dict[str, str | float] = {"stroke-linejoin": "round", "stroke-linecap": "round"}
        self._add("polyline", points=joined, fill="none", stroke=stroke, **{"stroke-width": line_px}, **shape)

    def text(
        self, x: float, y: float, words: str, *, size: float = 13.0, fill: str = "#1f2933", anchor: str = "start",
        bold: bool = False,
    ) -> None:  # fmt: skip
        """Write words; y is the middle of the letters. anchor: start, middle or end."""
        weight: dict[str, str | float] = {"font-weight": "bold"} if bold else {}
        self._parts.append(
            self._open(
                "text", x=x, y=y + 0.35 * size, fill=fill, **{"font-size": size, "text-anchor": anchor, **weight}
            )
            + f">{escape(words)}</text>"
        )

    def to_svg(self) -> str:
        """Return the file."""
        head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self._size}" font-family={quoteattr(FONT)}>'
        return "\n".join([head, f"<title>{escape(self._title)}</title>", *self._parts, "</svg>", ""])

    def _add(self, name: str, **attributes: str | float) -> None:
        self._parts.append(self._open(name, **attributes) + "/>")

    @staticmethod
    def _open(name: str, **attributes: str | float) -> str:
        written = (f"{key}={quoteattr(value if isinstance(value, str) else f'{value:g}')}"
                   for key, value in attributes.items())  # fmt: skip
        return f"<{name} {' '.join(written)}"
