"""What can go wrong in an export, each told in one sentence for the reader."""


def first_line(error: Exception) -> str:
    """What another library says of an error, shortened to one line."""
    said = str(error).strip()
    return said.splitlines()[0] if said else type(error).__name__


class ExportError(ValueError):
    """The network cannot be exported."""


class SourceError(ExportError):
    """The weights cannot be read or do not fit the network."""


class UnknownLayer(ExportError):
    """A Keras layer, or a setting of one, that the exporter cannot write as ONNX."""


class VerificationError(ExportError):
    """A layer of the written file differs from Keras."""
