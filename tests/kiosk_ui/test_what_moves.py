"""Live messages: the ring, the dot, the feet; and that nothing moves where something is scored."""

import pytest

from kiosk_ui.examples import example
from station.messages import Live, LiveScore
from tests.kiosk_ui.stage import Stage

SCORE = LiveScore(5.0, 12.0, 9.0, 140.0, 3.0, 20.0)


def live(
    ring_left_s: float | None = None, dot: tuple[float, float] | None = None, load: float = 1.0, serial: int = 1
) -> Live:
    ml_mm, ap_mm = dot or (None, None)
    return Live(serial, load > 0, load, ring_left_s, ml_mm, ap_mm, SCORE)


def test_the_ring_counts_down_in_whole_seconds(stage: Stage) -> None:
    from kiosk_ui.screens.measure import MeasureScreen

    stage.show(example("measure.quiet-stance").model)
    screen = stage.surface.screen
    assert isinstance(screen, MeasureScreen)
    seen = []
    for left_s in (35.0, 34.2, 12.0, 0.4, 0.0, -1.0, 99.0):
        stage.surface.live(live(left_s))
        seen.append(screen.ring.number.text)
    assert seen == ["35", "35", "12", "1", "0", "0", "35"]


def test_nothing_but_the_ring_moves_while_we_measure(stage: Stage) -> None:
    stage.show(example("measure.quiet-stance").model)
    stage.surface.live(live(20.0))
    stage.frames()
    before = stage.pixels().tobytes()
    for dot in ((0.0, 0.0), (40.0, -30.0), (-12.0, 55.0)):
        stage.surface.live(live(20.0, dot, load=0.8))
        stage.frames()
        assert stage.pixels().tobytes() == before


def test_the_ring_answers_exactly_when_the_middle_of_the_dot_is_inside_it(stage: Stage) -> None:
    from kiosk_ui.screens.centre import CentreScreen

    stage.show(example("centre").model)
    screen = stage.surface.screen
    assert isinstance(screen, CentreScreen)
    for ml_mm in (17.9, 18.1):
        screen.finder.dot(None, None)
        screen.finder.dot(ml_mm, 0.0)
        dot, ring = screen.finder._dot, screen.finder._in
        away_px = dot.pos[0] + dot.size[0] / 2 - screen.finder.center_x
        assert (away_px <= ring.size[0] / 2) == screen.finder.on_target == (ml_mm < 18)


def test_a_dot_shows_only_on_a_screen_that_may_show_one(stage: Stage) -> None:
    from kiosk_ui.screens.centre import CentreScreen

    model = example("centre").model
    stage.show(model)
    screen = stage.surface.screen
    assert isinstance(screen, CentreScreen)
    assert not screen.finder.dot_shown, "no dot before the first live message"
    stage.surface.live(live(dot=(3.0, 2.0)))
    assert screen.finder.dot_shown
    stage.surface.live(live(dot=None))
    assert not screen.finder.dot_shown
    import msgspec

    stage.show(msgspec.structs.replace(model, show_dot=False))
    stage.surface.live(live(dot=(3.0, 2.0)))
    assert not screen.finder.dot_shown


def test_the_dot_goes_right_when_weight_goes_right_and_up_when_it_goes_forward(stage: Stage) -> None:
    from kiosk_ui.screens.centre import CentreScreen

    stage.show(example("centre").model)
    screen = stage.surface.screen
    assert isinstance(screen, CentreScreen)

    def orange_at(dot: tuple[float, float]) -> tuple[float, float]:
        for _ in range(40):  # the dot is smoothed
            stage.surface.live(live(dot=dot))
        stage.frames()
        image = stage.pixels()
        hits = [
            (x, y)
            for x in range(0, image.width, 4)
            for y in range(0, image.height, 4)
            if image.getpixel((x, y)) == (0xD5, 0x5E, 0x00)
        ]
        return sum(x for x, _ in hits) / len(hits), sum(y for _, y in hits) / len(hits)

    middle, right, forward = orange_at((0, 0)), orange_at((30, 0)), orange_at((0, 30))
    assert right[0] > middle[0] + 50
    assert right[1] == pytest.approx(middle[1], abs=4)
    assert forward[1] < middle[1] - 50
    assert forward[0] == pytest.approx(middle[0], abs=4)
    far, further = orange_at((400, 0)), orange_at((4000, 0))
    assert far == pytest.approx(further, abs=2), "a dot that is far out stays at the edge of the field"


def test_a_dot_that_is_not_a_number_is_no_dot(stage: Stage) -> None:
    from kiosk_ui.screens.centre import CentreScreen

    stage.show(example("centre").model)
    screen = stage.surface.screen
    assert isinstance(screen, CentreScreen)
    stage.surface.live(live(dot=(float("nan"), 1.0)))
    assert not screen.finder.dot_shown


def test_foot_marks_fill_as_weight_comes_onto_the_deck(stage: Stage) -> None:
    stage.show(example("step-on").model)
    pictures = []
    for load in (0.0, 0.5, 1.0):
        stage.surface.live(live(load=load))
        stage.frames()
        pictures.append(stage.pixels().tobytes())
    assert len(set(pictures)) == 3
    stage.surface.live(live(load=0.0))
    stage.frames()
    assert stage.pixels().tobytes() == pictures[0]


def test_live_messages_of_another_screen_are_not_shown(stage: Stage) -> None:
    stage.show(example("measure.quiet-stance").model, serial=5)
    before = stage.pixels().tobytes()
    stage.surface.live(live(3.0, serial=4))
    stage.frames()
    assert stage.pixels().tobytes() == before
