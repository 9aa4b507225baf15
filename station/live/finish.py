"""The end of a visit: batch measures from the stored raw trial, the screening rule, the record, one commit."""

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, Protocol

import msgspec

from calibration.certificate import Certificate
from station import SOFTWARE_VERSION
from station.config import Config, DeckConfig
from station.messages import ResultView
from station.records.record import RESULT_SCHEMA, Instant, Record, SwayBand
from station.screening.rule import RULE_VERSION, Screening, screen
from station.screening.words import result_view
from station.sway.analysis import Analysis, Quality, analyse
from station.sway.norms import norms
from station.sway.profiles import STATION
from station.trials import RawTrial
from station.visit.effects import VisitSummary

StationState = Literal["ready", "busy", "fault"]

SCREENED_MEASURES: Final = (
    "mean_velocity_mm_s",
    "mean_velocity_ap_mm_s",
    "sway_area_per_second_mm2_s",
    "rms_ml_mm",
    "ellipse_area_95_mm2",
)


class TrialAnalysis(msgspec.Struct, frozen=True):
    """One sway trial, computed from its raw data; `reasons` say why it is not assessable (empty when it is)."""

    analysis: Analysis
    reasons: tuple[str, ...]


def analyse_trial(raw: RawTrial, deck: DeckConfig, technical: tuple[str, ...]) -> TrialAnalysis:
    """Compute the sway measures of a raw trial's window, with the same pipeline that made the norms."""
    time_s, ml_mm, ap_mm = raw.window().cop(deck.cell_spacing_ml_mm, deck.cell_spacing_ap_mm)
    analysis = analyse(time_s, ml_mm, ap_mm, profile=STATION, file=raw.name)
    reasons = (*technical, *analysis.quality.flags)
    quality = Quality(assessable=not reasons, flags=reasons)
    return TrialAnalysis(msgspec.structs.replace(analysis, quality=quality), reasons)


class RecordKeeper(Protocol):
    """Where records go. `commit` is durable when it returns (station.records.store.RecordStore)."""

    def commit(self, make: Callable[[str], Record], trials: Mapping[str, bytes]) -> Record:
        """Make the record with its id and store it with its raw trials and its outbox row in one transaction."""

    def set_state(self, state: StationState) -> None:
        """Remember the station's state for the bridge."""


class RecordMaker:
    """Knows everything a record needs that does not come from the visit itself."""

    def __init__(self, config: Config, certificate: Certificate, instant: Callable[[int], Instant]) -> None:
        self._config = config
        self._instant = instant
        self.calibration_id = certificate.id
        self.boot_id = instant(0).boot_id

    def analyse(self, raw: RawTrial, technical: tuple[str, ...]) -> TrialAnalysis:
        """Compute one trial (see `analyse_trial`)."""
        return analyse_trial(raw, self._config.deck, technical)

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
        if not trials:
            return None, (), None
        assessable = [trial for trial in trials.values() if not trial.reasons]
        chosen = (assessable or list(trials.values()))[-1]
        table = norms()
        reference = table.reference_band(summary.age_years if summary.age_years is not None else summary.age_band)
        bands: list[SwayBand] = []
        if assessable and reference is not None:
            for metric in SCREENED_MEASURES:
                value = chosen.analysis.metrics.get(metric)
                band = None if value is None else table.place(metric, value, reference)
                if band is not None:
                    bands.append(band)
        return msgspec.to_builtins(chosen.analysis), tuple(bands), reference

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
            norms_version=norms().version,
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
        )
