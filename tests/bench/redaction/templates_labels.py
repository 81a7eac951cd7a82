"""Templates around the numbers of states and banks, of a fourth make: labels in sentences, code, tables and tools."""

# ruff: noqa: RUF001  (texts in scripts of their own)
from typing import Final

from tests.bench.redaction.labels import Template, templates

LABELS: Final = [
    "ID type: [[number:label]]; ID no.: [[number]]; valid until [[date]]",
    "Document: [[number:label]]\nNumber: [[number]]\nIssued: [[date]]",
    "Type of document: [[number:label]]\nIssuing country: see scan\nIssued on: [[date]]\nNumber of document: [[nu"
    "mber]]",
    "Verified documents: [[number:label]] [[number]], [[number.2:label]] [[number.2]], [[number.3:label]] [[number.3]]",
    "According to our records the number [[number]] is registered as the [[number:label]] of [[person]].",
    "We could not match [[number]] with any [[number:label]] in our system.",
    "Please quote [[number]] as your [[number:label]] in all correspondence.",
    "Field 12 ([[number:label]]): [[number]]",
    "12. [[number:label]]\n    [[number]]",
    "Box 3a [[number:label]] [[number]] Box 3b [[price]]",
    "Applicant's [[number:label]] → [[number]]",
    "The attached scan shows [[person]]'s [[number:label]]: number [[number]], issued [[date]].",
    "... holder of [[number:label]] number [[number]], residing at [[address]], hereby declares",
    "her [[number:label]] (number [[number]]) was stolen",
    "[[number:label]] - last used [[date]] - [[number]]",
    "[[number:label]] (as printed on the card, without spaces): [[number]]",
    "Missing field fixed. [[number:label]] now set to [[number]] by [[mail]]",
    "[[number:alias]] on record: [[number]]. [[number.2:alias]] on record: [[number.2]].",
    "Beneficiary [[person]], [[number:alias]] [[number]], amount [[price]], ref [[invoice]]",
    "pls use [[number]] for the [[number:label]] field thx",
    "the [[number:label]] i gave u yesterday was wrong, correct one: [[number]]",
    "[[person]] ([[number:alias]]: [[number]]; [[mail]]; [[phone]])",
    "{{ [[number:alias]] }} = [[number]]",
    "- [[number:alias]] :: [[number]]\n- [[number.2:alias]] :: [[number.2]]",
    "<dt>[[number:label]]</dt><dd>[[number]]</dd><dt>Status</dt><dd>open</dd>",
    "<tr><td>[[number:label]]</td><td>[[number]]</td></tr><tr><td>Order</td><td>[[order]]</td></tr>",
    "| [[number:label]] | [[number]] |\n| Invoice | [[invoice]] |",
    "|[[number:alias]]|[[number.2:alias]]|ticket|\n|:--|:--|:--|\n|[[number]]|[[number.2]]|[[ticket]]|\n|[[number"
    ":b]]|[[number.2:b]]|[[ticket.2]]|",
    "when;who;[[number:alias]];what\n[[date]];[[person]];[[number]];[[sku]]\n[[date.2]];[[person.2]];[[number:b]]"
    ";[[sku.2]]\n[[date.3]];[[person.3]];[[number:c]];[[sku.3]]",
    "Name\tBorn\t[[number:alias]]\tPhone\n[[person]]\t[[date]]\t[[number]]\t[[phone]]\n[[person.2]]\t[[date.2]]"
    "\t[[number:b]]\t[[phone.2]]",
    "Person                 [[number:label]]            Since\n---------------------------------------------\n[[p"
    "erson]]        [[number]]        [[date]]\n[[person.2]]        [[number:b]]        [[date.2]]",
    '[[number:alias]],note\n[[number]],first\n[[number:b]],second\n[[number:c]],"third, last"\n',
    '{"identity": {"[[number:alias]]": "[[number]]", "verified": true}, "request": "[[uuid]]"}',
    '{"documents": [{"documentType": "[[number:label]]", "documentNumber": "[[number]]"}], "id": "[[ulid]]"}',
    '{"question": "What is your [[number:label]]?", "answer": "[[number]]"}',
    '{"name": "[[number:alias]]", "old": "[[number]]", "new": "[[number:b]]"}',
    '{"columns": ["[[number:alias]]", "city"], "rows": [ ["[[number]]", "[[city]]"], ["[[number:b]]", "[[city.2]]"] ]}',
    "user.[[number:alias]] = '[[number]]'",
    'lookup([[number:alias]]="[[number]]", limit=5)',
    "// [[number:label]] of the test user: [[number]]",
    "[[datetime]] DEBUG extracted entities: [[number:alias]]='[[number]]' conf=0.98",
    '[[datetime]] ERROR duplicate key value violates unique constraint "people_[[number:alias]]_key" Detail: Key '
    "([[number:alias]])=([[number]]) already exists.",
    "curl -d '[[number:alias]]=[[number]]' https://api.example.com/v1/verify",
    "export [[number:alias]]=[[number]]",
    "Betreff: [[number:label]]\n\nSehr geehrte Damen und Herren,\nanbei die Nummer: [[number]]\nMit freundlichen "
    "Grüßen",
    "Bonjour, voici le numéro demandé ([[number:label]]) : [[number]]. Merci",
    "Hola, el número de [[number:label]] es el [[number]], gracias.",
    "Ecco il mio [[number:label]]: [[number]], grazie mille.",
    "メモ：[[number:label]]は[[number]]です。",
    "备注：[[number:label]]为[[number]]。",
    "메모: [[number:label]]은 [[number]]입니다.",
    "[[number:label]] رقم [[number]] من فضلك",
    "номер [[number:label]] — [[number]], спасибо",
    'Transcript: "my [[number:label]] is, uh, [[number]]" (caller)',
    "Caller reads [[number:label]] aloud; system shows [[number]]; match.",
    "Summary:\n* customer: [[person]]\n* [[number:alias]]: [[number]]\n* issue: late order [[order]]",
    "Redact this please: [[number]] (it's a [[number:label]]).",
    "is [[number]] a valid [[number:label]]?",
    "Check [[number:label]] validity: [[number]] / [[number:b]] / [[number:c]]",
    "[[number:alias]]: [[number]] (primary), [[number:b]] (secondary)",
    "Tax form: [[number:alias]] [[number]], [[number.2:alias]] [[number.2]], total [[price]], year 2025",
    "To whom it may concern: [[person]] has presented [[number:label]] [[number]] valid through [[date]].",
    "subject=[[number:alias]] body=[[number]]",
    "WHERE [[number:alias]] LIKE '[[number]]%'",
    "Old value of [[number:alias]] was empty; new value is [[number]].",
]
TEMPLATES: Final[list[Template]] = templates("forms", LABELS)
