"""The likely encodings of a text that is not UTF-8, by how plausible the text is in each of them."""

from __future__ import annotations

import codecs
import re
from itertools import pairwise
from pathlib import Path

from nnctl.data.readers.csv.decoding import open_bytes

_SAMPLE = 1 << 22  # bytes searched for lines that are not ASCII
_ENOUGH = 1 << 14  # bytes of such lines

# The most frequent characters of each language, which make up most of a text.
_NONE = (r"(?!)", 0.0)
_HANGUL = (
    "이다는을의에가고한도지를은사로리인시기자대어서하그나수일라있해보아전정부과것으들만국스장제성원여구상동주공안면"
    "조무당신경유미용비세방우내생소선중게거적위관운모연화개산진오트김박최강남북울광천교학물음료식품번호명점날짜"
)
_HANZI = (
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然"
    "家种事成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把"
    "机十民第公此已工使情明性知全三又关点正业外将两高间由问很最重并物手应战向头文体政美相见被利什二等产或新己制身果"
    "加西斯月话合回特代内信表化老给世位次度门任常先海通教儿原东声提立及比员解水名真论处走义各入几口认条平系气题活尔"
    "更别打女变四神总何电数安少报才结反受目太量再感建务做接必场件计管期市直德资命山金指克许统区保至队形社便空决治展"
    "马科司五基眼书非则听白却界达光放强即像难且权思王象完设式色路记南品住告类求据程北边死张该交规万取拉格望觉术领共"
    "确传师观清今切院让识候带导争运男京广州苏浙江湖省县城区号姓龄价格"
)
_FAN = (
    "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作裡用道行所然"
    "家種事成方多經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心她本前開但因只從想實日軍者意無力它與長把"
    "機十民第公此已工使情明性知全三又關點正業外將兩高間由問很最重並物手應戰向頭文體政美相見被利什二等產或新己制身果"
    "加西斯月話合回特代內信表化老給世位次度門任常先海通教兒原東聲提立及比員解水名真論處走義各入幾口認條平系氣題活爾"
    "更別打女變四神總何電數安少報才結反受目太量再感建務男京廣州省縣城區號姓齡價格臺灣北高雄"
)
_KANA = "".join(map(chr, (*range(0x3041, 0x3094), *range(0x30A1, 0x30F7), 0x30FC, 0x3001, 0x3002)))
_KANJI = (
    "日一国人年大十二本中長出三時行見月後前生五間上東四今金九入学高円子外八六下来気小七山話女北午百書先名川千水半男"
    "西電校語土木聞食車何南万毎白天母火右読友左休父雨京都府県市区町村田中村山川林井藤原野島石"
)
_CYRILLIC = "оеаинтсрвлкмдпуягбз"
_GREEK = "αοιετσνηυρπκμλςάέήίόύώ"
_THAI = "".join(map(chr, (*range(0x0E01, 0x0E3B), *range(0x0E40, 0x0E4F))))
_WEST = "éèêëàâäáãåæçíìîïñóòôöõøúùûüßœÉÈÊËÀÂÄÁÃÅÆÇÍÌÎÏÑÓÒÔÖÕØÚÙÛÜŒ€£°²½µ§«»–—’‘“”…·ºª¿¡©®±×"
_CENTRAL = "ąćęłńóśźżĄĆĘŁŃÓŚŹŻčďěňřšťůžýáíéúČĎĚŇŘŠŤŮŽÝÁÍÉÚőűöüäŐŰÖÜÄăâî€°–—„”“’…§"
_TURKISH = "ğışçöüĞİŞÇÖÜâî€°–—“”’…"

# (Python's name, title, frequent characters, which count 1, and others, with what they count)
_CANDIDATES = (
    ("cp949", "Korean", _HANGUL, (r"[가-힣]", 0.75)),
    ("cp932", "Japanese, Shift_JIS", _KANA + _KANJI, (r"[一-鿿ｦ-ﾟ]", 0.5)),
    ("euc_jp", "Japanese, EUC-JP", _KANA + _KANJI, (r"[一-鿿]", 0.5)),
    ("gb18030", "Chinese, GB", _HANZI, (r"[一-鿿、。，：；？！（）《》“”]", 0.5)),
    ("big5", "Chinese, Big5", _FAN, (r"[一-鿿、。，：；？！（）《》「」]", 0.5)),
    ("cp1252", "Western European", _WEST, _NONE),
    ("cp1250", "Central European", _CENTRAL, (r"[şţđŞŢĐôÔ]", 0.5)),
    ("cp1254", "Turkish", _TURKISH, (r"[à-ÿ]", 0.5)),
    ("cp1251", "Cyrillic", _CYRILLIC, (r"[а-яёєіїґўА-ЯЁЄІЇҐЎ№«»—–]", 0.75)),
    ("koi8_r", "Cyrillic, KOI8-R", _CYRILLIC, (r"[а-яёА-ЯЁ]", 0.75)),
    ("cp866", "Cyrillic, DOS", _CYRILLIC, (r"[а-яёА-ЯЁ]", 0.75)),
    ("cp1253", "Greek", _GREEK, (r"[α-ωΑ-ΩϊϋΐΰΆΈΉΊΌΎΏ]", 0.75)),
    ("cp1255", "Hebrew", "אבגדהוזחטיךכלםמןנסעףפץצקרשת", _NONE),
    ("cp1256", "Arabic", "ابتةجحدرزسشصضطعغفقكلمنهوىيأإ", (r"[ء-ي]", 0.75)),
    ("cp874", "Thai", _THAI, _NONE),
    ("cp850", "Western European, DOS", _WEST, _NONE),
    ("mac_roman", "Western European, old Macs", _WEST, _NONE),
)
# The largest fraction of a word of two or more letters that may be letters outside of ASCII.
_LATIN = {"cp1252": 0.7, "cp1250": 0.8, "cp1254": 0.7, "cp850": 0.7, "mac_roman": 0.7}
_RARER = 0.01  # subtracted for each later position in the list
_NEAR = 0.1  # if scores differ by less, both are suggested
_LEAST = 0.3


def candidates(sample: bytes) -> list[tuple[str, str, str, float]]:
    """(encoding, title, the text in it, plausibility up to 1), the best first."""
    found = []
    for at, (name, title, usual, others) in enumerate(_CANDIDATES):
        try:
            text = codecs.decode(sample, name)
        except UnicodeDecodeError:
            continue
        found.append((name, title, text, _score(text, usual, others, _LATIN.get(name)) - _RARER * at))
    return sorted(found, key=lambda each: -each[3])


def _score(text: str, usual: str, others: tuple[str, float], latin: float | None) -> float:
    """How plausible a text is: frequent characters, and no words that mix alphabets."""
    whole = len(re.findall(f"[{usual}]", text))
    rest = len(re.findall(others[0], re.sub(f"[{usual}]", "", text)))
    wrong = len(re.findall(r"[ךםןףץ](?=[א-ת])", text))  # letters that only end words
    for word in re.findall(r"[^\W\d_]+", text):
        wrong += sum(one.islower() and two.isupper() and max(one, two) > "\x7f" for one, two in pairwise(word))
        foreign = sum(letter > "\x7f" for letter in word)
        if latin is None:
            wrong += min(foreign, len(word) - foreign)  # words of other alphabets have no Latin letters
        elif foreign > 1 and foreign > latin * len(word):
            wrong += foreign
    signs = sum(sign > "\x7f" for sign in text)
    return (whole + others[1] * rest - wrong) / max(1, signs)


def advice(path: Path, said: str | None = None) -> str:
    """A hint with the likely encoding of a file that is not in the encoding `said`, or in UTF-8."""
    sample = _sample(path)
    found = [each for each in candidates(sample) if each[0] != said]
    if not found or found[0][3] < _LEAST:
        return "save the table as UTF-8, or set its encoding under dataset, for example `encoding: cp1252`"
    other = next((each for each in found if each[2] != found[0][2]), found[0])
    best = [found[0]] if other[3] < found[0][3] - _NEAR or other is found[0] else [found[0], other]
    shown = " or ".join(f'`encoding: {name}` ({title}: "{_words(text)}")' for name, title, text, _ in best)
    if len(best) == 1:
        return f"set its encoding under dataset: {shown}"
    return f"set its encoding under dataset: {shown}, depending on which text is correct"


def _sample(path: Path) -> bytes:
    """Lines that are not ASCII."""
    with open_bytes(path) as file:
        text = file.read(_SAMPLE)
    lines = re.findall(rb"[^\r\n]*[\x80-\xff][^\r\n]*(?=[\r\n]|\Z)", text)
    if len(text) == _SAMPLE:
        lines = lines[:-1] or lines  # the last may be cut off
    kept = []
    for line in lines:
        kept.append(line)
        if sum(map(len, kept)) > _ENOUGH:
            break
    return b"\n".join(kept)


def _words(text: str) -> str:
    """A few of the words that are not ASCII."""
    words = dict.fromkeys(re.findall(r"[^\W\d_]*[^\x00-\x7f\W\d_][^\W\d_]*", text))
    shown = " ".join(list(words)[:3])
    return shown[:30] or "".join(dict.fromkeys(sign for sign in text if sign > "\x7f"))[:10]
