"""`observe`: a function or a block of code as a step."""

import functools
import inspect
from collections.abc import Callable, Collection, Mapping
from types import TracebackType
from typing import Any, TypeVar, cast, overload

from opentelemetry.util.types import AttributeValue

from a11i.sdk._step import KINDS, Kind, Step
from a11i.sdk._wrap import Options, wrap

F = TypeVar("F", bound=Callable[..., Any])


@overload
def observe(function: F, /) -> F: ...


@overload
def observe(
    *,
    name: str | None = None,
    kind: Kind = "chain",
    capture: bool = True,
    ignore: Collection[str] = (),
    attributes: Mapping[str, AttributeValue] | None = None,
) -> "Observation": ...


def observe(
    function: F | None = None,
    /,
    *,
    name: str | None = None,
    kind: Kind = "chain",
    capture: bool = True,
    ignore: Collection[str] = (),
    attributes: Mapping[str, AttributeValue] | None = None,
) -> "F | Observation":
    """Record a function's calls, or a block, as steps.

    Write `@observe`, `@observe(kind="tool")` or `with observe(name="plan") as step:`.

    Functions may be plain, async, generators and async generators, methods, static and class methods (put `@observe`
    above or below the other decorator). Exceptions are recorded and raised on; what is returned or yielded passes
    unchanged.

    name: the step's name; default: the function's, and for a block the kind.
    kind: what the step is, which decides the span's name and attributes.
    capture: record arguments and result as JSON. `self` and `cls` are left out.
    ignore: names of arguments that are not recorded.
    attributes: attributes of every span made here.

    Raises TypeError or ValueError where it is written, never where the function is called.
    """
    if kind not in KINDS:
        raise ValueError(f"kind {kind!r}: one of {', '.join(KINDS)}")
    if isinstance(ignore, str):
        ignore = (ignore,)
    observation = Observation(Options(name, kind, capture, frozenset(ignore), dict(attributes or {})))
    return observation if function is None else observation(function)


class Observation:
    """What `observe(...)` returns: a decorator, and a context manager for one block at a time."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._open: list[Step] = []

    def __enter__(self) -> Step:
        options = self._options
        step = Step(options.kind, options.name or options.kind, options.attributes)
        self._open.append(step)
        return step

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._open.pop().__exit__(exc_type, exc, traceback)

    async def __aenter__(self) -> Step:
        return self.__enter__()

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.__exit__(exc_type, exc, traceback)

    def __call__(self, function: F) -> F:
        """Return `function` observed, with its signature and its nature (async, generator) unchanged."""
        if isinstance(function, (staticmethod, classmethod)):
            return cast(F, type(function)(self(function.__func__)))
        if not callable(function) or inspect.isclass(function):
            raise TypeError(f"observe takes a function, not {function!r}")
        return cast(F, functools.wraps(function)(wrap(function, self._options)))
