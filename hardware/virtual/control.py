"""Moving the virtual person from another process: a Unix-domain socket, one JSON object a line.

    {"do": "step_on"}
    {"do": "stand", "stance": "tandem", "lead_s": 3, "window_s": 10}
    {"do": "stand", "stance": "quiet", "eyes": "closed", "surface": "foam"}
    {"do": "reach", "direction": "forward-left", "hold_s": 1}    {"do": "shift_weight", "direction": "left"}
    {"do": "sit"}    {"do": "rise", "hands": true}    {"do": "chair_stands", "count": 5}
    {"do": "load", "mass_kg": 20, "x_mm": 150, "y_mm": 0}        a weight on the empty deck; 0 kg takes it away
    {"do": "lose_balance"}    {"do": "grab_rail", "for_s": 3, "share": 0.12}    {"do": "step_off"}
    {"do": "tap", "corner": "front_left", "force_n": 60, "for_s": 1.2}    a hand presses; nobody need stand there

Each is answered with one line, `{"ok": true, "t_ns": 123, "recording_at_s": 8.25, "until_ns": null,
"reached_mm": null}` (`recording_at_s` when a recording plays, `until_ns` when a movement will be over, `reached_mm` how
far a lean goes), or `{"ok": false, "error": "why"}`. A command takes effect at the moment up to which the virtual chips
have lived.
`PersonControl` never blocks: the acquire loop polls it between two rounds.
"""

import contextlib
import selectors
import socket
from pathlib import Path
from typing import Final, Literal, Self

import msgspec

from hardware.clock import Clock
from hardware.errors import CorruptFrameError, HardwareError, NotPresentError, SettingError, WaitTimeoutError
from hardware.virtual.balance import Eyes, Surface
from hardware.virtual.person import Done, VirtualPerson

MAX_LINE_BYTES: Final = 4096
MAX_CLIENTS: Final = 8


class _Command(msgspec.Struct, frozen=True, tag_field="do", forbid_unknown_fields=True):
    """Anything that can be asked of a person."""


class StepOn(_Command, frozen=True, tag="step_on"):
    """Step onto the deck."""


class StepOff(_Command, frozen=True, tag="step_off"):
    """Step off the deck."""


class LoseBalance(_Command, frozen=True, tag="lose_balance"):
    """Lose balance now."""


class Stand(_Command, frozen=True, tag="stand"):
    """Take up a stance."""

    stance: str
    lead_s: float = 8.0
    window_s: float = 30.0
    eyes: Eyes = "open"
    surface: Surface = "firm"


class Reach(_Command, frozen=True, tag="reach"):
    """Lean towards a target in one of eight directions, hold, and come back; as far as they dare, or less."""

    direction: str
    distance_mm: float | None = None
    hold_s: float = 1.0


class ShiftWeight(_Command, frozen=True, tag="shift_weight"):
    """Shift weight towards a side, hold, and come back."""

    direction: str
    distance_mm: float = 40.0
    hold_s: float = 0.5


class Sit(_Command, frozen=True, tag="sit"):
    """Sit down on the chair behind the deck, feet staying on it."""

    hands: bool = False


class Rise(_Command, frozen=True, tag="rise"):
    """Stand up from the chair."""

    hands: bool = False


class ChairStands(_Command, frozen=True, tag="chair_stands"):
    """Stand up and sit down again and again, from the chair to the chair."""

    count: int = 5
    pace_s: float | None = None
    hands: bool = False


class GrabRail(_Command, frozen=True, tag="grab_rail"):
    """Hold on to the rail for a while."""

    for_s: float = 3.0
    share: float = 0.12


class Tap(_Command, frozen=True, tag="tap"):
    """Press near a corner with a hand. reach_mm: how far from the deck's middle, to the side and to the front alike."""

    corner: Literal["front_left", "front_right", "back_left", "back_right"]
    force_n: float = 60.0
    for_s: float = 1.2
    reach_mm: float = 180.0


class PutWeight(_Command, frozen=True, tag="load"):
    """Put a weight somewhere on the empty deck, in place of the one before; 0 kg leaves it empty."""

    mass_kg: float
    x_mm: float = 0.0
    y_mm: float = 0.0


Command = (
    PutWeight | StepOn | StepOff | LoseBalance | Stand | GrabRail | Reach | ShiftWeight | Sit | Rise | ChairStands | Tap
)


class Answer(msgspec.Struct, frozen=True, omit_defaults=False):
    """What came of a command."""

    ok: bool
    t_ns: int = 0
    recording_at_s: float | None = None
    until_ns: int | None = None
    reached_mm: float | None = None
    error: str | None = None


_commands: msgspec.json.Decoder[Command] = msgspec.json.Decoder(Command)
_answers: msgspec.json.Decoder[Answer] = msgspec.json.Decoder(Answer)


def perform(person: VirtualPerson, command: Command, at_ns: int) -> Done:
    """Give a person a command; raises SettingError when it makes no sense now."""
    match command:
        case PutWeight(mass_kg, x_mm, y_mm):
            return person.put_weight(mass_kg, at_ns, x_mm, y_mm)
        case StepOn():
            return person.step_on(at_ns)
        case StepOff():
            return person.step_off(at_ns)
        case LoseBalance():
            return person.lose_balance(at_ns)
        case Stand():
            return person.stand(command.stance, at_ns, command.lead_s, command.window_s, command.eyes, command.surface)
        case GrabRail():
            return person.grab_rail(at_ns, command.for_s, command.share)
        case Reach():
            return person.reach(command.direction, at_ns, command.distance_mm, command.hold_s)
        case ShiftWeight():
            return person.shift_weight(command.direction, at_ns, command.distance_mm, command.hold_s)
        case Sit():
            return person.sit(at_ns, command.hands)
        case Rise():
            return person.rise(at_ns, command.hands)
        case ChairStands():
            return person.chair_stands(at_ns, command.count, command.pace_s, command.hands)
        case Tap():
            ml_mm = command.reach_mm if command.corner.endswith("right") else -command.reach_mm
            ap_mm = command.reach_mm if command.corner.startswith("front") else -command.reach_mm
            return person.press(at_ns, ml_mm, ap_mm, command.force_n, command.for_s)


class PersonControl:
    """The server: call `poll` every few milliseconds from the loop that owns the person."""

    def __init__(self, path: Path, person: VirtualPerson, clock: Clock) -> None:
        """Listen at `path`, in place of a socket left behind by a process that died. Raises NotPresentError."""
        self._person = person
        self._clock = clock
        self._path = path
        self._pending: dict[socket.socket, bytearray] = {}
        self._selector = selectors.DefaultSelector()
        self._server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            path.unlink(missing_ok=True)
            self._server.bind(str(path))
            path.chmod(0o660)
            self._server.listen(MAX_CLIENTS)
        except OSError as error:
            self._server.close()
            raise NotPresentError(f"{path}: cannot listen for commands to the virtual person: {error}") from error
        self._server.setblocking(False)
        self._selector.register(self._server, selectors.EVENT_READ)

    def poll(self) -> None:
        """Answer what has come in; returns at once."""
        for key, _ in self._selector.select(0):
            if key.fileobj is self._server:
                self._accept()
            elif isinstance(key.fileobj, socket.socket):
                self._receive(key.fileobj)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            client, _ = self._server.accept()
            if len(self._pending) >= MAX_CLIENTS:
                client.close()
                return
            client.setblocking(False)
            self._pending[client] = bytearray()
            self._selector.register(client, selectors.EVENT_READ)

    def _receive(self, client: socket.socket) -> None:
        try:
            data = client.recv(MAX_LINE_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        pending = self._pending[client]
        pending += data
        if not data or len(pending) > MAX_LINE_BYTES:
            self._drop(client)
            return
        *lines, rest = bytes(pending).split(b"\n")
        self._pending[client] = bytearray(rest)
        try:
            for line in lines:
                client.sendall(msgspec.json.encode(self._answer(line)) + b"\n")
        except OSError:  # gone, or does not read: its business
            self._drop(client)

    def _answer(self, line: bytes) -> Answer:
        try:
            done = perform(self._person, _commands.decode(line), self._clock.now_ns())
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            return Answer(ok=False, error=f"not a command for a virtual person: {error}")
        except HardwareError as error:
            return Answer(ok=False, error=str(error))
        return Answer(True, done.t_ns, done.recording_at_s, done.until_ns, done.reached_mm)

    def _drop(self, client: socket.socket) -> None:
        self._selector.unregister(client)
        del self._pending[client]
        client.close()

    def close(self) -> None:
        """Stop listening and drop everybody. Safe to call twice."""
        if self._server.fileno() < 0:
            return
        for client in list(self._pending):
            self._drop(client)
        self._selector.close()
        self._server.close()
        self._path.unlink(missing_ok=True)


class PersonClient:
    """The other end: blocks up to `timeout_s` for each answer."""

    def __init__(self, path: Path, timeout_s: float = 5.0) -> None:
        """Connect. Raises NotPresentError when nobody listens at `path`."""
        self._path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout_s)
        self._pending = b""
        try:
            self._socket.connect(str(path))
        except OSError as error:
            self._socket.close()
            raise NotPresentError(
                f"{path}: no virtual person listens there ({error.strerror or error}); "
                'start acquire with hardware.backend = "virtual"'
            ) from error

    def perform(self, command: Command) -> Done:
        """Send a command and return when it took effect.

        Raises SettingError when it was refused, WaitTimeoutError or NotPresentError when no answer came.
        """
        try:
            self._socket.sendall(msgspec.json.encode(command) + b"\n")
            while b"\n" not in self._pending:
                data = self._socket.recv(MAX_LINE_BYTES)
                if not data:
                    raise NotPresentError(f"{self._path}: the virtual person has gone")
                self._pending += data
        except TimeoutError as error:
            raise WaitTimeoutError(f"{self._path}: the virtual person does not answer") from error
        except OSError as error:
            raise NotPresentError(f"{self._path}: the virtual person has gone: {error.strerror}") from error
        line, self._pending = self._pending.split(b"\n", 1)
        try:
            answer = _answers.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise CorruptFrameError(f"{self._path}: this is not a virtual person's answer: {error}") from error
        if not answer.ok:
            raise SettingError(answer.error or "refused")
        return Done(answer.t_ns, answer.recording_at_s, answer.until_ns, answer.reached_mm)

    def close(self) -> None:
        """Hang up. Safe to call twice."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
