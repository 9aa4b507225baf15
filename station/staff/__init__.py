"""The station's staff mode as a pure flow: PIN, menu, calibration, daily check; texts as data. No widget, no socket."""
