"""What people call documents that many countries give, in the main languages: context of several families."""

from typing import Final

PASSPORT: Final = (
    "passport", "travel document", "passport book", "ppt no", "pp no", "pasaporte", "passeport", "reisepass",
    "passnummer", "passaporto", "passaporte", "paszport", "paspoort", "pasaport", "passinumero", "паспорт", "护照",
    "護照", "旅券", "パスポート", "여권", "पासपोर्ट", "جواز", "דרכון", "หนังสือเดินทาง",
)  # fmt: skip
DRIVER_LICENSE: Final = (
    "driver", "driving", "drivers", "license number", "license no", "licence number", "licence no", "permit", "dl",
    "d/l", "dln", "cdl", "dmv", "operator license", "operator's licen", "licencia de conducir", "permiso de conducir",
    "carnet de conducir", "permis de conduire", "führerschein", "fahrerlaubnis", "carta de condução", "habilitação",
    "prawo jazdy", "prawa jazdy", "rijbewijs", "körkort", "kørekort", "førerkort", "ajokort", "ehliyet", "водительск",
    "驾驶证", "驾照", "運転免許",
)  # fmt: skip
SOCIAL_SECURITY: Final = (
    "social", "security", "ssn", "ssns", "ss", "ss no", "ss num", "soc sec", "soc. sec", "seguro social",
    "sozialversicherung", "sécurité sociale", "tax id", "tin", "社会安全", "社会保障", "사회보장",
)  # fmt: skip
NATIONAL_ID: Final = ("national id", "national identity", "citizen id", "identity number", "identity card", "id card")
ACCOUNT: Final = (
    "account", "acct", "acc no", "acc. no", "acc number", "bank acc", "a/c", "bank", "debit", "savings",
    "checking", "cuenta",
    "konto", "compte", "conto corrente", "conta", "rekening", "счет", "счёт", "账号", "帳號", "口座", "계좌",
)  # fmt: skip
ROUTING: Final = ("aba", "routing", "rtn", "transit")
