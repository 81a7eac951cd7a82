"""Names of persons, places and organisations, of many cultures; lists of this project's own."""

# ruff: noqa: RUF001  (names and texts in scripts of their own)
import random
from typing import Final

from tests.bench.redaction.labels import Drawn

_PEOPLE: Final = {
    "english": ("Harriet Callum Imogen Rowan Beatrice Desmond Philippa Gareth",
                "Ashworth Pemberton Thackeray Holloway Wainwright Fairbanks Larkin Buckley"),
    "us": ("Darnell Brooklyn Tyrone Savannah Marcus Kaitlyn Jamal Chelsea",
           "Whitfield Jefferson Calloway Dupree Mcallister Hutchins Beaumont Stroud"),
    "german": ("Annegret Jürgen Liselotte Torsten Heike Matthias Gisela Rüdiger",
               "Baumgärtner Krause Hölzl Wiedemann Schreiber Vogelsang Müllner Dietrich"),
    "french": ("Geneviève Thibault Océane Baptiste Solange Aurélien Mireille Gaspard",
               "Lefebvre Chevalier Bonnet Desrosiers Marchand Guérin Fontaine Roussel"),
    "spanish": ("Remedios Iñaki Guadalupe Joaquín Ximena Gonzalo Pilar Anselmo",
                "Villanueva Ibáñez Cisneros Zamorano Quintero Echeverría Peñalver Arriaga"),
    "portuguese": ("Conceição Thiago Beatriz Leandro Fernanda Vasco Iolanda Rui",
                   "Figueiredo Cavalcanti Nogueira Sampaio Brandão Teixeira Vasconcelos Amaral"),
    "italian": ("Ludovica Ettore Fiammetta Gennaro Ornella Raffaele Chiara Corrado",
                "Bertolucci Santangelo Marchesi Pellegrino Castiglione Ferrante Zanetti Lombardi"),
    "polish": ("Agnieszka Zbigniew Małgorzata Wojciech Bożena Przemysław Grażyna Kazimierz",
               "Wiśniewska Szymczak Krawczyk Dąbrowski Gołębiewski Pawlak Zieliński Sikora"),
    "finnish": ("Päivi Eero Tuulikki Veikko Aino Jukka Helmi Olavi",
                "Virtanen Hämäläinen Koskinen Lehtonen Mäkelä Niskanen Rantala Saarinen"),
    "turkish": ("Ayşegül Mehmet Zeynep Kemal Gülşen Orhan Elif Serkan",
                "Yıldırım Öztürk Karaca Demirci Aksoy Şahin Polat Erdoğdu"),
    "indian": ("Lakshmi Rajesh Ananya Venkatesh Deepika Harish Kavitha Suresh",
               "Subramanian Chatterjee Deshpande Iyengar Bhattacharya Malhotra Reddy Kulkarni"),
    "chinese": ("Xiaoming Yifan Meiling Jianguo Ruoxi Haoran Xiuying Zihan",
                "Ouyang Zhao Xu Huang Liang Deng Feng Shen"),
    "japanese": ("Haruka Kenji Sakura Takumi Yuki Hiroshi Naoko Ryota",
                 "Watanabe Kobayashi Matsumoto Hayashi Nakajima Fujiwara Okada Ishikawa"),
    "korean": ("Seo-yeon Min-jun Ji-woo Hyun-woo Eun-ji Dong-hyun Su-bin Jae-won",
               "Kim Choi Jung Kang Yoon Jang Lim Shin"),
    "arabic": ("Khadija Abdulrahman Layla Tariq Nour Mustafa Samira Yousef",
               "Al-Masri Haddad Benali El-Sayed Qasim Khalil Mansour Darwish"),
    "nigerian": ("Chidinma Oluwaseun Ngozi Babatunde Adaeze Emeka Folasade Ifeanyi",
                 "Adeyemi Okonkwo Nwosu Balogun Eze Ogunleye Abiola Uzor"),
    "vietnamese": ("Linh Quang Thuy Duc Mai Tuan Huong Minh",
                   "Nguyen Tran Pham Hoang Vo Dang Bui Ngo"),
    "irish": ("Saoirse Cillian Niamh Eoin Aoife Fionn Róisín Cormac",
              "O'Sullivan McCarthy Gallagher O'Rourke Brennan Doherty FitzGerald Kavanagh"),
}  # fmt: skip
_NATIVE: Final = {
    "russian": "Екатерина Соколова|Дмитрий Лебедев|Ольга Морозова|Сергей Волков|Наталья Фёдорова",
    "ukrainian": "Оксана Шевченко|Тарас Коваленко|Ірина Бондаренко",
    "greek": "Ελένη Παπαδοπούλου|Νίκος Γεωργίου|Δήμητρα Αλεξίου",
    "chinese": "王小明|李静怡|张伟强|陈美玲|欧阳志远",
    "japanese": "佐藤花子|鈴木一郎|高橋由美|田中健太",
    "korean": "김서연|박민준|이지우|최현우",
    "arabic": "فاطمة الزهراء|محمد عبد الله|سارة المنصوري",
    "hebrew": "נועה כהן|איתן לוי|תמר פרץ",
    "hindi": "प्रिया शर्मा|राजेश कुमार|अनिता वर्मा",
    "thai": "สมชาย ใจดี|กนกวรรณ ศรีสุข",
}
_CITIES: Final = [
    "Leipzig",
    "Porto",
    "Bologna",
    "Seville",
    "Kraków",
    "Tampere",
    "Gothenburg",
    "Antwerp",
    "Toulouse",
    "Sheffield",
    "Galway",
    "Ankara",
    "Nairobi",
    "Lagos",
    "Casablanca",
    "Hyderabad",
    "Chiang Mai",
    "Busan",
    "Osaka",
    "Guadalajara",
    "Medellín",
    "Curitiba",
    "Winnipeg",
    "Albuquerque",
    "Chattanooga",
    "Boise",
    "Adelaide",
    "Wellington",
    "Kuala Lumpur",
    "Da Nang",
    "São Paulo",
    "New Orleans",
    "Salt Lake City",
    "Buenos Aires",
    "Baden-Baden",
]
_ORGANISATIONS: Final = [
    "Bramblewood Insurance",
    "Kestrel Freight Ltd",
    "Hartmann Maschinenbau GmbH",
    "Oakhaven Community Hospital",
    "Lumière Assurances SA",
    "Tidewater Credit Union",
    "Nordlys Energi AS",
    "Sakura Precision Co., Ltd.",
    "Banco Mirasol",
    "Copperfield & Sons",
    "University of Eastmarch",
    "Veloce Motori S.p.A.",
    "Goldleaf Pharmaceuticals",
    "Redstone School District",
    "Halden & Voss LLP",
    "Zephyr Airlines",
    "Marigold Foundation",
    "Ironbridge Logistics Inc.",
]
_STREETS: Final = [
    "{n} Maple Grove Avenue, {city}",
    "{n} Old Mill Road, Apt {k}B, {city}",
    "{n} W. Jefferson St, Suite {k}00, {city}",
    "Lindenstraße {n}, {p} {city}",
    "{n} rue des Acacias, {p} {city}",
    "Calle de la Luna {n}, {k}º, {p} {city}",
    "Via Garibaldi {n}, {p} {city}",
    "ul. Kwiatowa {n}/{k}, {city}",
    "Flat {k}, {n} Harbour Terrace, {city}",
    "Rua das Laranjeiras, {n}, {city}",
    "{n} Sycamore Lane, {city} {p}",
    "P.O. Box {p}, {city}",
]


def person(rng: random.Random) -> Drawn:
    """Return a first and a last name, in Latin script."""
    culture = rng.choice(sorted(_PEOPLE))
    firsts, lasts = _PEOPLE[culture]
    return named(rng.choice(firsts.split()), rng.choice(lasts.split()), culture)


def named(first: str, last: str, culture: str) -> Drawn:
    """Return a person of that name, with the ways to write it as pieces."""
    pieces = {"first": first, "last": last, "reversed": f"{last}, {first}", "initial": f"{first[0]}. {last}"}
    return Drawn("PERSON", f"{first} {last}", culture, pieces=pieces)


def native_person(rng: random.Random, script: str = "") -> Drawn:
    """Return a name in a script of its own: that of `script`, or any."""
    chosen = script or rng.choice(sorted(_NATIVE))
    return Drawn("PERSON", rng.choice(_NATIVE[chosen].split("|")), f"{chosen} script")


def city(rng: random.Random) -> Drawn:
    """Return a town."""
    return Drawn("LOCATION", rng.choice(_CITIES), "city")


def organisation(rng: random.Random) -> Drawn:
    """Return a company or an institution that does not exist."""
    return Drawn("ORGANIZATION", rng.choice(_ORGANISATIONS), "organisation")


def address(rng: random.Random) -> Drawn:
    """Return a postal address on one line."""
    numbers = {"n": rng.randrange(2, 990), "k": rng.randrange(1, 9), "p": rng.randrange(10_000, 99_000)}
    return Drawn("ADDRESS", rng.choice(_STREETS).format(city=rng.choice(_CITIES), **numbers), "address")


SCRIPTS: Final = tuple(_NATIVE)
"""Scripts and languages of `native_person`."""
