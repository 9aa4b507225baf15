"""How the visitor's deeds reach the station: directly in one process, or over the two sockets of four processes.

Both remember when the recording began to play: `recording_s = (t_ns - playing.t_ns) / 1e9 + playing.recording_at_s`.
"""

import time
from pathlib import Path

from hardware.errors import HardwareError
from hardware.virtual.control import PersonClient, perform
from hardware.virtual.person import Done, VirtualPerson
from station.client import StationClient
from station.demo.visitor import Deed, Move, Start, Touch, Visitor
from station.errors import UnavailableError
from station.live.process import Station
from station.messages import Begin, Refused, Show, ToClient
from station.visit.events import Began


class DirectHands:
    """One process: the visitor sees what the engine publishes and calls engine and person at the next tick."""

    def __init__(self, visitor: Visitor, station: Station, person: VirtualPerson) -> None:
        self._visitor = visitor
        self._station = station
        self._person = person
        self.playing: Done | None = None
        publish = station.engine.publish
        self._pending: list[Show] = [Show(station.engine.serial, station.engine.screen)]

        def seen(message: ToClient) -> None:
            if isinstance(message, Show):
                self._pending.append(message)
            publish(message)

        station.engine.publish = seen

    def act(self, now_ns: int) -> None:
        """Look at what is shown and do what is due."""
        now_s = now_ns / 1e9
        for show in self._pending:
            self._visitor.observe(show, now_s)
        self._pending.clear()
        for deed in self._visitor.due(now_s):
            self._do(deed, now_ns)

    def _do(self, deed: Deed, now_ns: int) -> None:
        match deed:
            case Start():
                visitor = self._visitor
                self._station.engine.begin(Began(visitor.protocol.name, visitor.age_years, visitor.sex))
            case Touch(action, serial):
                self._station.engine.press(action, serial)
            case Move(command):
                done = perform(self._person, command, now_ns)
                if done.recording_at_s is not None:
                    self.playing = done


class SocketHands:
    """Four processes: the visitor is a client of the station's socket and of the virtual person's."""

    def __init__(self, visitor: Visitor, station_socket: Path, person_socket: Path) -> None:
        self._visitor = visitor
        self._client = StationClient(station_socket, "visitor", live=False)
        self._person = PersonClient(person_socket)
        self._serial = 0
        self.playing: Done | None = None

    def act(self, for_s: float) -> None:
        """Look and do for this long."""
        until = time.monotonic() + for_s
        while (left := until - time.monotonic()) > 0:
            message = self._client.receive(min(left, 0.05))
            now_s = time.monotonic()
            if isinstance(message, Show):
                self._visitor.observe(message, now_s)
            elif isinstance(message, Refused):
                raise UnavailableError(f"the station refused: {message.reason}")
            for deed in self._visitor.due(now_s):
                self._do(deed)

    def _do(self, deed: Deed) -> None:
        match deed:
            case Start():
                self._client.begin(Begin(self._visitor.protocol.name, self._visitor.age_years, self._visitor.sex))
            case Touch(action, serial):
                self._client.press(action, serial)
            case Move(command):
                try:
                    done = self._person.perform(command)
                except HardwareError as error:
                    raise UnavailableError(str(error)) from error
                if done.recording_at_s is not None:
                    self.playing = done

    def close(self) -> None:
        """Close both connections."""
        self._client.close()
        self._person.close()
