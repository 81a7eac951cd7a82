"""Templates of what people write: chats, mail, forms, notes of clinics and offices, other languages."""

# ruff: noqa: RUF001  (names and texts in scripts of their own)
from typing import Final

from tests.bench.redaction.labels import Template, templates

CHAT: Final = [
    "Hi, this is [[person]]. My order [[order]] never came. Call me at [[phone_us]] or write to [[mail]], thanks!",
    "hey its [[person:first|lower]] again, can u send the invoice to [[mail]]? same card as before, [[card]]",
    "my name is [[person|lower]] and i live in [[city|lower]], the app ([[version]]) crashes when i log in",
    "I'M [[person|upper]] AND I WANT MY MONEY BACK. IBAN: [[iban]]. NOW.",
    "Sure! I've booked a table for [[person]] at 7 pm; they will text [[phone]] on arrival. Ticket [[ticket]].",
    "ok so [[person:first]] and [[person.2:first]] are in, [[person.3:first]] can't make it on [[date]]",
    "Please cancel the contract of [[person:reversed]], customer no [[order]], and confirm to [[mail]].",
    "User: what is the weather in [[city]]?\nAssistant: In [[city]] it is 17 degrees.\n"
    "User: and in [[city.2]]?\nAssistant: Rain until the evening.",
    "@[[person:first]] did you see what [[person.2]] from [[org]] wrote? They want [[product]] by Friday",
    "u can reach my mum on [[phone_national:label]] [[phone_national]], she knows the [[phone_national.2:label]] too",
    "My SSN is [[us_ssn]], my old one on the form ([[ssn_broken]]) was a typo. Can you update the application?",
    "The password for the guest wifi is [[password]] and the one for the door is unchanged.",
    "Transfer 250 to [[person]], [[iban]], reference [[invoice]], please. I will send the rest later.",
    "My card [[card]] was declined, then I tried [[card.2]] with the same result. The total was [[price]].",
    "Can you check whether [[ip]] is the machine of [[person:initial]]? Its MAC should be [[mac]].",
    "Send the coins to [[wallet]] - not to the exchange. My bitcoin wallet is the old one.",
    "lol [[person:first|lower]] moved to [[address]] last week, post the parcel there",
    "Speak with Dr. [[person:last]] or, if she is out, with Mr [[person.2:last]]. Extension 4417.",
    "We met [[person]] (CEO of [[org]]) in [[city]]; she asked for the numbers of [[product]].",
    "For the refund I need: account holder [[person]], bank account [[account]], routing number [[routing]].",
    "Who is [[native]]? The ticket says the caller was [[person]], phone [[phone]].",
    "Tell [[person:first]] I said hi :) and that [[identifier]] is still broken in [[product]]",
]
MAIL: Final = [
    "From: [[person]] <[[mail]]>\nTo: [[person.2]] <[[mail.2]]>\nDate: [[date]]\nSubject: Contract [[invoice]]\n\n"
    "Dear [[person.2:first]],\n\nplease find the contract attached. You can reach me on [[phone]].\n\n"
    "Kind regards,\n[[person:first]]",
    "Hello team,\n\n[[person]] joins [[org]] on [[date]]. Her desk is in [[city]].\n\nBest,\n[[person.2]]\n"
    "Head of People | [[org]] | [[address]] | T [[phone]]",
    "> On [[date]], [[person]] wrote:\n> the flight to [[city]] is booked under [[person.2|upper]]\n>\n"
    "Thanks, got it.\n-- \n[[person.2:first]]",
    "Guten Tag Frau [[person:last]],\n\nIhre Rechnung [[invoice]] ist offen. Bitte überweisen Sie auf [[iban]].\n\n"
    "Mit freundlichen Grüßen\n[[person.2]]\n[[org]]",
    "Bcc: [[mail]]\nReply-To: [[mail.2]]\n\nInvoice [[invoice]] of [[price]] EUR was paid with a card ending in 4242.",
    "Sent from my phone\n\nOn my way, the address is [[address]] right? - [[person:initial]]",
    "ATTN: [[person|upper]]\nRE: CLAIM [[order]]\n\nWE WRITE TO YOU AT [[address|upper]].\n\nSINCERELY,\n[[org|upper]]",
    "Hi [[person:first]]! Your parcel [[tracking]] waits for you at [[address]]. Show this mail and an id.",
]
FORMS: Final = [
    "Name: [[person]]\nDate of visit: [[date]]\n[[id:label]]: [[id]]\nPhone: [[phone]]\nE-mail: [[mail]]\n"
    "Case: [[ticket]]",
    "Applicant: [[person:reversed]]\nAddress: [[address]]\n[[id:label]] [[id]]\nReference: [[uuid]]",
    "The [[id:label]] that she gave, [[id]], does not match the one on file. Invoice [[invoice]] is on hold.",
    "Can you verify my [[id:label]]? It is [[id]] and was issued on [[date]].",
    "KYC check of [[person]]: [[id:label]]=[[id]]; [[id.2:label]]=[[id.2]]; result=clear; run=[[uuid]]",
    "surname;first name;[[id:label]];phone\n[[person:last]];[[person:first]];[[id]];[[phone]]",
    "Please fill in: full name ([[person]]), [[id:label]] ([[id]]), employer ([[org]]).",
    "[[id:label]]: [[id]]",
    "Discharge note. Patient [[person]], NHS number [[uk_nhs]], seen by Dr [[person.2:last]] at [[org]]. Dose 20 mg, "
    "batch [[sku]]. Next visit [[date]].",
    "Pt [[person:last|upper]], [[person:first]]; MRN on file; [[us_mbi:label]] [[us_mbi]]; prescriber "
    "[[medical_license:label]] [[medical_license]]; [[us_npi:label]]: [[us_npi]].",
    "HR note: [[person]] ([[mail]]) has been off sick since [[date]]; emergency contact [[person.2]], [[phone]].",
    "Employee file\n- name: [[person]]\n- lives at: [[address]]\n- salary account: [[iban]]\n- SSN: [[us_ssn]]",
    "Prescription for [[person]] by [[person.2:initial]], DEA [[medical_license]], pharmacy in [[city]].",
    "Claim of [[person]] against [[org]], policy [[order]], paid to acct [[account]], ABA [[routing]].",
    "Traveller [[person|upper]], passport number [[us_passport]], flight on [[date]] from [[city]] to [[city.2]].",
    "Provider NPI [[us_npi]] billed [[price]] for member [[us_mbi]] ([[person]]).",
]
LANGUAGES: Final = [
    "Hallo, mein Name ist [[person]], ich wohne in [[city]]. Telefon: [[phone_de]], E-Mail [[mail]].",
    "Bonjour, je m'appelle [[person]] et mon numéro de téléphone est le [[phone_national]]. IBAN : [[iban]].",
    "Hola, soy [[person]], vivo en [[address]]. Mi DNI es [[es_nif]] y mi correo [[mail]].",
    "Buongiorno, sono [[person]], codice fiscale [[it_fiscal_code]], partita IVA [[it_vat_code]].",
    "Dzień dobry, nazywam się [[person]], mój PESEL to [[pl_pesel]]. Proszę o kontakt: [[phone]].",
    "Olá, o meu nome é [[person]], moro em [[city]] e o meu telemóvel é [[phone]].",
    "Hei, olen [[person]], henkilötunnus [[fi_personal_identity_code]]. Osoite: [[address]].",
    "Меня зовут [[native_russian]], мой телефон [[phone]], почта [[mail]].",
    "Мене звати [[native_ukrainian]]. Замовлення [[order]] ще не прийшло.",
    "我叫[[native_chinese]]，我的电话是[[phone]]，邮箱是[[mail]]。",
    "私の名前は[[native_japanese]]です。電話番号は[[phone]]です。注文番号は[[order]]です。",
    "제 이름은 [[native_korean]]이고 주민등록번호는 [[kr_rrn]]입니다. 전화 [[phone]].",
    "اسمي [[native_arabic]] ورقم هاتفي [[phone]] وبريدي [[mail]].",
    "שמי [[native_hebrew]], הטלפון שלי [[phone]].",
    "मेरा नाम [[native_hindi]] है और मेरा आधार नंबर [[in_aadhaar]] है।",
    "ผมชื่อ [[native_thai]] เลขประจำตัวประชาชน [[th_tnin]] โทร [[phone]]",
    "Το όνομά μου είναι [[native_greek]], τηλέφωνο [[phone]].",
    "Merhaba, ben [[person]]. Siparişim [[order]] gelmedi, telefonum [[phone]].",
    "Xin chào, tôi tên là [[person]], số điện thoại [[phone]], email [[mail]].",
    "Goedendag, met [[person]] van [[org]], mijn nummer is [[phone]] en de factuur is [[invoice]].",
]
LOOKALIKES: Final = [
    "Upgrade [[product]] from [[version]] to [[version.2]]; build [[build]], commit [[commit]], image [[digest]].",
    "Trace [[trace]] took 120 ms; request [[uuid]], run [[ulid]], started [[epoch]] ([[epoch_ns]] ns).",
    "The example in the manual uses [[doc_ip]] and [[doc_ip.2]]; replace them. Docs were written on [[date]].",
    "ISBN [[isbn]], order [[order]], invoice [[invoice]], article [[sku]], [[amount]] pieces at [[price]] each.",
    "Test number [[card_broken]] must fail the check, and so must [[iban_broken]] and [[ssn_broken]].",
    "Is [[lookalike]] an id? And what about [[lookalike.2]] or [[lookalike.3]]?",
    "Checksums: md5 [[md5]], sha1 [[sha1]], sha256 [[sha256]]. Tracking [[tracking]], coordinates [[coordinates]].",
    "The years [[range]] brought 3.1415926535 and [[decimal]]; the job runs at [[cron]] on [[product]].",
    "| field | value |\n|---|---|\n| a | [[lookalike]] |\n| b | [[lookalike.2]] |\n| c | [[lookalike.3]] |",
    "[[product]] and [[product.2]] are compared with [[product.3]]; chapter 12, page 1043, figure 7.",
]
TEMPLATES: Final[list[Template]] = [
    *templates("chat", CHAT),
    *templates("mail", MAIL),
    *templates("forms", FORMS),
    *templates("languages", LANGUAGES),
    *templates("look-alikes", LOOKALIKES),
]
