"""Every way calibration can fail, as one tree.

CalibrationError
+-- NoCertificateError   there is no certificate where one was expected
+-- BadCertificateError  there is one, and it cannot be trusted: edited, torn, another schema, impossible numbers
+-- CannotFitError       the loads that were measured do not determine the deck
"""


class CalibrationError(Exception):
    """Root of everything that calibration raises."""


class NoCertificateError(CalibrationError, LookupError):
    """No certificate can be read at the path that the message names."""


class BadCertificateError(CalibrationError, ValueError):
    """The certificate is not what was written when the deck was calibrated."""


class CannotFitError(CalibrationError, ValueError):
    """No gains follow from the loads that were measured; the message says what is missing."""
