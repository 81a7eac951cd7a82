"""What a rule of the normaliser's table is made of: sources, and how a value is taken from one."""

from dataclasses import dataclass
from enum import Enum


class Take(Enum):
    """How a rule gets its column's value from an attribute."""

    TEXT = "text"
    """Copied as text: strings as they are, integers in decimal digits."""
    QUOTED = "quoted"
    """As TEXT, out of its quotes if it is the JSON of a text."""
    PROVIDER = "provider"
    """As QUOTED, brought to OpenTelemetry's name; a framework's name is passed over."""
    OPERATION = "operation"
    """As TEXT, if it is a word of another convention for an operation."""
    TEXT_LIST = "text list"
    """An array of strings, or one in JSON; another string is a list of one."""
    COUNT = "count"
    """A whole number, not negative: an integer, or a double or a decimal string that stands for one exactly."""
    USAGE = "usage"
    """The column's number out of an object of a call's tokens, in any provider's or framework's form."""
    PICTURES = "pictures"
    """How many pictures a list has: addresses, or objects with one or with bytes."""
    PICTURES_ANSWER = "answer of pictures"
    """As PICTURES, out of an answer of OpenAI's images API: of nothing else that has a list under the same name."""
    NUMBER = "number"
    """A finite number: a double or an integer, or a decimal string."""
    MILLISECONDS = "milliseconds"
    """As NUMBER, in thousandths of the column's unit."""
    USD = "dollars"
    """As NUMBER, not negative, exact to the column's twelve digits."""
    USD_SUM = "sum of dollars"
    """As USD, the sum of an object's members."""
    MOVED_JSON = "moved JSON"
    """JSON text: a string leaves the attributes and its key goes to `lifted`, unless it has to be rewritten."""
    MOVED_MESSAGES = "moved messages"
    """As MOVED_JSON; rewritten if it is in another notation than OpenTelemetry's."""
    MESSAGES = "messages"
    """Messages in any notation."""
    PAYLOAD = "payload"
    """Whatever went in or came out: messages, a provider's request or response, a tool's arguments or result, or a
    value that is shown as one text message."""
    BODY = "body"
    """As PAYLOAD, but only if messages are recognised in it."""
    ARGUMENTS = "arguments"
    """A tool's arguments, unless it is the schema of them."""
    FLAT = "flat messages"
    """Messages of which each member has an attribute: the source's key is the prefix of them all."""
    PARTS = "parts"
    """Parts of a message: text, or a list."""
    TOOLS = "tools"
    """Tool definitions in any notation."""
    FLAT_TOOLS = "flat tools"
    """Tool definitions as FLAT."""
    ANSWER = "answer"
    """A message put together from several attributes, of which this one is the first: see ANSWERS."""
    EVENTS = "events"
    """What the span's own events say: see `messages`. The source's key stands for them all."""
    SPEED = "speed"
    """The tier of service that a speed is: only of a fast one."""
    TRAFFIC = "traffic type"
    """The tier of service that Google's word for a call's traffic is."""
    NAME = "name"
    """The last step of the source's path, of every span that has a value there."""
    CONSTANT = "constant"
    """What the source's path says, of every span that has the attribute."""
    CONVERSATION = "conversation"
    """A whole conversation: what comes before the model's last message went in, that message came out."""


@dataclass(frozen=True, slots=True)
class CacheApart:
    """Spans of which a source's input tokens leave out what the cache read and wrote."""

    key: str
    """An attribute that the spans have."""
    words: tuple[str, ...] = ("",)
    """One of them is in its text."""
    providers: frozenset[str] = frozenset()
    """Their providers, as OpenTelemetry names them. Empty: any."""
    unless: str = ""
    """An attribute that newer versions have, which count as OpenTelemetry does."""


@dataclass(frozen=True, slots=True)
class Source:
    """An attribute that a column can come from."""

    key: str
    take: Take
    path: tuple[str | int, ...] = ()
    """Members to follow inside the attribute's JSON (or Python's way to write the same)."""
    only: str = ""
    """`step_kind` that the span must have. Empty: any."""
    unless: tuple[str, ...] = ()
    """A path that must not be there in the same JSON."""
    beside: str = ""
    """An attribute that the span must have besides. Empty: none."""
    plus: tuple[tuple[str, ...], ...] = ()
    """Attributes whose numbers are added to this one's, each with its other spellings; it may be missing if one of
    them is there."""
    at_least: tuple[str, ...] = ()
    """Attributes of which the first that holds a count is taken instead if that is larger."""
    apart: tuple[CacheApart, ...] = ()
    """Of input tokens: whose leave the cache out. Besides these, those do that are fewer than the cached ones."""

    @property
    def added(self) -> tuple[str, ...]:
        """Return the attributes of `plus`, in any spelling."""
        return tuple(key for spellings in self.plus for key in spellings)


@dataclass(frozen=True, slots=True)
class Rule:
    """Where one column comes from."""

    column: str
    take: Take
    sources: tuple[Source, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """Return the attribute keys, each once, in order of precedence."""
        return tuple(dict.fromkeys(source.key for source in self.sources))
