"""Example screens, for the gallery of pictures and for tests: every kind, every picture, the longest words.

The words are those of the walk-up visit; what a station really sends comes from station.visit. Those of the staff are
in staff_examples.py.
"""

from typing import Final

from kiosk_ui.example_screen import Example
from kiosk_ui.staff_examples import STAFF_EXAMPLES
from station.messages import Live
from station.screens import Button, Picture, Progress, ResultView, ScreenModel

AGAIN: Final = Button("again", "Say again", "again")
HELP: Final = Button("help", "Help", "help")
STOP: Final = Button("stop", "Stop", "stop")
ALWAYS: Final = (STOP, HELP, AGAIN)
YES_NO: Final = (Button("yes", "Yes"), Button("no", "No"))
SKIP: Final = Button("skip", "I'd rather not say", "secondary")
AGES: Final = ("18 to 44", "45 to 59", "60 to 69", "70 to 86", "87 or over")


def _live(ring_left_s: float | None = None, dot: tuple[float, float] | None = None, load: float = 1.0) -> Live:
    ml_mm, ap_mm = dot or (None, None)
    return Live(1, load > 0, load, ring_left_s, ml_mm, ap_mm)


def _stance(name: str, title: str, body: str, picture: Picture, at: int) -> Example:
    return Example(ScreenModel(f"prepare.{name}", "message", title, body, ALWAYS, picture, Progress(at, 5)))


_RESULTS: Final = (
    (
        "steady",
        ResultView(
            "Steady",
            (
                "Nothing in your answers or your standing stood out today.",
                "Walking and balance exercise help you to stay steady.",
            ),
            "Show this at your next visit. Your clinician decides with you what is right for you.",
            0.22,
        ),
    ),
    (
        "at-risk",
        ResultView(
            "Worth a talk today",
            (
                "Your answers and your standing test suggest that you may be more likely to fall than most people "
                "of your age.",
                "This is common, and a lot can be done about it.",
            ),
            "Please show this to your clinician today. Your clinician decides with you what comes next.",
            0.81,
        ),
    ),
    (
        "refer",
        ResultView(
            "Please talk to staff",
            (
                "Your answers and your standing test suggest that you may be more likely to fall than most people "
                "of your age.",
                "This is common, and a lot can be done about it.",
            ),
            "Please talk to our staff before you leave. They decide with you what comes next.",
            0.5,
        ),
    ),
    (
        "unfinished",
        ResultView(
            "Not finished",
            (
                "We could not measure everything well today.",
                "You did nothing wrong, and it says nothing about your balance.",
            ),
            "Please tell our staff. They decide with you if you try again.",
        ),
    ),
)

EXAMPLES: Final[tuple[Example, ...]] = (
    Example(
        ScreenModel(
            "attract",
            "attract",
            "Check your balance",
            "Touch Start, or step on.",
            (Button("start", "Start"), AGAIN),
            "step-on",
        )
    ),
    Example(
        ScreenModel(
            "about",
            "message",
            "What happens",
            "You answer some short questions. Then you stand still a few times. You can stop at any time.",
            (Button("continue", "Go on"), Button("stop", "No, thank you", "stop"), HELP, AGAIN),
        )
    ),
    Example(
        ScreenModel(
            "consent",
            "choice",
            "May we keep your result?",
            "We send it to your clinic. We do not ask for your name.",
            (Button("yes", "Yes"), Button("no", "No, thank you", "secondary"), *ALWAYS),
        )
    ),
    Example(
        ScreenModel(
            "gate.weakness-or-pain",
            "choice",
            "Do you have new weakness or sharp pain today?",
            buttons=(*YES_NO, *ALWAYS),
            progress=Progress(3, 8),
        )
    ),
    Example(
        ScreenModel(
            "question.could-not-get-up",
            "choice",
            "Were you stuck on the floor?",
            "Say yes if you could not get up by yourself.",
            (*YES_NO, SKIP, *ALWAYS),
            progress=Progress(11, 12),
        )
    ),
    Example(
        ScreenModel(
            "question.age-band",
            "choice",
            "How old are you?",
            "Then we can compare you with people of your age.",
            (*(Button(f"age.{label}", label) for label in AGES), SKIP, *ALWAYS),
            progress=Progress(12, 12),
        )
    ),
    Example(
        ScreenModel(
            "prepare",
            "message",
            "Get ready",
            "Wear flat shoes or none. Put your bags down. Keep your glasses on. The rail is beside you.",
            (Button("continue", "I am ready"), *ALWAYS),
            "rail",
        )
    ),
    Example(
        ScreenModel(
            "step-on", "step_on", "Step on", "Hold the rail. Put one foot on each foot mark.", ALWAYS, "step-on"
        ),
        _live(load=0.6),
    ),
    Example(
        ScreenModel(
            "centre",
            "centre",
            "Find your centre",
            "Let go of the rail when you feel steady. Move gently until the dot is in the ring.",
            ALWAYS,
            "feet-apart",
            show_dot=True,
        ),
        _live(dot=(26.0, 12.0)),
    ),
    _stance(
        "quiet-stance",
        "Stand still",
        "Feet a little apart. Arms by your side. Look at the cross. It takes half a minute.",
        "feet-apart",
        1,
    ),
    _stance(
        "side-by-side",
        "Feet together",
        "Put your feet side by side, so that they touch. Hold the rail, then let go.",
        "side-by-side",
        2,
    ),
    _stance(
        "semi-tandem",
        "One foot half in front",
        "Slide one foot forward, until its middle is beside your other big toe. Hold the rail, then let go.",
        "semi-tandem",
        3,
    ),
    _stance(
        "tandem",
        "Heel to toe",
        "Put one foot right in front of the other. Heel touches toe. Hold the rail, then let go.",
        "tandem",
        4,
    ),
    _stance(
        "one-foot",
        "Stand on one foot",
        "Keep both feet down for now. Lift one foot when we say now. The rail is beside you.",
        "one-foot",
        5,
    ),
    Example(
        ScreenModel(
            "countdown.tandem", "countdown", "Get set", "Stand still.", ALWAYS, "tandem", Progress(4, 5), ring_s=3.0
        ),
        _live(ring_left_s=2.4),
    ),
    Example(
        ScreenModel(
            "measure.quiet-stance",
            "measure",
            "Stand still",
            "Look at the cross.",
            ALWAYS,
            progress=Progress(1, 5),
            ring_s=35.0,
        ),
        _live(ring_left_s=22.6),
    ),
    Example(
        ScreenModel(
            "rest.quiet-stance",
            "rest",
            "Well done",
            "Rest a moment. You can hold the rail.",
            ALWAYS,
            progress=Progress(2, 5),
            ring_s=5.0,
        ),
        _live(ring_left_s=3.2),
    ),
    Example(
        ScreenModel(
            "retry.quiet-stance",
            "rest",
            "Let us do that once more",
            "We could not measure it well. You did nothing wrong. You can hold the rail.",
            ALWAYS,
            progress=Progress(1, 5),
            ring_s=5.0,
        ),
        _live(ring_left_s=4.0),
    ),
    Example(
        ScreenModel(
            "step-off", "message", "Well done. That is all", "Hold the rail. Step off slowly.", ALWAYS, "step-off"
        )
    ),
    Example(ScreenModel("working", "message", "One moment, please", "We are working it out.", buttons=(HELP, AGAIN))),
    *(
        Example(
            ScreenModel(
                f"result.{name}",
                "result",
                "Your balance today",
                buttons=(Button("finish", "Done"), *((HELP, AGAIN) if name != "refer" else ALWAYS)),
                result=view,
            )
        )
        for name, view in _RESULTS
    ),
    Example(
        ScreenModel(
            "thanks",
            "message",
            "Thank you",
            "This screen now forgets your answers.",
            (Button("finish", "Done"), HELP, AGAIN),
        )
    ),
    Example(
        ScreenModel(
            "still-there",
            "message",
            "Are you still there?",
            "Touch the button to go on.",
            (Button("continue", "Yes, I am here"), *ALWAYS),
            ring_s=30.0,
        ),
        _live(ring_left_s=17.0),
    ),
    Example(
        ScreenModel(
            "help",
            "message",
            "Help is coming",
            "Staff have been called. If you are standing, hold the rail.",
            (Button("continue", "Go on"), *ALWAYS),
            "staff",
        )
    ),
    Example(
        ScreenModel(
            "fault",
            "message",
            "Please ask our staff",
            "You cannot use this balance check right now.",
            (HELP, AGAIN),
            "staff",
        )
    ),
    *STAFF_EXAMPLES,
)


def example(name: str) -> Example:
    """Return one example by the name of its screen."""
    return next(each for each in EXAMPLES if each.model.name == name)
