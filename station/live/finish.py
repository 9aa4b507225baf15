"""The end of a visit: batch measures from the stored raw trial, the screening rule, the record, one commit."""

from collections.abc import Callable, Mapping
from typing import Any, Literal, Protocol

import msgspec

from station import SOFTWARE_VERSION
from station.config import Config
from station.errors import DataError
from station.live.deck_state import DeckState
from station.live.trial import RunningTrial
from station.records.event import EVENT_SCHEMA, EventData, StationEvent
from station.records.outbox import DeckNote
from station.records.record import KEEP_AND_COMPARE, RESULT_SCHEMA, Instant, Record, SwayBand
from station.screening.cutoffs import RULE_VERSION
from station.screening.rule import Screening, screen
from station.screening.words import result_view
from station.screens import ResultView
from station.sway.analysis import Analysis, analyse_trial, to_builtins
from station.sway.measures import RECORDED
from station.sway.norms import MEASURES, Norms, place, reference_band
from station.sway.profiles import STATION
from station.sway.quality import Quality
from station.trials import RawTrial
from station.visit.effects import VisitSummary

StationState = Literal["ready", "busy", "fault"]


class TrialAnalysis(msgspec.Struct, frozen=True):
    """One sway trial, computed from its raw data; `reasons` say why it is not assessable (empty when it is).

    `analysis` is None when too little arrived to compute anything.
    """

    analysis: Analysis | None
    reasons: tuple[str, ...]


class RecordKeeper(Protocol):
    """Where records go. `commit` is durable when it returns (station.records.store.RecordStore)."""

    def commit(self, make: Callable[[str], Record], trials: Mapping[str, bytes]) -> Record:
        """Make the record with its id and store it with its raw trials and its outbox row in one transaction."""

    def add_event(self, make: Callable[[str], StationEvent]) -> StationEvent:
        """Make the event with its id and store it with its outbox row in one transaction."""

    def set_state(self, state: StationState) -> None:
        """Remember the station's state for the bridge."""

    def set_deck_note(self, note: DeckNote) -> None:
        """Remember for the bridge how the deck is."""


class RecordMaker:
    """Knows everything a record needs that does not come from the visit itself."""

    def __init__(self, config: Config, instant: Callable[[int], Instant], deck: DeckState, norms: Norms) -> None:
        self._config = config
        self._norms = norms
        self._instant = instant
        self._deck = deck
        self.boot_id = instant(0).boot_id

    @property
    def calibration_id(self) -> str:
        """Return the id of the certificate in use."""
        return self._deck.calibration_id

    def event(self, event_id: str, data: EventData, now_ns: int) -> StationEvent:
        """Return an event as it is stored and published."""
        station = self._config.station
        return StationEvent(EVENT_SCHEMA, event_id, station.id, station.site, self._instant(now_ns), data)

    def raw_trial(self, trial: RunningTrial) -> RawTrial:
        """Return everything that a trial has collected."""
        return trial.raw(self._config.deck, self.calibration_id, self.boot_id)

    def analyse(self, raw: RawTrial, technical: tuple[str, ...]) -> TrialAnalysis:
        """Compute the sway of a raw trial's window, with the same pipeline that made the norms."""
        try:
            analysis = analyse_trial(raw, STATION.name, families=RECORDED)
        except DataError as error:
            return TrialAnalysis(None, (*technical, str(error)))
        quality = analysis.quality
        reasons = technical if quality.assessable else (*technical, *quality.flags)
        quality = Quality(assessable=not reasons, flags=(*technical, *quality.flags))
        return TrialAnalysis(msgspec.structs.replace(analysis, quality=quality), reasons)

    def make(
        self,
        keeper: RecordKeeper,
        summary: VisitSummary,
        started_ns: int,
        now_ns: int,
        trials: Mapping[str, TrialAnalysis],
        raw: Mapping[str, bytes],
    ) -> tuple[Record, ResultView]:
        """Screen, make the record, commit it with its raw trials and outbox row; return it and what to show."""
        sway, bands, reference = self._sway(summary, trials)
        screening = screen(summary, bands, reference)
        record = keeper.commit(
            lambda result_id: self._record(result_id, summary, screening, sway, bands, started_ns, now_ns), raw
        )
        return record, result_view(screening, self._config.station.language)

    def _sway(
        self, summary: VisitSummary, trials: Mapping[str, TrialAnalysis]
    ) -> tuple[dict[str, Any] | None, tuple[SwayBand, ...], str | None]:
        """Return the sway of the best trial (the last assessable one, else the last), its bands, its reference."""
        done = [trial for trial in trials.values() if trial.analysis is not None]
        assessable = [trial for trial in done if not trial.reasons]
        age = summary.age_years if summary.age_years is not None else summary.age_band
        reference = reference_band(self._norms, age)
        if not done:
            return None, (), reference
        chosen = (assessable or done)[-1].analysis
        assert chosen is not None
        bands: list[SwayBand] = []
        if assessable:
            metrics = chosen.metrics
            placed = (place(self._norms, metric, metrics.get(metric), reference) for metric in MEASURES)
            bands = [band for band in placed if band is not None]
        return to_builtins(chosen), tuple(bands), reference

    def _record(
        self,
        result_id: str,
        summary: VisitSummary,
        screening: Screening,
        sway: dict[str, Any] | None,
        bands: tuple[SwayBand, ...],
        started_ns: int,
        now_ns: int,
    ) -> Record:
        flags = tuple(
            f"{trial.trial}, attempt {trial.attempt}: {reason}"
            for trial in summary.trials
            if trial.end == "not assessable"
            for reason in trial.reasons
        )
        return Record(
            schema=RESULT_SCHEMA,
            id=result_id,
            station=self._config.station.id,
            site=self._config.station.site,
            protocol=summary.protocol,
            protocol_version=summary.protocol_version,
            rule_version=RULE_VERSION,
            pipeline_version=STATION.version,
            norms_version=self._norms.version,
            software_version=SOFTWARE_VERSION,
            calibration_id=self.calibration_id,
            started=self._instant(started_ns),
            ended=self._instant(now_ns),
            visit_token=summary.visit_token,
            age_band=summary.age_band,
            sex=summary.sex,
            tier=screening.tier,
            reasons=screening.reasons,
            parts=screening.parts,
            sway=sway,
            sway_bands=bands,
            quality_flags=flags,
            consent=KEEP_AND_COMPARE if summary.consented else None,
        )
