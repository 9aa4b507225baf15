"""The shared ring: how samples get from acquire to everybody else. One writer; readers map it read-only.

A reader can neither block nor corrupt the writer, and the death of either side leaves the other as it was.

Layout (little-endian; one file, normally on tmpfs, mapped by both sides):

    header, 64 bytes
      0  8s  magic "BALRING1"
      8  u32 layout version (2)         12  u32 bytes a slot (48)
     16  u32 slots                      20  u32 pid of the writer
     24  u64 generation: differs whenever a writer starts anew
     32  u64 write index: samples written so far; stored after the slot it counts
     40  i64 heartbeat: writer's clock when it last went round its loop, ns; 0 before the first time
     48  u64 state bits, see RingState
     56  8 bytes reserved, 0
    two status buffers, 4096 bytes each: what the writer says about itself once a second, in turns
      0  u64 number n, in buffer n mod 2; stored last   8  u32 bytes   12  u32 CRC-32, started from n and generation
     16  JSON of hardware.status.AcquireStatus
    slot, 48 bytes; sample number n (from 1) is in slot (n - 1) mod slots
      0  u64 sequence number n          8  i64 t_ns
     16  6 x i32 values                40  u16 channel    42  u16 flags
     44  u32 CRC-32 of bytes 0..43, started from the generation

A sample counts only when its sequence number is the one expected and its checksum is right. That detects a slot that
is overwritten while it is read, and it holds on processors that let another core see stores out of order (Arm), where
"index written last" alone would not. A status buffer is checked in the same way; the one before it stays whole for a
second. Not solved here: an old file being truncated by somebody else while it is mapped.
"""

import errno
import fcntl
import mmap
import os
import secrets
import struct
import sys
from enum import IntFlag
from pathlib import Path
from typing import Final, Self
from zlib import crc32

import msgspec

from hardware.errors import CorruptFrameError, NotPresentError, SettingError
from hardware.sensor import Sample
from hardware.status import AcquireStatus

MAGIC: Final = b"BALRING1"
LAYOUT_VERSION: Final = 2
DEFAULT_SLOTS: Final = 16384  # 28 s at 4 x 94 corner and 208 IMU samples a second
HEADER_BYTES: Final = 64
STATUS_BYTES: Final = 4096
SLOTS_AT: Final = HEADER_BYTES + 2 * STATUS_BYTES
SLOT_BYTES: Final = 48

_HEADER: Final = struct.Struct("<8sIIIIQQqQ8x")
_BODY: Final = struct.Struct("<Qq6iHH")
_SLOT: Final = struct.Struct("<Qq6iHHI")
_CRC: Final = struct.Struct("<I")
_STATUS: Final = struct.Struct("<QII")
_STATUS_MOST: Final = STATUS_BYTES - _STATUS.size
_status_decoder: Final = msgspec.json.Decoder(AcquireStatus)
_status_encoder: Final = msgspec.json.Encoder()
_BODY_BYTES: Final = _BODY.size
# the header as native 64-bit words: one store each, so a reader never sees half of one
_GENERATION, _INDEX, _HEARTBEAT, _STATE = 3, 4, 5, 6
_OVERRUN_MARGIN: Final = 64  # slots left alone in front of a writer that has lapped the reader


class RingState(IntFlag):
    """What the writer says about itself. Anything but 0 or VIRTUAL is worth a line in `doctor`."""

    NONE = 0
    DEGRADED_NOT_FIFO = 1  # no real-time priority: frames may be torn under load, and will be flagged
    NOT_LOCKED = 2  # memory is not locked: a page fault may delay a frame
    VIRTUAL = 4  # virtual chips: nobody is really standing there
    IMU_LOST = 8  # the deck's IMU does not answer
    CLOSED = 16  # the writer ended in good order
    WAIST_IMU_LOST = 32  # the waist's IMU does not answer
    NOT_PINNED = 64  # tied to no core of its own: other processes may share its core


class RingWriter:
    """The only writer of a ring. `write` costs 1 to 2 us, so that it fits between two frames of the acquire loop."""

    def __init__(self, buffer: mmap.mmap, slots: int, path: Path | None, fd: int | None) -> None:
        """Use `create` or `in_memory`."""
        self._fd = fd
        self.path = path
        self._map = buffer
        self._slots = slots
        self._count = 0
        self._closed = False
        self._generation = secrets.randbits(63) | 1
        self._seed = self._generation & 0xFFFFFFFF
        self._status_number = 0
        header = (MAGIC, LAYOUT_VERSION, SLOT_BYTES, slots, os.getpid(), self._generation, 0, 0, 0)
        _HEADER.pack_into(buffer, 0, *header)
        self._words = memoryview(buffer)[:HEADER_BYTES].cast("Q")

    @classmethod
    def create(cls, path: Path, slots: int = DEFAULT_SLOTS) -> Self:
        """Make a new ring at `path`, in place of an old one whose writer has gone.

        The new file appears complete or not at all. Raises SettingError when another writer is alive on it, and
        NotPresentError when the folder is missing or the file cannot be made.
        """
        _check_setting(slots)
        _refuse_second_writer(path)
        size = SLOTS_AT + slots * SLOT_BYTES
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        fd = -1
        try:
            fd = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o640)
            os.posix_fallocate(fd, 0, size)  # a full tmpfs is an error now, not a SIGBUS later
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            writer = cls(mmap.mmap(fd, size), slots, path, fd)
            fresh.replace(path)
        except OSError as error:
            if fd >= 0:
                os.close(fd)
                fresh.unlink(missing_ok=True)
            why = os.strerror(error.errno or errno.EIO)
            raise NotPresentError(
                f"{path}: cannot make the ring of samples ({why}); its folder must exist, be writable and have "
                f"{size // 1024} KiB free (station.runtime_dir in the configuration)"
            ) from error
        return writer

    @classmethod
    def in_memory(cls, slots: int = DEFAULT_SLOTS) -> Self:
        """Make a ring that only this process sees."""
        _check_setting(slots)
        return cls(mmap.mmap(-1, SLOTS_AT + slots * SLOT_BYTES), slots, None, None)

    def write(self, sample: Sample) -> None:
        """Put one sample into the ring. Never waits, never looks at readers."""
        number = self._count + 1
        channel, flags, t_ns, values = sample
        body = _BODY.pack(number, t_ns, *values, channel, flags)
        at = SLOTS_AT + self._count % self._slots * SLOT_BYTES
        self._map[at : at + SLOT_BYTES] = body + _CRC.pack(crc32(body, self._seed))
        self._words[_INDEX] = self._count = number

    def beat(self, now_ns: int) -> None:
        """Say that the writer's loop went round at `now_ns` of its own clock."""
        self._words[_HEARTBEAT] = now_ns

    def publish_status(self, status: AcquireStatus) -> None:
        """Say how acquire is; some 10 us. Raises SettingError for one that is longer than its place."""
        body = _status_encoder.encode(status)
        if len(body) > _STATUS_MOST:
            raise SettingError(f"acquire's status is {len(body)} bytes long; the ring has room for {_STATUS_MOST}")
        self._status_number = number = self._status_number + 1
        at = HEADER_BYTES + number % 2 * STATUS_BYTES
        # the number goes last and breaks the old checksum first: a reader in between sees neither as whole
        _STATUS.pack_into(self._map, at, 0, len(body), crc32(body, self._seed ^ number & 0xFFFFFFFF))
        self._map[at + _STATUS.size : at + _STATUS.size + len(body)] = body
        self._map[at : at + 8] = number.to_bytes(8, "little")

    @property
    def written(self) -> int:
        """Return how many samples were written."""
        return self._count

    @property
    def state(self) -> RingState:
        """Return the writer's state bits."""
        return RingState(self._words[_STATE])

    @state.setter
    def state(self, bits: RingState) -> None:
        self._words[_STATE] = int(bits)

    def reader(self) -> "RingReader":
        """Return a reader of this ring; it starts at the newest sample."""
        if self.path is not None:
            return RingReader.open(self.path)
        return RingReader(memoryview(self._map).toreadonly(), None, None)

    def close(self) -> None:
        """Mark the ring as closed. The file stays, so that readers can finish; safe to call twice."""
        if self._closed:
            return
        self._closed = True
        self.state |= RingState.CLOSED
        if self._fd is not None:
            fcntl.flock(self._fd, fcntl.LOCK_UN)  # mmap holds a duplicate of the descriptor, and with it the lock
            os.close(self._fd)
            self._fd = None


class RingReader:
    """One reader. Starts at the newest sample; what it was too slow to read is counted in `lost`, never guessed.

    lost: samples overwritten before they were read; restarts: how often a new writer took the old one's place.
    """

    def __init__(self, view: memoryview, path: Path | None, identity: tuple[int, int] | None) -> None:
        """Use `RingReader.open` or `RingWriter.reader`."""
        self.path = path
        self.lost = 0
        self.restarts = 0
        self._doubted = 0
        self._attach(view, identity)
        self._next = self._words[_INDEX]

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the ring at `path`.

        Raises NotPresentError when there is none, CorruptFrameError when the file is not a ring of this layout.
        """
        view, identity = _map_readonly(path)
        return cls(view, path, identity)

    def _attach(self, view: memoryview, identity: tuple[int, int] | None) -> None:
        self._view = view
        self._identity = identity
        self._words = view[:HEADER_BYTES].cast("Q")
        self._slots = int(_HEADER.unpack_from(view, 0)[3])
        self.generation = self._words[_GENERATION]
        self._seed = self.generation & 0xFFFFFFFF

    def read(self) -> list[Sample]:
        """Return every new good sample since the last call, oldest first; an empty list when there is none.

        When a new writer has taken over, goes on with that one's samples from its first.
        """
        samples: list[Sample] = []
        written = self._words[_INDEX]
        if written <= self._next:
            if self.path is None or not self._follow_new_writer(self.path):
                return samples
            written = self._words[_INDEX]
        self._skip_overwritten(written)
        while self._next < written:
            start = self._next % self._slots
            count = min(written - self._next, self._slots - start)
            at = SLOTS_AT + start * SLOT_BYTES
            chunk = bytes(self._view[at : at + count * SLOT_BYTES])
            if not self._take(chunk, samples):
                break
        return samples

    def _take(self, chunk: bytes, samples: list[Sample]) -> bool:
        """Append the good slots of a copy up to one that is not what it should be; return whether to go on now."""
        at = 0
        seed = self._seed
        for number, t_ns, *values, channel, flags, crc in _SLOT.iter_unpack(chunk):
            if number == self._next + 1 and crc32(chunk[at : at + _BODY_BYTES], seed) == crc:
                v0, v1, v2, v3, v4, v5 = values
                samples.append(Sample(channel, flags, t_ns, (v0, v1, v2, v3, v4, v5)))
                self._next += 1
                at += SLOT_BYTES
                continue
            before = self._next
            self._skip_overwritten(self._words[_INDEX])
            if self._next == before and self._doubted != before + 1:
                # The writer has not lapped us: either its store is not visible to this core yet, or the slot is
                # broken. Look again at the next call, and then let it go.
                self._doubted = before + 1
                return False
            if self._next == before:
                self._next += 1
                self.lost += 1
            return True
        return True

    def _skip_overwritten(self, written: int) -> None:
        oldest = written - self._slots
        if self._next < oldest:
            resume = min(oldest + _OVERRUN_MARGIN, written)
            self.lost += resume - self._next
            self._next = resume

    def _follow_new_writer(self, path: Path) -> bool:
        """Look whether another file stands at the path now; if so go over to it and return True."""
        try:
            status = path.stat()
            if (status.st_dev, status.st_ino) == self._identity:
                return False
            view, identity = _map_readonly(path)
        except (OSError, NotPresentError, CorruptFrameError):
            return False  # gone, or not a ring: keep the old one, whose heartbeat tells that it is dead
        self._attach(view, identity)
        self.restarts += 1
        self._next = 0
        self._doubted = 0
        return True

    def acquire_status(self) -> AcquireStatus | None:
        """Return the newest thing that acquire has said about itself, whole; None before it has said anything."""
        found: list[tuple[int, bytes]] = []
        for at in (HEADER_BYTES, HEADER_BYTES + STATUS_BYTES):
            number, length, crc = _STATUS.unpack_from(self._view, at)
            body = bytes(self._view[at + _STATUS.size : at + _STATUS.size + min(length, _STATUS_MOST)])
            if number and crc32(body, self._seed ^ number & 0xFFFFFFFF) == crc:
                found.append((number, body))
        if not found:
            return None
        try:
            return _status_decoder.decode(max(found)[1])
        except msgspec.MsgspecError:  # of another release: this one cannot read it
            return None

    @property
    def heartbeat_ns(self) -> int:
        """Return when the writer's loop last went round, ns of the writer's clock; 0 before the first time."""
        return self._words[_HEARTBEAT]

    @property
    def state(self) -> RingState:
        """Return what the writer says about itself."""
        return RingState(self._words[_STATE])

    def close(self) -> None:
        """Let go of the mapping. Safe to call twice."""
        self._words.release()
        self._view.release()


def _check_setting(slots: int) -> None:
    if sys.byteorder != "little":
        raise SettingError("the ring is little-endian and this machine is not")
    if not 2 * _OVERRUN_MARGIN <= slots <= 1 << 24:
        raise SettingError(f"a ring of {slots} slots makes no sense; choose {2 * _OVERRUN_MARGIN} to {1 << 24}")


def _refuse_second_writer(path: Path) -> None:
    """Raise SettingError when a living writer holds the lock of the file at `path`."""
    try:
        fd = os.open(path, os.O_RDONLY)
    except OSError:
        return
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        header = os.pread(fd, HEADER_BYTES, 0)
        pid = _HEADER.unpack(header)[4] if len(header) == HEADER_BYTES else "?"
        raise SettingError(
            f"{path}: another acquire (process {pid}) is writing this ring; stop it first, or name another runtime_dir"
        ) from None
    finally:
        os.close(fd)


def _map_readonly(path: Path) -> tuple[memoryview, tuple[int, int]]:
    """Map the ring at `path` read-only and check its header; return the view and (device, inode)."""
    try:
        fd = os.open(path, os.O_RDONLY)
    except OSError as error:
        raise NotPresentError(
            f"{path}: there is no ring of samples ({os.strerror(error.errno or errno.EIO)}); "
            "start acquire first: `balance-station run acquire`"
        ) from error
    try:
        status = os.fstat(fd)
        if status.st_size < HEADER_BYTES:
            raise CorruptFrameError(f"{path}: {status.st_size} bytes are too few for a ring of samples")
        view = memoryview(mmap.mmap(fd, status.st_size, access=mmap.ACCESS_READ))
    except OSError as error:
        raise NotPresentError(f"{path}: cannot be mapped: {error}") from error
    finally:
        os.close(fd)
    magic, version, slot_bytes, slots, *_ = _HEADER.unpack_from(view, 0)
    if magic != MAGIC or version != LAYOUT_VERSION or slot_bytes != SLOT_BYTES:
        raise CorruptFrameError(
            f"{path}: not a ring of samples of layout {LAYOUT_VERSION} (magic {magic!r}, version {version}); "
            "acquire and station must come from the same release: restart both"
        )
    if SLOTS_AT + slots * SLOT_BYTES != status.st_size:
        raise CorruptFrameError(f"{path}: {status.st_size} bytes do not hold {slots} slots; restart acquire")
    return view, (status.st_dev, status.st_ino)
