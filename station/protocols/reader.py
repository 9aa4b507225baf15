"""Protocols as data: what is asked and which stances are stood, in which order, for how long.

Reads and checks the files of this folder. It decides nothing about a visit (station.visit does) and nothing about
risk (station.screening does).
"""

import functools
import tomllib
from collections.abc import Iterator
from importlib import resources
from typing import Annotated, Final, Literal

import msgspec

from station.errors import DataError, UsageError
from station.screens import Picture
from station.texts import LANGUAGES
from station.visit.effects import Stance
from station.visit.texts import missing_keys

Seconds = Annotated[float, msgspec.Meta(ge=0, le=600)]
PositiveSeconds = Annotated[float, msgspec.Meta(gt=0, le=600)]

# What a stance must have words for, beside its title: see station/visit/texts_en.toml.
_STANCE_TEXTS: Final = ("title", "body", "measure.title", "measure.body")


class AskedIf(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Ask only when the earlier question `answer_to` was answered `is`."""

    answer_to: str
    is_: str = msgspec.field(name="is")


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One question, one screen. `actions` are its buttons; the answer is what follows a dot: `age.60-69` -> `60-69`."""

    name: str
    actions: Annotated[tuple[str, ...], msgspec.Meta(min_length=2)]
    asked_if: AskedIf | None = None
    provides: Literal["age_band"] | None = None
    kind: Literal["gate", "question"] = "question"  # set by the list that the question stands in

    @property
    def text_key(self) -> str:
        """Return where its words are, and the name of its screen: `gate.dizzy`, `question.unsteady`."""
        return f"{self.kind}.{self.name}"

    @property
    def answer_key(self) -> str:
        """Return the name under which its answer is kept: what it provides, else its text key."""
        return self.provides or self.text_key

    def answer(self, action: str) -> str | None:
        """Return the answer that a button gives, or None if the question has no such button."""
        return action.rpartition(".")[2] if action in self.actions else None


class StanceStep(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One stance: `settle_s` unscored, then `window_s` scored; up to `attempts` when trials are technically bad."""

    trial: str
    stance: Stance
    picture: Picture
    prepare_s: PositiveSeconds  # picture and voice, before the trial may start itself
    settle_s: Seconds
    window_s: PositiveSeconds
    attempts: Annotated[int, msgspec.Meta(ge=1, le=5)] = 1
    sway: bool = False

    @property
    def text_key(self) -> str:
        """Return where its words are."""
        return f"trial.{self.trial}"


class Protocol(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One protocol. `title` is for staff; what a person reads comes from the texts."""

    name: str
    version: str
    title: str
    about: bool  # say what happens first
    consent: bool  # ask before anything is kept
    stances: Annotated[tuple[StanceStep, ...], msgspec.Meta(min_length=1)]
    gate: tuple[Question, ...] = ()
    questions: tuple[Question, ...] = ()


def protocol_names() -> tuple[str, ...]:
    """Return the names of the protocols that this station knows, sorted."""
    files = resources.files("station.protocols").iterdir()
    return tuple(sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml")))


@functools.cache
def load_protocol(name: str) -> Protocol:
    """Return one protocol by name.

    Raises UsageError, listing the known names, when there is no such protocol, and DataError when its file is broken.
    """
    known = protocol_names()
    if name not in known:
        raise UsageError(f"there is no protocol {name!r}; this station knows: {', '.join(known)}")
    text = (resources.files("station.protocols") / f"{name}.toml").read_text(encoding="utf-8")
    protocol = parse_protocol(text, f"{name}.toml")
    if protocol.name != name:
        raise DataError(f"{name}.toml: name = {protocol.name!r}; expected {name!r}, the name of the file")
    return protocol


def parse_protocol(text: str, where: str) -> Protocol:
    """Return a protocol from TOML text, checked for sense and for words in every language.

    `where` names the source in messages. Raises DataError that says what is wrong and what was expected.
    """
    try:
        protocol = msgspec.convert(tomllib.loads(text), Protocol)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise DataError(f"{where}: not a protocol: {error}") from error
    protocol = msgspec.structs.replace(
        protocol, gate=tuple(msgspec.structs.replace(question, kind="gate") for question in protocol.gate)
    )
    problem = next(_problems(protocol), None)
    if problem is not None:
        raise DataError(f"{where}: {problem}")
    return protocol


def _problems(protocol: Protocol) -> Iterator[str]:
    earlier: dict[str, tuple[str, ...]] = {}
    for question in (*protocol.gate, *protocol.questions):
        if question.answer_key in earlier:
            yield f"{question.answer_key} is asked twice; expected each question once"
        if question.kind == "gate" and question.actions != ("yes", "no"):
            yield f"gate question {question.name!r} has actions {question.actions}; expected yes and no, without skip"
        condition = question.asked_if
        if condition is not None and condition.is_ not in earlier.get(condition.answer_to, ()):
            yield (
                f"{question.name!r} is asked if {condition.answer_to!r} is {condition.is_!r}, "
                "which no earlier question answers"
            )
        earlier[question.answer_key] = tuple(action.rpartition(".")[2] for action in question.actions)
    trials = [step.trial for step in protocol.stances]
    if len(set(trials)) != len(trials):
        yield f"stances {trials} hold a trial twice; expected each name once"
    for language in LANGUAGES:
        missing = missing_keys(_text_keys(protocol), language)
        if missing:
            yield f"no words for {', '.join(missing)} in texts_{language}.toml"


def _text_keys(protocol: Protocol) -> Iterator[str]:
    for question in (*protocol.gate, *protocol.questions):
        yield f"{question.text_key}.title"
        yield from (f"button.{action}" for action in question.actions)
    for step in protocol.stances:
        yield from (f"{step.text_key}.{part}" for part in _STANCE_TEXTS)
