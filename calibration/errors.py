"""Every way calibration can fail, as one tree.

CalibrationError
+-- NoCertificateError   there is no certificate where one was expected
+-- BadCertificateError  there is one, and it cannot be trusted: edited, torn, another schema, impossible numbers
+-- CannotFitError       the loads that were measured do not determine the deck
+-- RegisterError        the register of weights, or what was chosen from it
+-- ProcedureError       what was asked for does not go with where the procedure is
+-- RefusedError         the calibration was done and does not pass; carries every reason
"""


class CalibrationError(Exception):
    """Root of everything that calibration raises."""


class NoCertificateError(CalibrationError, LookupError):
    """No certificate can be read at the path that the message names."""


class BadCertificateError(CalibrationError, ValueError):
    """The certificate is not what was written when the deck was calibrated."""


class CannotFitError(CalibrationError, ValueError):
    """No gains follow from the loads that were measured; the message says what is missing."""


class RegisterError(CalibrationError, ValueError):
    """The register of weights cannot be used, or has no weight that is asked for."""


class ProcedureError(CalibrationError, RuntimeError):
    """This cannot be done now; the message says what can."""


class RefusedError(CalibrationError, ValueError):
    """The deck does not pass. `reasons`: each limit that refused, its value, and what to do."""

    def __init__(self, reasons: tuple[str, ...]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons
