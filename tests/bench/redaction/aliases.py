"""What else people call the numbers of states and banks: abbreviations, their own languages, names of columns."""

# ruff: noqa: RUF001  (words in scripts of their own)
import zlib
from collections.abc import Mapping
from typing import Final

_ALIASES: Final[Mapping[str, str]] = {
    "US_SSN": "Soc. Sec. No.|SS#|social|seguro social|Social Security #|social_security_number|tax id / SSN|soc sec",
    "US_ITIN": "Individual Taxpayer ID|TIN|taxpayer id|tax_id|itin_no",
    "US_PASSPORT": "Passport #|passport_no|pasaporte|PPT no.|travel document no.|passport book number|Reisepass",
    "US_DRIVER_LICENSE": "DL#|DL no.|driving license|drivers_license|D/L|Operator's licence|DLN|licencia de conducir",
    "UK_NHS": "NHS|nhs_number|NHS #|National Health Service no.",
    "UK_NINO": "NI no.|Nat. Ins. No.|ni_number|National Insurance|NI number",
    "UK_PASSPORT": "Passport No (UK)|passport|uk_passport_number|passport ref",
    "AU_ABN": "A.B.N.|abn|Australian business no.|business number (ABN)",
    "AU_ACN": "A.C.N.|acn|Aust. company no.|company number (ACN)",
    "AU_TFN": "T.F.N.|tfn|Tax File No.|tax file no",
    "AU_MEDICARE": "medicare_no|Medicare|Medicare card|Medicare card no.|medicare #",
    "SG_NRIC_FIN": "NRIC No.|IC no.|FIN|nric_fin|IC number|身份证号码",
    "SG_UEN": "UEN No.|ACRA number|uen|Co. Reg. No.|business reg. no.",
    "IN_AADHAAR": "UID|Aadhar card|आधार संख्या|aadhaar_no|UIDAI no.",
    "IN_PAN": "PAN card|pan_no|PAN No.|Income tax PAN",
    "IN_GSTIN": "GST No.|gstin|GST registration|GST IN",
    "IN_VOTER": "EPIC|Voter ID card|voter_id|मतदाता पहचान पत्र|Election card no.|elector's photo id",
    "IN_PASSPORT": "Passport No.|passport_number|पासपोर्ट|PP No.|passport",
    "KR_RRN": "주민번호|resident registration no.|주민등록|rrn",
    "KR_FRN": "외국인번호|alien registration no.|외국인등록|ARC number",
    "KR_BRN": "사업자번호|BRN|biz reg. no.|사업자|business reg. number (Korea)|사업자 등록 번호",
    "KR_PASSPORT": "여권|passport_no|여권 번호|Passport|旅券番号",
    "KR_DRIVER_LICENSE": "면허번호|driver's license no.|운전면허|driver_license|면허증|licence no.",
    "TH_TNIN": "บัตรประชาชน|Thai ID|เลขบัตร|citizen id|thai_id",
    "ES_NIF": "documento de identidad|NIF/CIF|dni|D.N.I.",
    "ES_NIE": "N.I.E.|tarjeta de residencia|nie|número de extranjero",
    "FI_PERSONAL_IDENTITY_CODE": "sotu|hetu|personbeteckning|Finnish personal id",
    "IT_FISCAL_CODE": "C.F.|cod. fisc.|tax code|codice_fiscale",
    "IT_VAT_CODE": "P. IVA|part. IVA|VAT no.|partita_iva|IVA",
    "IT_DRIVER_LICENSE": "patente n.|numero patente|driving licence (IT)|patente_guida|licenza di guida",
    "IT_IDENTITY_CARD": "C.I.|carta d’identità n.|CIE|identity card no.|documento n.|carta_identita",
    "IT_PASSPORT": "passaporto|passport no.|num. passaporto|passaporto_n|documento di viaggio",
    "PL_PESEL": "nr PESEL|pesel|PESEL no.|nr ewidencyjny PESEL",
    "NG_NIN": "NIN|national id number|nin_no|NIMC number|National ID (Nigeria)",
    "US_MBI": "Medicare no.|mbi|Medicare ID|beneficiary id",
    "US_NPI": "NPI #|provider no.|npi_number|provider id",
    "MEDICAL_LICENSE": "DEA #|DEA no.|dea|DEA reg.",
    "ABA_ROUTING_NUMBER": "routing #|routing_no|RTN|ABA no.|ABA/routing|bank routing|transit routing no.|Routing code",
    "US_BANK_NUMBER": "acct #|account_no|a/c no.|checking account|Acc. No.|bank acc|savings acct no.|cuenta",
}


def alias(entity: str, value: str) -> str:
    """Return one of the names, always the same for a value, so that no random number is used up."""
    names = _ALIASES[entity].split("|")
    return names[zlib.crc32(value.encode()) % len(names)]
