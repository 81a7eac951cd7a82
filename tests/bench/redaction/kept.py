"""Templates for the final figure only. Whoever works on the detectors does not read them, and does not run them."""

# ruff: noqa: RUF001  (names and texts in scripts of their own)
from typing import Final

from tests.bench.redaction.labels import Template, templates

_FAMILIES: Final = {
    "chat": [
        "Good morning, [[person]] speaking. Could somebody ring me back on [[phone]]? It is about [[order]].",
        "i think [[person:first|lower]] [[person:last|lower]] has my charger, her mail is [[mail]]",
        "[[person:first]], [[person.2:first]] & [[person.3]] voted for [[city]]; [[product]] came second.",
        "PLEASE TELL [[person|upper]] THAT [[org|upper]] CALLED TWICE ABOUT [[invoice]]",
        "Pay with [[card]] this time, the old one expired. Receipt to [[mail]], not to the billing team.",
        "No worries. Ask for Ms [[person:last]] at the front desk of [[org]], [[address]].",
        "what's the ssn of the tenant? [[us_ssn]]. and of the co-signer? [[us_ssn.2]]. lease [[ticket]]",
        "wifi pw: [[password]] / pin stays the same / router is at [[doc_ip]]",
        "I sent it from [[wallet]] on [[date]], the exchange rate was [[decimal]].",
        "Wire it to [[iban]] ([[person:reversed]]). My fax is [[phone_gb]], don't laugh.",
        "The intruder came from [[ip]] with the card [[mac]]; [[person]] saw it first.",
    ],
    "mail": [
        'To: "[[person:reversed]]" <[[mail]]>\nCc: [[mail.2]]\nMessage-ID: <[[uuid]]@mail>\n\nHi [[person:first]],\n'
        "[[person.2]] will join us from [[city]].\n\nCheers\n[[person.3:first]]",
        "Best wishes\n\n[[person]]\nSenior Counsel, [[org]]\n[[address]]\nMobile: [[phone]]\n[[mail]]",
        "Sehr geehrter Herr [[person:last]],\nIhr Vertrag [[order]] läuft am [[date]] aus.\nIhre [[person.2]]",
        "Forwarded message\nFrom: [[mail]]\n\nThe payee is [[org]], [[iban]], due [[date]].",
    ],
    "forms": [
        "Form 7b / [[person]] / [[id:label]] [[id]] / resident of [[city]] / ref [[uuid]]",
        "We could not find anybody with [[id:label]] [[id]]. Did you mean [[id.2]]?",
        "- Guest: [[person]]\n- Document ([[id:label]]): [[id]]\n- Company: [[org]]\n- Room: 4417",
        "[[person]] was born on a Sunday; [[id:label]] is [[id]], mobile [[phone]].",
        "Lab report for [[person|upper]]: [[us_mbi:label]] [[us_mbi]], ordered by Dr. [[person.2]], "
        "[[us_npi:label]] [[us_npi]], sample [[sku]].",
        "Physician [[person:initial]], [[medical_license:label]]: [[medical_license]], ward 12, [[city]].",
        "Direct deposit: [[account:label]] [[account]], [[routing:label]] [[routing]], name on account [[person]].",
        "Passenger list: [[person:reversed]] / [[us_passport:label]] [[us_passport]] / seat 14C / [[tracking]]",
    ],
    "languages": [
        "Ich heiße [[person]], geboren in [[city]], erreichbar unter [[phone]] oder [[mail]].",
        "Madame, je soussignée [[person]], demeurant [[address]], résilie le contrat [[invoice]].",
        "Me llamo [[person]]; mi NIE es [[es_nie]] y trabajo en [[org]].",
        "La signora [[person:last]] (CF [[it_fiscal_code]]) ha pagato con la carta [[card]].",
        "Pan [[person]] podał PESEL [[pl_pesel]] i konto [[iban]].",
        "Звонила [[native_russian]], просила перезвонить: [[phone]].",
        "客户[[native_chinese]]的银行卡号是[[card]]，订单号[[order]]。",
        "[[native_japanese]]様、ご注文[[invoice]]を発送しました。",
        "고객 [[native_korean]]님의 외국인등록번호 [[kr_frn]], 이메일 [[mail]]",
        "السيد [[native_arabic]] يسكن في المدينة، هاتفه [[phone]].",
        "[[native_greek]], ΑΦΜ στο αρχείο, e-mail [[mail]].",
    ],
    "look-alikes": [
        "[[product]] [[version_four]] fixes [[ticket]]; artefact [[sha256]], released [[date]].",
        "Neither [[lookalike]] nor [[lookalike.2]] nor [[lookalike.3]] says who I am.",
        "Serials [[sku]], [[isbn]], [[tracking]] and [[order]] were scanned at [[datetime]] near [[coordinates]].",
        "[[card_broken]] fails, [[iban_broken]] fails, [[ssn_broken]] fails; [[doc_ip]] is in the manual.",
        "theme colour [[colour]], [[package]], [[remote]], at [[cron]], id [[ulid]] / [[md5]] / [[commit]]",
    ],
    "tool JSON": [
        '{"id": "[[ulid]]", "attendees": [{"displayName": "[[person]]", "email": "[[mail]]"}], "place": "[[city]]"}',
        '{"q": "phone of [[person]] at [[org]]", "answer": "[[phone]]", "score": [[decimal]]}',
        '[{"acct": "[[account]]", "aba": "[[routing]]", "memo": "[[invoice]]"}, {"card_number": "[[card]]"}]',
        '{"user": {"name": "[[person]]", "nationalId": {"type": "[[id:label]]", "value": "[[id]]"}}, "v": 2}',
        '{"settings": {"clientSecret": "[[token]]", "dbPassword": "[[password]]", "timeoutMs": 1200}}',
        '{"shipTo": {"recipient": "[[person|upper]]", "line1": "[[address]]"}, "tracking": "[[tracking]]"}',
    ],
    "code": [
        'requests.get(URL, headers={"X-Auth": "[[vendor_key]]"})  # [[identifier]]',
        "UPDATE people SET mobile='[[phone]]', name='[[person]]' WHERE id='[[uuid]]';",
        "expect(mask('[[card]]')).toBe(mask('[[card.2]]')); // by [[person]]",
        "docker login -u build -p [[password]] registry.example.com:[[version]]",
        "spring.datasource.password=[[password]]\nspring.datasource.url=jdbc:mysql://db/[[commit]]",
        'Signed-off-by: [[person]] <[[mail]]>\nFixes: [[commit]] ("[[identifier]]")',
    ],
    "logs": [
        "<14>1 [[datetime]] web-2 app - - user [[person]] ([[mail]]) from [[ip]] did [[identifier]]",
        "kafka: sasl login with mysql://[[credentials]]@10-0-0-7.internal/app, offset [[epoch]]",
        "[[datetime]] refused token [[vendor_key]] of client [[uuid]]",
        "CEF:0|x|y|[[version]]|100|login|5|suser=[[mail]] src=[[ipv4]] smac=[[mac]] cs1=[[sha1]]",
        "[[datetime]] INFO voice call from=[[phone]] to=[[phone.2]] sid=[[md5]] agent=[[person:first]]",
    ],
    "tables": [
        "no.\tname\tmail\n1\t[[person]]\t[[mail]]\n2\t[[person.2]]\t[[mail.2]]\n3\t[[native]]\t[[mail.3]]",
        "| who | [[id:label]] | since |\n|---|---|---|\n| [[person:reversed]] | [[id]] | [[date]] |",
        '"[[person:reversed]]","[[address]]","[[phone]]","[[sku]]"',
        "GUEST LIST\n* [[person|upper]]\n* [[person.2|upper]]\n* [[person.3]]",
        "iban|holder|bank\n[[iban]]|[[person]]|[[org]]",
    ],
    "secrets": [
        "it printed [[vendor_key]] to the console, is that bad?",
        "credentials:\n  key: [[vendor_key]]\n  note: rotate before [[date]]",
        "https://api.example.com/v2/items?access_token=[[vendor_key]]&page=2",
        "Do not paste [[near_miss]] literally; ours begins like [[near_miss.2]] but is longer.",
        "SECRET=[[near_miss]]\nTOKEN=[[reference]]",
        "rediss://[[credentials]]@cache.example.com:6380 or postgres://[[credentials.2]]@pg/app",
        "Data Source=db;User Id=sa;Pwd=[[password]];TrustServerCertificate=true; build [[build]]",
        "the passphrase is [[password]], write it on paper",
        "auth_token: '[[token]]'\nsecret_santa: true\npassword_policy: strong",
        "cookie: sid=[[token]]; theme=dark\nauthorization: Bearer [[jwt]]",
        "curl -d '{}' https://hooks.slack.com/services/[[webhook]] # by [[person:first]]",
        "Deploy key:\n[[private_key]]\nFingerprint [[md5]]",
    ],
    "split": [
        "<li>[[mail|tags]]</li><li>[[card|span]]</li><li>[[version]]</li>",
        "reach [[person|zwsp]] under [[phone|shy]] or [[mail|bom]]",
        "iban: [[iban|zwnj]]; card: [[card|br]]",
        "key\n[[vendor_key|line]]\nend of key, [[uuid]]",
        "> account [[iban|quoted]]\n> mail [[mail|quoted]]",
        's := "[[vendor_key|concat]]" // [[ticket]]',
        "ssn *[[us_ssn|stars]]* card [[card|nbsp]]",
    ],
    "encoded": [
        "mailto:[[mail|percent]]?subject=[[invoice]]",
        "&#64; is at: [[mail|html_dec]]; tel [[phone|html_hex]]",
        "state=[[mail|base64_url]]&nonce=[[ulid]]",
        "printf '[[card|hex]]' or '[[us_ssn|unicode]]'",
        "body=[[iban|percent_all]]+[[person|plus]]",
        "cid:[[vendor_key|base64_text]] / [[image]]",
        "ＴＥＬ [[phone|full_width]] ＭＡＩＬ [[mail|full_width]]",
    ],
}
_WRAPPED: Final = [
    ("message", '"[[person]]" <[[mail]]>\nIBAN:\t[[iban]]\ncard:\t[[card]]'),
    ("arguments", "token='[[vendor_key]]'\n# for [[person]], [[uuid]]"),
    ("result", "postgres://[[credentials]]@db/app and [[mail]] / [[phone]]"),
    ("html", '[[person]] & [[person.2]] live at [[address]], "[[id:label]]" [[id]]'),
    ("string", "«[[native]]» — [[phone]]\n[[mail]] \\ [[sha1]]"),
]
TEMPLATES: Final[list[Template]] = [
    *(template for family, texts in _FAMILIES.items() for template in templates(family, texts)),
    *(template for wrap, text in _WRAPPED for template in templates("wrapped", [text], wrap)),
]
