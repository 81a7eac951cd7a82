"""Names in scripts without capitals: what announces them, and the surnames that they begin or end with."""

# ruff: noqa: RUF001  (words in scripts and alphabets of their own)
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from a11i_redaction.detectors.gazetteer import Gazetteer
from a11i_redaction.findings import Finding

_HAN: Final = "\u3400-\u9fff\u3005"
_KANA: Final = "\u3040-\u30ff"
_HANGUL: Final = "\uac00-\ud7a3"
_ARABIC: Final = "\u0620-\u065f\u066e-\u06d3"
_HEBREW: Final = "\u05d0-\u05ea\u05f3\u05f4'\"\\-"
_INDIC: Final = "\u0900-\u0963\u0971-\u0d7f"
_THAI: Final = "\u0e01-\u0e4e"
_GATE: Final = re.compile("[\u0590-\u0e4e\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
_SCORE: Final = 0.7
_LISTED: Final = 0.6
_COMPOUND: Final = "欧阳|歐陽|司马|司馬|诸葛|諸葛|上官|东方|皇甫|尉迟|公孙|慕容|令狐|司徒|夏侯|端木"
_SURNAMES: Final = (
    "王李张張刘劉陈陳杨楊黄黃赵趙吴吳周徐孙孫马馬朱胡郭何高林罗羅郑鄭梁谢謝宋唐许許韩韓冯馮邓鄧曹彭曾肖萧蕭田董袁潘于"
    "蒋蔣蔡余杜叶葉程苏蘇魏吕呂丁任沈姚卢盧姜崔钟鍾谭譚陆陸汪范金石廖贾賈夏韦韋付傅方白邹鄒孟熊秦邱江尹薛闫段雷侯龙龍"
    "史陶黎贺賀顾顧毛郝龚龔邵万萬钱錢严嚴覃武戴莫孔向汤湯温溫康施文洪牛樊葛邢安齐齊易乔喬伍庞颜顏倪庄莊聂聶章鲁魯岳翟"
    "殷詹申欧歐耿关關兰蘭焦俞左柳甘祝包宁寧尚符舒阮柯纪紀梅童凌毕畢单單季裴霍涂成苗谷盛曲翁冉骆駱蓝藍路游辛靳管柴蒙鲍"
    "鮑华華喻祁蒲房滕屈饶饒解牟艾尤阳陽时時穆农農司卓古吉缪繆简簡车車项項连連芦蘆麦麥褚娄婁窦竇戚岑景党黨宫宮费費卜冷"
    "晏席卫衛米柏宗瞿桂全佟应應臧闵閔苟邬鄔边邊卞姬师師和仇栾欒隋商刁沙荣榮巫寇桑郎甄丛叢仲虞敖巩鞏明佘池查麻苑迟遲邝"
    "鄺"
)
_CHINESE: Final = rf"(?:(?:{_COMPOUND})[\u4e00-\u9fff]{{1,2}}|[{_SURNAMES}][\u4e00-\u9fff]{{1,2}})"
_COLON: Final = "[:： ]+"
_CUES: Final = (
    re.compile(rf"(?:我叫|我的名字(?:是|叫)|名叫|(?:姓名|联系人|聯絡人|客户|客戶|患者|收件人){_COLON})({_CHINESE})"),
    re.compile(
        rf"(?:名前は|(?:氏名|名前|担当者?|お客様){_COLON})[ \u3000]?"
        rf"([{_HAN}{_KANA}]{{1,6}}?(?:[ \u3000][{_HAN}{_KANA}]{{1,5}}?)?)"
        r"(?=です|と申|といい|と言い|でござ|[、。,.\s]|さん|様|$)"
    ),
    re.compile(
        rf"(?:이름은|이름이|성함은|(?:성명|이름|담당자|고객명|환자){_COLON}) ?([{_HANGUL}]{{2,4}}?)"
        r"(?=이고|이며|입니다|이에요|예요|라고|이라고|님|씨|[\s,.]|$)"
    ),
    re.compile(
        r"(?<!\w)(?:اسمي|اسمه|اسمها|السيد|السيدة|الدكتور|الدكتورة|الآنسة|(?:الاسم|المريض|العميل)(?=:))[ :]+"
        rf"([{_ARABIC}]{{2,}}(?: (?!و)[{_ARABIC}]{{2,}}){{0,2}})"
    ),
    re.compile(
        r"(?<!\w)(?:שמי|השם שלי(?: הוא)?|קוראים לי|מר|גב'|גברת|ד\"ר|לכבוד|(?:שם|הלקוח|המטופל)(?=:))[ :]+"
        rf"([{_HEBREW}]{{2,}}(?: [{_HEBREW}]{{2,}})?)"
    ),
    re.compile(
        r"(?:(?:मेरा|उसका|उनका) नाम|श्रीमती|श्री|डॉ\.?|(?:नाम|ग्राहक|मरीज)(?=:))[ :]+"
        rf"([{_INDIC}]{{2,}}(?: (?!है|हूँ|हूं|और|का|की|के|से|को|में|ने)[{_INDIC}]{{2,}}){{0,2}})"
    ),
    re.compile(
        r"(?:(?:ผม|ฉัน|ดิฉัน|เขา|เธอ)ชื่อ|ชื่อของ(?:ผม|ฉัน)คือ|(?:ชื่อ|ผู้ป่วย|ลูกค้า)(?=:))[ :]*"
        rf"([{_THAI}]{{2,20}}(?: (?!เลข|โทร|อีเมล|และ|ที่|เบอร์|บัตร|อายุ)[{_THAI}]{{2,20}})?)"
    ),
)
"""What announces a name, and the name."""
_TITLED: Final = (
    re.compile(rf"({_CHINESE})(?=先生|女士|小姐|教授|医生|醫生|经理|經理|老师|老師)"),
    re.compile(rf"([{_HAN}]{{2,5}}(?:[ \u3000][{_HAN}]{{1,3}})?)(?=さん|様|氏は)"),
    re.compile(rf"(?<![{_HANGUL}])([{_HANGUL}]{{3}})(?= ?(?:씨|님|대리|과장|부장)(?![{_HANGUL}]))"),
    re.compile(rf"(?:저는|제가) ([{_HANGUL}]{{3}})(?=입니다|이에요|예요|라고|이라고)"),
)
"""What counts only with a known surname: customers and students stand before such words too."""
_RUN: Final = re.compile(
    r"(?<!\w)(?:" + "|".join(rf"[{letters}]+(?: [{letters}]+)*" for letters in (_ARABIC, _HEBREW, _INDIC, _THAI)) + ")"
)
_EAST: Final = re.compile(
    rf"(?<![{_HAN}{_KANA}{_HANGUL}])(?:[{_HAN}]{{2,6}}|[{_HANGUL}]{{2,5}})(?![{_HAN}{_KANA}{_HANGUL}])"
)


def own_script_names(text: str, names: Gazetteer) -> Iterator[Finding]:
    """Yield names in scripts that have no capitals."""
    if text.isascii() or _GATE.search(text) is None:
        return
    for cue in _CUES:
        for match in cue.finditer(text):
            yield Finding(*match.span(1), "PERSON", _SCORE)
    for title in _TITLED:
        for match in title.finditer(text):
            if any(names.is_family(match[1][:size]) for size in (1, 2, 3)):
                yield Finding(*match.span(1), "PERSON", _SCORE)
    for run in _RUN.finditer(text):
        yield from _pairs(run, names)
    for word in _EAST.finditer(text):
        if _is_eastern(word.group(), names):
            yield Finding(*word.span(), "PERSON", _LISTED)


def _pairs(run: re.Match[str], names: Gazetteer) -> Iterator[Finding]:
    """Yield a first name and a surname side by side."""
    words = list(re.finditer(r"\S+", run.group()))
    skip = 0
    for index, (first, second) in enumerate(pairwise(words)):
        given, family = names.is_given(first.group()), names.is_family(second.group())
        if index >= skip and ((given and family) or (len(words) == 2 and (given or family))):
            skip = index + 2
            yield Finding(run.start() + first.start(), run.start() + second.end(), "PERSON", _LISTED)


def _is_eastern(word: str, names: Gazetteer) -> bool:
    """Return whether a whole word is surname and first name in Chinese, Japanese or Korean."""
    return any(
        split < len(word) and names.is_family(word[:split]) and names.is_given(word[split:]) for split in (1, 2, 3)
    )
