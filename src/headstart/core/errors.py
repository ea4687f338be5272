"""The errors and warnings that headstart raises; all can be caught as ``HeadstartError``."""


class HeadstartError(Exception):
    """Base of every error that headstart raises on purpose."""


class InputError(HeadstartError, ValueError):
    """What was passed has the right type and a value that cannot be used."""


class InputTypeError(HeadstartError, TypeError):
    """What was passed has a type that cannot be used."""


class MissingDependencyError(HeadstartError, ImportError):
    """An optional package is needed; the message names the extra that installs it."""


class HeadstartWarning(UserWarning):
    """Base of every warning that headstart gives."""
