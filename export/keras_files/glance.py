"""What can be refused by a plan alone, at once: loading Keras takes seconds, on a busy machine many."""

from __future__ import annotations

from collections.abc import Mapping

from export.keras_files import classes, lambdas, operations
from export.keras_files.plan import Net, Spec

NOT_BUILT = ("InputLayer", "Lambda")


def glance(net: Net, picture: str, features: Mapping[str, int]) -> None:
    """Raises UnknownLayer for a layer that cannot be built, or a Lambda of which the file says that it is unknown.

    picture: the input that is the picture; what depends on another is not looked at, since it will be cut off.
    features: as `lambdas.instead` takes them.
    """
    elsewhere = {ref.layer for ref in net.inputs} - {picture}
    found = True
    while found:
        found = {
            spec.name
            for spec in net.specs
            if spec.name not in elsewhere and any(ref.layer in elsewhere for call in spec.calls for ref in call.refs)
        }
        elsewhere |= found
    for spec in net.specs:
        if spec.name not in elsewhere:
            _look_at(net, spec, features)


def _look_at(net: Net, spec: Spec, features: Mapping[str, int]) -> None:
    if spec.net is not None:
        for inner in spec.net.specs:
            _look_at(spec.net, inner, features)
    elif spec.class_name == "Lambda":
        for index, call in enumerate(spec.calls):
            given = [net.shapes[ref] for ref in call.refs if ref in net.shapes]
            if given:
                lambdas.instead(net, spec, index, given[0], features)
    elif spec.class_name not in NOT_BUILT and not operations.is_operation(spec):
        classes.check(spec)
