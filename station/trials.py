"""The raw trial: four corner forces as they were at each tick of the loop, kept so that any result can be recomputed.

A trial is bytes here (a compressed npz archive, `.trial.npz` as a file); where it is kept is the store's business.
Forces, not COP: a later pipeline may want what the COP leaves out.
"""

import io
import struct
import tokenize
import zipfile
import zlib
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt

from station.config import DeckConfig
from station.cop import cop_of_trial
from station.errors import DataError

FORMAT: Final = "balance-station/trial/1"
SUFFIX: Final = ".trial.npz"
TICK_HZ: Final = 100.0

FloatArray = npt.NDArray[np.float64]

_ARRAYS: Final = {
    "t_ns": np.int64,
    "front_left_n": np.float64,
    "front_right_n": np.float64,
    "back_left_n": np.float64,
    "back_right_n": np.float64,
    "valid": np.uint8,
}
_ABOUT: Final = "about"


# What zip, zlib and numpy raise on damaged or foreign archives of arrays; tests flip every byte to find them. A mistake
# of ours raises some of them too: nothing but their reading belongs where this is caught.
BROKEN_ARCHIVE: Final = (
    ValueError,
    TypeError,
    IndexError,
    OverflowError,
    OSError,
    EOFError,
    MemoryError,
    NotImplementedError,
    RuntimeError,
    SyntaxError,
    struct.error,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
)
_LONGEST_DAMAGE: Final = 120


def damage(error: Exception) -> str:
    """Return what an archive's reader says of damage: its first sentence, which may quote the damaged bytes."""
    return " ".join(str(error).split()).partition(". ")[0][:_LONGEST_DAMAGE] or type(error).__name__


class _About(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: str
    name: str
    stance: str
    window_start_ns: int
    window_end_ns: int
    calibration_id: str
    boot_id: str
    cell_spacing_ml_mm: float
    cell_spacing_ap_mm: float


class RawTrial(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """One trial at 100 Hz, N ticks.

    `t_ns`: the loop's ticks, CLOCK_MONOTONIC of `boot_id`, ascending, int64. Forces in N, float64. `valid`: 1 where the
    tick can be trusted, 0 where not, uint8. The analysed window is `window_start_ns <= t < window_end_ns`.
    Raises DataError when made from arrays that cannot be a trial.
    """

    name: str
    stance: str
    t_ns: npt.NDArray[np.int64]
    front_left_n: FloatArray
    front_right_n: FloatArray
    back_left_n: FloatArray
    back_right_n: FloatArray
    valid: npt.NDArray[np.uint8]
    window_start_ns: int
    window_end_ns: int
    calibration_id: str
    boot_id: str
    cell_spacing_ml_mm: float = DeckConfig().cell_spacing_ml_mm
    cell_spacing_ap_mm: float = DeckConfig().cell_spacing_ap_mm

    def __post_init__(self) -> None:
        for key, dtype in _ARRAYS.items():
            array = getattr(self, key)
            if array.dtype != dtype or array.shape != (len(self.t_ns),):
                raise DataError(
                    f"raw trial {self.name!r}: {key} is {array.dtype} {array.shape}, "
                    f"expected {np.dtype(dtype)} {(len(self.t_ns),)}"
                )
        if len(self.t_ns) and not (np.diff(self.t_ns) > 0).all():
            raise DataError(f"raw trial {self.name!r}: its ticks are not in time order")
        if not self.window_end_ns > self.window_start_ns:
            raise DataError(f"raw trial {self.name!r}: its window ends at or before its start")
        if not (self.cell_spacing_ml_mm > 0 and self.cell_spacing_ap_mm > 0):
            raise DataError(f"raw trial {self.name!r}: the distances between load cells must be above 0 mm")

    def in_window(self) -> slice:
        """Return the ticks of the analysed window, valid or not."""
        first, last = np.searchsorted(self.t_ns, [self.window_start_ns, self.window_end_ns], side="left")
        return slice(int(first), int(last))

    def cop(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return `(fz_n, cop_ml_mm, cop_ap_mm)` of every tick; NaN where there is no force."""
        corners = (self.front_left_n, self.front_right_n, self.back_left_n, self.back_right_n)
        return cop_of_trial(*corners, self.cell_spacing_ml_mm, self.cell_spacing_ap_mm)

    def to_bytes(self) -> bytes:
        """Return the trial as a compressed archive that `from_bytes` reads back to the last bit."""
        fields = {key: getattr(self, key) for key in _About.__struct_fields__ if key != "format"}
        about = msgspec.json.encode(_About(format=FORMAT, **fields))
        arrays: dict[str, Any] = {key: getattr(self, key) for key in _ARRAYS}
        arrays[_ABOUT] = np.frombuffer(about, dtype=np.uint8)
        archive = io.BytesIO()
        np.savez_compressed(archive, **arrays)
        return archive.getvalue()

    @classmethod
    def from_bytes(cls, archive: bytes, source: str = "raw trial") -> "RawTrial":
        """Return the trial in an archive; `source` is named in what is raised.

        Raises DataError for anything that is not, to the last bit, what `to_bytes` wrote (each part carries a CRC).
        """
        try:
            with np.load(io.BytesIO(archive), allow_pickle=False) as parts:
                arrays = {key: parts[key] for key in _ARRAYS}
                about = msgspec.json.decode(parts[_ABOUT].tobytes(), type=_About)
        except (*BROKEN_ARCHIVE, KeyError, msgspec.MsgspecError) as error:  # KeyError: a part is missing
            raise DataError(f"{source}: not a raw trial of this station, or damaged: {damage(error)}") from error
        if about.format != FORMAT:
            raise DataError(f"{source}: its format is {about.format!r}, this software reads {FORMAT!r}")
        fields = {key: getattr(about, key) for key in _About.__struct_fields__ if key != "format"}
        return cls(**arrays, **fields)
