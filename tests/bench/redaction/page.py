"""The page that keeps the tables of a run."""

from collections.abc import Sequence
from typing import Final

from tests.bench.redaction.dataset import templates_of
from tests.bench.redaction.disguises import DISGUISES
from tests.bench.redaction.labels import CASES, Part
from tests.bench.redaction.lookalikes import LOOKALIKES
from tests.bench.redaction.national_ids import IDS
from tests.bench.redaction.secret_keys import VENDORS
from tests.bench.redaction.tables import Table

_INTRODUCTION: Final = """\
# Quality of redaction

Written by `make bench-redaction`: a11i beside Presidio as it comes, on the same labelled texts, in one run, on one
core. Language model of both: `{model}`. presidio-analyzer {presidio}.

The set is made of {templates} templates, which are filled with values drawn with a fixed seed: chats, mail, forms, tool
JSON, code, logs, tables, twenty languages in ten scripts, {ids} kinds of numbers that states give, keys in the formats
of {vendors} vendors, values split or encoded in {disguises} ways, and {lookalikes} kinds of look-alikes that must stay,
besides near misses of the keys. Numbers have valid check digits; look-alikes have broken ones. Templates are in three
parts: *development*, to work with, the largest; *check*, to see that the work was not for those alone; *final*, kept
from whoever works on the detectors, for the figure that counts. The tables say which parts were run.

- **recall**: values of which no letter and no digit is left. Any finding counts that takes the value away, whatever it
  is called.
- **precision**: findings that touch a labelled value. Presidio's dates, nationalities and links are left out: the set
  does not label them.
- **leaked chars**: letters and digits of labelled values that are left.
- **look-alikes touched**: those of which a letter or a digit was taken away.
- **a11i**: with the preset `standard`, the default, which takes names of people and leaves places and organisations;
  *strict* is the preset that takes these too, and counts for them in the table of entities below Presidio.
- **Presidio**: `AnalyzerEngine` with the recognizers that it loads for English, every score; *from 0.35* is what its
  demonstration shows; *all countries* has the recognizers too that it ships and does not load. Its e-mail recognizer
  takes the public suffixes that it comes with, as nothing is fetched here.
- **kB/s**: bytes of text per second of CPU time of one process, on this set, which is denser than any real text.

The set is synthetic. It says where a detector is blind and whether a change made it worse; what share of a company's
own texts is redacted, only those texts can tell.
"""


def text(tables: Sequence[Table], model: str, presidio: str) -> str:
    """Return the page."""
    introduction = _INTRODUCTION.format(
        model=model,
        presidio=presidio,
        templates=sum(len(templates_of(part)) for part in Part),
        ids=len(IDS),
        vendors=len(VENDORS),
        disguises=len(DISGUISES.keys() - CASES),
        lookalikes=len(LOOKALIKES),
    )
    return "\n".join([introduction, *(f"{table.markdown()}\n" for table in tables)])
