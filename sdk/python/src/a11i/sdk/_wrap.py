"""Functions of every nature, observed: the step opens, runs and ends around the call."""

import functools
import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.util.types import AttributeValue

from a11i.sdk._collect import Collected
from a11i.sdk._step import Step


@dataclass(frozen=True)
class Options:
    """What `observe` was told."""

    name: str | None = None
    kind: str = "chain"
    capture: bool = True
    ignore: frozenset[str] = frozenset()
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)


def wrap(function: Callable[..., Any], options: Options) -> Callable[..., Any]:
    """Return `function` observed, of the same nature: async, generator, async generator or plain."""
    start = _Start(function, options)
    if inspect.isasyncgenfunction(function):
        return _around_async_generator(function, start)
    if inspect.isgeneratorfunction(function):
        return _around_generator(function, start)
    if inspect.iscoroutinefunction(function):
        return _around_coroutine(function, start)
    return _around_function(function, start)


class _Start:
    """Opens the step of one call. Names of parameters are worked out once, as binding a signature is slow."""

    def __init__(self, function: Callable[..., Any], options: Options) -> None:
        qualified: str = getattr(function, "__qualname__", type(function).__qualname__)
        self._name = options.name or qualified.rpartition("<locals>.")[2]
        self._options = options
        self.captures = options.capture
        parameters = inspect.signature(function).parameters.values()
        positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        self._positional = [parameter.name for parameter in parameters if parameter.kind in positional]
        self._bound = 1 if self._positional[:1] in (["self"], ["cls"]) else 0

    def __call__(self, args: tuple[object, ...], kwargs: Mapping[str, object]) -> Step:
        step = Step(self._options.kind, self._name, self._options.attributes)
        if self.captures and step.recording:
            given = self._arguments(args, kwargs)
            alone = next(iter(given.values())) if len(given) == 1 else None
            # A tool's arguments are always an object; elsewhere a single text reads better as what it is.
            if given or self._options.kind == "tool":
                step.set_input(alone if isinstance(alone, str) and self._options.kind != "tool" else given)
        return step

    def _arguments(self, args: tuple[object, ...], kwargs: Mapping[str, object]) -> dict[str, object]:
        given = dict(zip(self._positional[self._bound :], args[self._bound :], strict=False))
        if len(args) > len(self._positional):
            given["args"] = list(args[len(self._positional) :])
        given.update(kwargs)
        return {name: value for name, value in given.items() if name not in self._options.ignore}


def _around_function(function: Callable[..., Any], start: _Start) -> Callable[..., Any]:
    def wrapper(*args: object, **kwargs: object) -> object:
        with start(args, kwargs) as step:
            result = function(*args, **kwargs)
            if start.captures:
                step.set_output(result)
            return result

    return wrapper


def _around_coroutine(function: Callable[..., Awaitable[Any]], start: _Start) -> Callable[..., Any]:
    async def wrapper(*args: object, **kwargs: object) -> object:
        with start(args, kwargs) as step:
            result = await function(*args, **kwargs)
            if start.captures:
                step.set_output(result)
            return result

    return wrapper


def _around_generator(function: Callable[..., Generator[Any, Any, Any]], start: _Start) -> Callable[..., Any]:
    """The step is current only while the generator itself runs, never in the code that consumes it."""

    def wrapper(*args: object, **kwargs: object) -> Generator[Any, Any, Any]:
        step = start(args, kwargs)
        step.detach()
        collected = Collected(step, keep=start.captures)
        generator = function(*args, **kwargs)
        resume: Callable[[], object] = functools.partial(next, generator)
        try:
            while True:
                step.attach()
                try:
                    item = resume()
                finally:
                    step.detach()
                collected.add(item)
                try:
                    resume = functools.partial(generator.send, (yield item))
                except GeneratorExit:
                    generator.close()
                    raise
                except BaseException as thrown:  # thrown in by the consumer: the generator's to handle
                    resume = functools.partial(generator.throw, thrown)
        except StopIteration as stop:
            return stop.value
        except BaseException as error:
            step.fail(error)
            raise
        finally:
            collected.finish()
            step.end()

    return wrapper


def _around_async_generator(function: Callable[..., AsyncGenerator[Any, Any]], start: _Start) -> Callable[..., Any]:
    """As _around_generator."""

    async def wrapper(*args: object, **kwargs: object) -> AsyncGenerator[Any, Any]:
        step = start(args, kwargs)
        step.detach()
        collected = Collected(step, keep=start.captures)
        generator = function(*args, **kwargs)
        resume: Callable[[], Awaitable[object]] = generator.__anext__
        try:
            while True:
                step.attach()
                try:
                    item = await resume()
                finally:
                    step.detach()
                collected.add(item)
                try:
                    resume = functools.partial(generator.asend, (yield item))
                except GeneratorExit:
                    await generator.aclose()
                    raise
                except BaseException as thrown:  # thrown in by the consumer: the generator's to handle
                    resume = functools.partial(generator.athrow, thrown)
        except StopAsyncIteration:
            return
        except BaseException as error:
            step.fail(error)
            raise
        finally:
            collected.finish()
            step.end()

    return wrapper
