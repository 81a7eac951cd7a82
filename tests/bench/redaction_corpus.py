"""Texts for the redaction benchmark: what agents send, made from templates with a fixed seed.

Unique texts are chats, tool results, code and logs of about 1.3 kB, with one or two items each that have to go.
Conversations are what agents resend: each turn holds all of the messages before it.
"""

import json
import random
from collections.abc import Iterator

FIRST = ["Maria", "John", "Priya", "Wei", "Fatima", "Lukas", "Aisha", "Carlos", "Emma", "Noah", "Olga", "Tomás"]
LAST = ["Garcia", "Smith", "Natarajan", "Zhang", "Haddad", "Schneider", "Okafor", "Mendes", "Larsen", "Kowalski"]
_VOCABULARY = """
the order was late and we asked for another delivery because customers wait for an answer about billing while our
agents look at inventory numbers compare prices update records plan routes summarise documents write code run tests
check results explain errors list steps suggest fixes measure latency count tokens read files open tickets
"""
WORDS = _VOCABULARY.split()


def conversations(seed: int, count: int, turns: int) -> Iterator[str]:
    """Yield the input messages of each span: JSON text, a turn longer than the last."""
    rng = random.Random(seed)  # noqa: S311  (a fixed seed is the point)
    for _ in range(count):
        history: list[dict[str, object]] = []
        for turn in range(turns):
            text = sentence(rng, 60) + (" " + item(rng) if turn % 3 == 0 else "")
            history.append({"role": "user", "parts": [{"type": "text", "content": text}]})
            yield json.dumps(history)
            history.append({"role": "assistant", "parts": [{"type": "text", "content": sentence(rng, 90)}]})


def unique_texts(seed: int, count: int) -> list[str]:
    """Return texts no two of which are the same."""
    rng = random.Random(seed)  # noqa: S311  (as above)
    makers = (_chat, _tool_result, _code, _log)
    return [makers[number % len(makers)](rng) for number in range(count)]


def person(rng: random.Random) -> str:
    """Return a name."""
    return f"{rng.choice(FIRST)} {rng.choice(LAST)}"


def item(rng: random.Random) -> str:
    """Return a sentence that holds something to redact."""
    name = person(rng)
    mail = f"{name.split()[0].lower()}.{rng.randrange(1000)}@example.com"
    return rng.choice(
        [
            f"Please write to {mail} about it.",
            f"My name is {name} and I wait for a call.",
            f"You can call me on (415) 555-{rng.randrange(1000, 9999)}.",
            f"The card was {_card(rng)}, I think.",
            f"export OPENAI_API_KEY=sk-{'proj'}-{rng.getrandbits(200):050x}",
            f"It came from 10.{rng.randrange(256)}.{rng.randrange(256)}.7, says {name}.",
        ]
    )


def sentence(rng: random.Random, words: int) -> str:
    """Return some sentences of so many words together."""
    parts = []
    while words > 0:
        count = min(words, rng.randrange(6, 14))
        parts.append(" ".join(rng.choices(WORDS, k=count)).capitalize() + ".")
        words -= count
    return " ".join(parts)


def _chat(rng: random.Random) -> str:
    return f"{sentence(rng, 90)} {item(rng)} {sentence(rng, 90)}"


def _tool_result(rng: random.Random) -> str:
    rows = [
        {"id": f"ord_{rng.getrandbits(48):012x}", "status": "shipped", "total": round(rng.random() * 100, 2),
         "note": sentence(rng, 8), "customer": person(rng) if number == 0 else sentence(rng, 2)}
        for number in range(6)
    ]  # fmt: skip
    return json.dumps({"rows": rows, "next": rng.getrandbits(32), "contact": item(rng)})


def _code(rng: random.Random) -> str:
    lines = "\n".join(_call(rng) for _ in range(12))
    return f"class Handler{rng.randrange(1000)}(Base):\n    # {item(rng)}\n{lines}\n    return None\n"


def _call(rng: random.Random) -> str:
    arguments = f"limit={rng.randrange(10000)}, name='{sentence(rng, 3)}'"
    return f"    value_{rng.randrange(1000)} = compute_{rng.choice(WORDS)}({arguments})"


def _log(rng: random.Random) -> str:
    return "\n".join([*(_log_line(rng) for _ in range(8)), f"ERROR {item(rng)}"])


def _log_line(rng: random.Random) -> str:
    minute, second, micros = rng.randrange(10, 59), rng.randrange(10, 59), rng.randrange(10**6)
    trace = f"request={rng.getrandbits(128):032x} took={rng.random():.6f}s"
    return f"2026-11-21T10:{minute}:{second}.{micros:06d}Z INFO worker-{rng.randrange(99)} {trace} {sentence(rng, 5)}"


def _card(rng: random.Random) -> str:
    digits = [4, *(rng.randrange(10) for _ in range(14))]
    doubled = (d * 2 - 9 if i % 2 == 0 and d > 4 else d * 2 if i % 2 == 0 else d for i, d in enumerate(digits))
    return "".join(map(str, digits)) + str(-sum(doubled) % 10)
