"""Templates around the numbers of states and banks, of a third make: how forms, threads, tables and tools hold them.

`[[number]]` is any of these numbers; its pieces are `label` and `alias`, what people call it, and `b`, `c` and `d`,
more numbers of the same kind.
"""

# ruff: noqa: RUF001  (texts in scripts of their own)
from typing import Final

from tests.bench.redaction.labels import Template, templates

FORMS: Final = [
    "[[number]] is my [[number:label]], is that enough?",
    "[[number]] ([[number:alias]])",
    "([[number:alias]] [[number]]) please keep it on file until [[date]]",
    "We still need your [[number:label]] to go on. - Sure: [[number]]",
    "What is your [[number:label]]?\n[[number]]",
    "Q: Could you give me the [[number:alias]] once more?\nA: Yes, of course. It's [[number]].",
    "Please state the [[number:label]] of the applicant as it stands on the document you sent us:\n\n    [[number]]\n",
    "[ ] no  [x] yes, [[number:alias]]: [[number]]   Ref [[ticket]]",
    "[[number:alias]] ........... [[number]]\nSignature ...........",
    "SECTION B\n[[number:alias]]\t[[number]]\nOffice use only: [[sku]]",
    "[[number:label]]\n-----------------\n[[number]]\n\nDate\n-----------------\n[[date]]",
    "*[[number:alias]]*: `[[number]]`",
    "**[[number:alias]]** — [[number]]",
    "[[number:alias]]=[[number]]",
    "[[number:alias]] ([[number]]) and [[number.2:alias]] ([[number.2]]) were checked on [[date]], case [[ticket]].",
    "[[number:alias]]/[[number.2:alias]]: [[number]] / [[number.2]]",
    "[[number:label]]s on file: [[number]], [[number:b]], [[number:c]].",
    "[[number:label]]:\n- [[number]]\n- [[number:b]]\n- [[number:c]]\n- [[number:d]]",
    "The following [[number:alias]] entries bounced:\n1. [[number]]\n2. [[number:b]]\n3. [[number:c]]\n"
    "Invoice [[invoice]].",
    "old [[number:alias]] [[number]] -> new [[number:b]] (changed on [[date]])",
    "Both [[number:label]]s, [[number]] and [[number:b]], belong to the same household.",
    "[[number:alias]] was [[number]] until [[date]], then [[number:b]].",
    "Verified the caller: full name, date of birth, [[number:alias]] [[number]].",
    "Her [[number:label]], which she read out twice because the line was bad, is [[number]].",
    "Nr. [[number]] ([[number:label]])",
    "#[[number]] <- [[number:alias]]",
    '"[[number]]" was entered as [[number:label]] and rejected by the form.',
    "I typed [[number]] as the [[number:alias]] but it says invalid. Order [[order]] is waiting.",
]
THREADS: Final = [
    "> Could you please send us your [[number:label]]?\n\nHi,\n\nsure, here it is: [[number]]\n\nBest",
    "From: HR\nSubject: missing [[number:label]]\n\nHello,\nyour file lacks it.\n\n> [[number]]\n> is what I have. See"
    " [[ticket]].",
    "Re: Re: [[number:alias]]\n\nit's [[number]], sorry for the delay",
    "[10:02] agent: may I have the [[number:alias]]?\n[10:03] guest: [[number]]\n[10:03] agent: thanks, ticket"
    " [[ticket]]",
    "agent: and the [[number:label]] please\ncustomer: one moment\ncustomer: ok got it\ncustomer: [[number]]",
    "User: my [[number:alias]] is [[number]]\nAssistant: Thank you. I have noted [[number]].\nUser: no wait,"
    " [[number:b]]",
    "HR note {[[date]]}: new hire brought [[number:label]] [[number]] and [[number.2:label]] [[number.2]];"
    " laptop [[sku]].",
    "Intake: 54 y/o, bp 120/80, wt 81.5 kg, [[number:label]] [[number]], allergies none, room 1204.",
    "Pt. presented w/ cough x3 days. [[us_mbi:label]] [[us_mbi]]. Rx 500 mg bid. Prescriber [[medical_license]] (DEA),"
    " [[us_npi]] (NPI).",
    "Referral. NHS [[uk_nhs]]. Seen 12/03. HbA1c 48, eGFR 71. Next: [[date]].",
    "Payroll: TFN [[au_tfn]], super fund ABN [[au_abn]], Medicare [[au_medicare]], BSB on file.",
    "Wire to ABA [[routing]] acct [[account]], amount [[price]], memo [[invoice]]",
    "Direct deposit: routing/transit no. [[routing]], checking acct. [[account]], 100%",
]
TABLES: Final = [
    "#;[[number:alias]];status\n1;[[number]];ok\n2;[[number:b]];ok\n3;[[number:c]];failed\n4;[[number:d]];ok",
    "id,[[number:alias]],created,amount\n1,[[number]],[[date]],[[decimal]]\n2,[[number:b]],[[date.2]],[[decimal.2]]\n"
    "3,[[number:c]],[[date.3]],[[decimal.3]]\n4,[[number:d]],[[date.4]],[[decimal.4]]",
    "| Ticket | [[number:label]] | Filed |\n|---|---|---|\n| [[ticket]] | [[number]] | [[date]] |\n"
    "| [[ticket.2]] | [[number:b]] | [[date.2]] |\n| [[ticket.3]] | [[number:c]] | [[date.3]] |\n"
    "| [[ticket.4]] | [[number:d]] | [[date.4]] |",
    "ref\t[[number:alias]]\torder\n[[uuid]]\t[[number]]\t[[order]]\n[[uuid.2]]\t[[number:b]]\t[[order.2]]\n"
    "[[uuid.3]]\t[[number:c]]\t[[order.3]]",
    "Ref           [[number:alias]]              Total\n[[ticket]]     [[number]]     12.50\n"
    "[[ticket.2]]     [[number:b]]     7.20\n"
    "[[ticket.3]]     [[number:c]]     99.00\n[[ticket.4]]     [[number:d]]     3.75",
    "<table><tr><th>run</th><th>[[number:alias]]</th></tr><tr><td>[[uuid]]</td><td>[[number]]</td></tr>"
    "<tr><td>[[uuid.2]]</td><td>[[number:b]]</td></tr><tr><td>[[uuid.3]]</td><td>[[number:c]]</td></tr></table>",
    "+------+----------------------+\n| row  | [[number:alias]] |\n+------+----------------------+\n"
    "| 1    | [[number]] |\n"
    "| 2    | [[number:b]] |\n| 3    | [[number:c]] |\n+------+----------------------+",
    '"when","[[number:alias]]","note"\n"[[date]]","[[number]]","first, then second"\n"[[date.2]]","[[number:b]]",'
    '"none"\n"[[date.3]]","[[number:c]]","see [[ticket]], [[ticket.2]]"',
    "[[number:alias]]\n[[number]]\n[[number:b]]\n[[number:c]]\n[[number:d]]",
    "[[number.1:alias]] | [[number.2:alias]] | [[number.3:alias]]\n[[number.1]] | [[number.2]] | [[number.3]]\n"
    "[[number.1:b]] | [[number.2:b]] | [[number.3:b]]\n[[number.1:c]] | [[number.2:c]] | [[number.3:c]]",
    "Report of [[date]], all rows:\n\nno. | [[number:label]] | who\n1 | [[number]] | [[person]]\n2 | [[number:b]] |"
    " [[person.2]]\n3 | [[number:c]] | [[person.3]]",
]
MACHINE: Final = [
    "applicant:\n  [[number:alias]]: [[number]]\n  case: [[ticket]]\n  run: [[uuid]]",
    'applicant:\n  numbers:\n    - type: [[number:alias]]\n      issued: "[[date]]"\n      value: "[[number]]"',
    "[[number:alias]]:\n  - [[number]]\n  - [[number:b]]\n  - [[number:c]]\nversion: [[version]]",
    '{"type": "[[number:alias]]", "value": "[[number]]", "checked": true, "id": "[[uuid]]"}',
    '{"[[number:alias]]": ["[[number]]", "[[number:b]]", "[[number:c]]"], "next": "[[ulid]]"}',
    '{"doc": {"kind": "[[number:label]]", "country": "xx", "number": "[[number]]"}, "order": "[[order]]"}',
    '[{"field": "[[number:alias]]", "label": "please enter it", "answer": "[[number]]"}, '
    '{"field": "order", "answer": "[[order]]"}]',
    "[[datetime]] WARN kyc: mismatch field=[[number:alias]] given=[[number]] stored=[[number:b]] trace=[[trace]]",
    "[[datetime]] INFO form submitted {[[number:alias]]: [[number]], build: [[build]]}",
    "INSERT INTO people ([[number:alias]], note) VALUES ('[[number]]', 'see [[ticket]]'), ('[[number:b]]', 'none'), "
    "('[[number:c]]', '[[invoice]]');",
    "UPDATE people SET checked = true WHERE \"[[number:alias]]\" IN ('[[number]]', '[[number:b]]', '[[number:c]]');",
    "SELECT * FROM t WHERE [[number:alias]] = '[[number]]' AND build = '[[build]]';",
    'def test_lookup():\n    assert find("[[number]]").kind == "[[number:alias]]"  # [[identifier]]',
    '<field name="[[number:alias]]">[[number]]</field><field name="order">[[order]]</field>',
    '<label>[[number:label]]</label><input type="text" value="[[number]]"/><input type="hidden" value="[[uuid]]"/>',
    "GET /search?[[number:alias]]=[[number|plus]]&page=2&build=[[build]]",
    "args: --type '[[number:alias]]' --value '[[number]]' --run [[ulid]]",
    "key '[[number:alias]]' -> '[[number]]' ([[sha1]])",
]
LANGUAGES: Final = [
    "我的电话号码是[[phone_cn]]，护照号[[us_passport]]，订单号[[order]]。",
    "请联系[[phone_cn]]或[[mail]]，版本[[version]]。",
    "電話[[phone_jp]]まで。注文番号[[order]]。",
    "전화번호는 [[phone_kr]]이고 주문번호는 [[order]]입니다. 여권번호 [[kr_passport]], 면허번호 [[kr_driver_license]].",
    "사업자등록번호 [[kr_brn]] 확인 부탁드립니다. 문서 [[invoice]].",
    "고객님의 외국인등록번호([[kr_frn]])와 여권번호([[kr_passport]])가 일치하지 않습니다.",
    "[[kr_driver_license]] (운전면허) / [[kr_brn]] (사업자)",
    "Mój numer PESEL: [[pl_pesel]]. Drugi to [[pl_pesel.2]], faktura [[invoice]].",
    "[[pl_pesel]] to mój PESEL, proszę o pilny kontakt: [[phone]].",
    "La mia patente è la [[it_driver_license]], il passaporto [[it_passport]], la carta d'identità"
    " [[it_identity_card]].",
    "Cliente con partita IVA n. [[it_vat_code]] e codice fiscale [[it_fiscal_code]], fattura [[invoice]].",
    "Mi pasaporte es [[us_passport]] y mi número de seguro social [[us_ssn]]. Pedido [[order]].",
    "DNI/NIE: [[es_nif]] o [[es_nie]], factura [[invoice]].",
    "Meine Sozialversicherungsnummer (US, SSN) ist [[us_ssn]]; der Reisepass hat die Nummer [[us_passport]].",
    "मेरा वोटर आईडी [[in_voter]] है, पासपोर्ट [[in_passport]], पैन [[in_pan]].",
    "มีหมายเลขบัตรประชาชน [[th_tnin]] โทร [[phone_th]] ครับ",
    "Mon permis de conduire: [[us_driver_license]]. Mon passeport: [[us_passport]]. Facture [[invoice]].",
    "Henkilötunnukseni on [[fi_personal_identity_code]], tilaus [[order]].",
]
LOOKALIKES: Final = [
    "Order [[order]] was merged with [[order.2]]; version [[version]] of the SSN form is out, see [[ticket]].",
    "The passport renewal costs [[price]]; your case number is [[order]], form [[build]].",
    "Our driver update [[version]] fixes error 0x80070005; job [[order]], report [[invoice]].",
    "Tax file number form NAT 1432, page 1043, order no. [[order]], [[amount]] copies.",
    "medicare plan G, item [[sku]], order [[order]], from [[date]] to [[date.2]]",
    "Bank holiday on [[date]]: tickets [[ticket]], [[ticket.2]] and order [[order]] move to [[date.3]].",
    "ssn_column is [[identifier]]; commit [[commit]], build [[build]], epoch [[epoch]], md5 [[md5]].",
    "NIN, PESEL and BRN are validated since [[version]]; invoice [[invoice]], tracking [[tracking]].",
    "passport.js [[version]] and driver [[version.2]]; request [[uuid]] took [[epoch]] ms",
    "id,order,amount,version\n1,[[order]],[[price]],[[version]]\n2,[[order.2]],[[price.2]],[[version.2]]",
    "| order | tracking | account manager |\n|---|---|---|\n| [[order]] | [[tracking]] | none |\n"
    "| [[order.2]] | [[tracking.2]] | none |",
    "The licence (MIT) covers versions [[version]] to [[version.2]]; digest [[digest]].",
    'call [[order]] items "pending"; phone support is closed on [[date]]; build [[build]]',
    "Account team, see [[order]] (order), [[invoice]] (invoice) and [[ticket]] (ticket).",
    '{"account_tier": "gold", "order": "[[order]]", "build": "[[build]]", "ts": [[epoch]]}',
    "[[datetime]] INFO provider=aws account=prod order=[[order]] version=[[version]] sha=[[sha256]]",
]
TEMPLATES: Final[list[Template]] = [
    *templates("forms", FORMS),
    *templates("mail", THREADS),
    *templates("tables", TABLES),
    *templates("tool JSON", MACHINE),
    *templates("languages", LANGUAGES),
    *templates("look-alikes", LOOKALIKES),
]
