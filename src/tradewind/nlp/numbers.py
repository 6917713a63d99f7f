"""Numbers of shops and carriers in a text: orders, parcels, articles; by shape and by word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

_ORDER_WORD = (
    r"order|bestell(?:ung|nummer|nr)?|auftrag(?:snummer)?|commande|pedido|orden|compra|ordine|"
    r"encomenda|zam[oó]wieni\w*|beställning\w*|ordre|tilaus\w*|заказ\w*|замовлення|поръчка\w*|"
    r"objedn[aá]vk\w*|comand[aă]\w*|rendel[eé]s\w*|sipariş\w*|παραγγελ\w*|paraggeli\w*|zakaz\w*|zamovlen\w*|poruchk\w*|הזמנה|طلب\w*|سفارش|"
    r"注文(?:番号)?|订单号?|訂單號?|订单编号|訂單編號|주문(?:번호)?|"
    r"đơn(?: hàng)?|pesanan|คำสั่งซื้อ|ऑर्डर|"
    r"purchase|po(?![^\W\d_])"
)
_TRACKING_WORD = (
    r"track(?:ing)?|sendungs(?:nummer|verfolgung)|paketnummer|suivi|seguimiento|gu[ií]a|rastre\w*|"
    r"tracciamento|spedizione|zending|przesyłk\w*|śledzeni\w*|sp[aå]rning\w*|kolli\w*|seuranta\w*|"
    r"трек\w*|накладн\w*|zásilk\w*|awb|csomag\w*|takip|kargo|αποστολ\w*|apostol\w*|מעקב|تتبع|شحنة|رهگیری|"
    r"paczk\w*|colis|paquete|pacco|pakketnummer|zásielk\w*|vysylk\w*|包裹|宅配單號|"
    r"追跡|送り状|伝票|运单号?|運單號?|快递单?号?|物流单号|송장(?:번호)?|"
    r"운송장|vận đơn|resi|พัสดุ|waybill|consignment"
)
_SKU_WORD = (
    r"sku|asin|model(?: no| number)?|modell(?:nr)?|modèle|modelo|modello|art(?:ikel|icle|[ií]culo)?"
    r"[. -]*(?:nr|no|n°|number|nummer)|item (?:no|number|code)|"
    r"ref(?:erence|erencia)?(?![^\W\d_])|part (?:no|number)|"
    r"货号|型号|款号|貨號|型號|款號|品番|型番|모델|артикул\w*"
)
# What a state, a bank or a post office numbers: nothing of ours, whatever its shape.
_OTHER_WORD = (
    r"nip|vat|iban|trn|tva|pvm|ad[oó]sz[aá]m\w*|y-tunnus|organisationsnummer|"
    r"invoice|fact(?:ure|ura|uur)|faktur\w*|fatura|fattura|rechnung(?:snummer)?|"
    r"(?:p\.?|partita)\s?iva|c(?:od(?:ice)?|\.)?\s?f(?:isc(?:ale)?|\.)?|ust\W?id\w*|"
    r"steuer\w*|siret|siren|i[cč]\s?dph|di[cč]|i[cč]o|eik|bulstat|tax(?: id| no)?|cnpj|cpf|"
    r"nif|cif|rfc|org\W?nr|momsnr|konto|rekening|conto|cuenta|bca|post(?:al|leit|)\s?(?:code|zahl)|zip|cep|kvk|"
    r"btw|булстат\w*|еик|інн|ипн|іпн|инн|огрн|рахун\w*|ח\.?\s?פ\.?|עוסק|ضريبي|الرقم الضريبي"
)
# Between the word and its number: "order no. is: #…", never another sentence.
_LINK = r"\s{0,2}(?:[^\d\n.,;!?。，！？]|no\.|nr\.|n\.){0,20}"

_TOKEN = re.compile(
    r"(?:(?<![A-Za-z0-9_&.,/-])|(?<=-)(?=#))(?:#\s?)?[A-Za-z-]{0,18}[0-9][A-Za-z0-9-]{0,40}(?![\w-]*@)"
)
_TOKEN_LEAD = 20  # "# " and 18 letters
# What shops call their own orders: letters that carriers do not begin with.
_OF_SHOPS = "TW|SO|WC|ORD|ORDER|INV|GSU|GSH|SHP|BST|OD"
# Letters and two or three digits that are norms, sockets, colours or batteries.
_NO_SKU = "COVID|EN|ISO|USB|UTF|GPT|DIN|RAL|FFP|UN|IP|CR|AA|AAA|PM|MP|PS|SPF|CE"
_SHAPE = re.compile(
    rf"""
      (?P<tracking_id>
          (?:UPS)?1Z[0-9A-Z]{{10,16}} | (?:EMS|UPU)?[A-Z]{{2}}\d{{9}}[A-Z]{{2}}
        | YT\d{{16}} | LP\d{{14,16}} | TBA\d{{9,12}} | SF\d{{12,15}} | JJ?D\d{{14,20}}
        | 4PX\d{{10,14}}(?:CN)? | GFUS\d{{14,18}} | SPX[A-Z]{{2}}\d{{10,16}}[A-Z]?
        | YW\d{{12,16}} | CN[A-Z]{{2}}\d{{12,20}} | CAINIAO\d{{8,16}}
        | (?:UU|UK|SY|WNB|UNI|EQ|GV|ZTO|STO|YTO|JT|JNT|NJV|CJ)[A-Z]{{0,3}}\d{{10,18}}
        | 3S[A-Z]{{3,6}}\d{{6,12}} | TH\d{{4,6}}[A-Z0-9]{{6,9}} | GHN[0-9A-Z]{{9}}
        | H[0-9A-Z]{{2}}[A-Z][0-9A-Z][A-Z]\d{{10}} | (?:420\d{{5}})?9[1-5]\d{{20}} | 003\d{{17}}
        | [A-Z]{{4,6}}\d{{10}}YQ | \d[A-Z]\d{{11}}(?:[A-Z]{{2}})? | \d{{10,13}}[A-Z]{{2}}
        | (?!(?:{_OF_SHOPS})\d)(?:
              [A-Z]{{1,4}}\d{{10,20}}[A-Z]{{0,3}} | [A-Z]{{2}}\d{{8,10}}[A-Z]{{2}}
            | [A-Z]{{2,4}}\d{{7,9}}[A-Z]{{1,3}} | [A-Z]{{3,8}}\d{{8,14}}[A-Z]{{0,2}})
        | [A-Z]{{2}}\d[A-Z]\d[A-Z]\d{{14,18}}[A-Z]? | \d{{2}}[A-Z]{{3}}\d{{7}}
        | \d{{12,14}} | \d{{20,26}} | 0\d{{14}} | 3232\d{{14}}
      )
    | (?P<order_id>
          \d{{3}}-\d{{7}}-\d{{7}} | \d{{2}}-\d{{5}}-\d{{5}} | 2000\d{{3}}-\d{{8}}
        | PO-\d{{2,4}}-\d{{12,20}} | [1-9]\d{{14,18}} | (?:TT|WM)-\d{{12,20}}
        | (?=\d{{0,11}}[A-Z])2\d{{3,6}}[A-Z0-9]{{6,10}}
        | (?!USD|EUR|GBP)[A-Z]{{2,4}}(?:-\d{{2,4}})?-\d{{4,12}}
        | \#\s?[A-Z]{{1,5}}-?\d{{2,8}} | \#\s?\d{{3,8}}-[A-Z0-9]{{1,4}}
        | (?:{_OF_SHOPS})-?\d{{4,16}}
        | \#\s?(?=[A-Z-]*\d[A-Z0-9-]*\d)[A-Z0-9]{{1,8}}(?:-[A-Z0-9]{{1,8}}){{1,3}}
        | \#\s?(?:[A-Z]{{1,5}}-?)?\d{{3,12}}
        | (?-i:[1-9]\d{{3,8}}-(?!USD|EUR|GBP)[A-Z]{{2,3}}) | \d{{2,7}}-[A-Z]{{2}}-\d{{4,7}}
      )
    | (?P<sku>(?-i:B0(?=[0-9A-Z]*[0-9])[0-9A-Z]{{8}})
        | (?=[A-Z0-9-]{{0,30}}\d)[A-Z]{{2,8}}\d{{0,4}}(?:-[A-Z0-9]{{1,8}}){{2,4}}
        | (?-i:[A-Z]{{2,6}}\d{{0,4}}-(?=[A-Z]*\d)(?=\d*[A-Z])[A-Z0-9]{{2,8}})
        | (?-i:(?!{_NO_SKU})[A-Z]{{2,8}}-\d{{2,3}}))
    """,
    re.VERBOSE | re.IGNORECASE,
)
# Groups of digits as shops without letters number: 9920-1174, 1129-40583-77216, 4471-88-PL.
_GROUPED = re.compile(r"[1-9]\d{0,8}(?:-\d{1,9}){1,3}(?:-[A-Z]{1,3})?", re.IGNORECASE)
_NO_ORDER = re.compile(
    r"(?:19|20)\d\d-(?:0?[1-9]|1[0-2])(?:-\d{1,2})?|\d{1,2}-\d{1,2}-(?:\d\d|\d{4})"  # dates
    r"|(?:19|20)\d\d-(?:19|20)?\d\d|\d{1,3}0-\d{1,3}0"  # years, ranges
    r"|\d{3}-\d{3}-\d{4}|1-\d{3}-\d{3}-\d{4}|\d{3}-\d{2}-\d{4}"  # American telephones, papers
    r"|\d\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])-\d{4}|\d{6}-[1-8]\d{6}"  # birthdays in papers
)
_SURE = re.compile(r"\d{3}-\d{7}-\d{7}|\d{2}-\d{5}-\d{5}")
_DOUBTFUL = re.compile(r"[\d-]+|[A-Za-z]{2,4}-?\d{3,12}")  # a tax number has that form too
_DIALLED = re.compile(r"\d\)? ?$")  # the rest of a telephone number
_FEWEST_GROUPED = 6
# Check digits are not asked for: people slip, and a number with a slip is still what they mean.
_SPACED = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"(?P<tracking_id>[A-Za-z]{2} ?\d{3} \d{3} \d{3} ?[A-Za-z]{2}|\d{4} \d{4} \d{4}|"
    r"99\.\d\d\.\d{6}\.\d{8})"
    r"|(?P<order_id>(?!0)\d{4} \d{4} \d{4} \d{3,4}))(?![A-Za-z0-9]| ?\d)"
)
_IBAN_HEAD = re.compile(r"[A-Z]{2}\d\d ?$")
_BARE = re.compile(r"(?<![\w.,+/#-])[1-9]\d{8,12}(?![\w-])")
_GREEK = re.compile(r"[\u0370-\u03ff]")
_LETTERED = re.compile(r"(?<![A-Za-z0-9-])[A-Z]{2,8}(?:-[A-Z]{1,8}){1,3}(?![A-Za-z0-9-])")
_CASELESS = re.compile(r"[\u0590-\u09ff\u0e00-\u0e7f\u3040-\u9fff\uac00-\ud7af]")
_CARD = re.compile(r"4|5[1-5]|2[2-7]|3[47]")
_NAMED = re.compile(
    rf"(?<![^\W_])(?:(?P<other>(?:{_OTHER_WORD})(?![^\W\d_]))|(?P<tracking>{_TRACKING_WORD})"
    rf"|(?P<sku>{_SKU_WORD})|(?P<order>{_ORDER_WORD}))(?={_LINK}$)",
    re.IGNORECASE,
)
_NAMED_CJK = re.compile(
    r"(?:(?P<tracking>运单|運單|快递|物流单|追跡|送り状|伝票|송장|운송장)|(?P<sku>货号|型号|款号|貨號|型號|款號|品番|型番)"
    r"|(?P<order>订单|訂單|注文|주문))[^\d\n，。,!?！？]{0,8}$"
)
_NUMBER_BEFORE = re.compile(r"\d\D*$")
_CONTEXT = 48
_MOST = 200
_SHORTEST, _FEWEST_DIGITS = 3, 4
_UNIT = re.compile(
    r"(?i)\s?(?:mah|lm|l[uú]m\w*|watts?|w|v|hz|km|cm|mm|kg|gr?|ml|dpi|rpm|z[lł]|kr|lei|ft|tl|%|[x×]\s?\d)(?![^\W\d_])"
)
_MEASURE = re.compile(r"\d{1,5}(?:[A-Za-z]{1,3}|[xX×]\d{1,4})")
Run = tuple[int, int]


@dataclass(slots=True)
class Found:
    """One entity: its kind, its value in the usual spelling, and where it stands in the text."""

    kind: str
    value: str
    start: int
    end: int


def find_spaced(text: str) -> Iterator[Found]:
    """Numbers with blanks or stops in them, as they stand on slips."""
    for match in islice(_SPACED.finditer(text), _MOST):
        value = re.sub(r"\s", "", match[0]).upper()
        before = text[max(0, match.start() - 5) : match.start()]
        if not is_card(value) and not _IBAN_HEAD.search(before):
            yield Found(str(match.lastgroup), value, *match.span())


def find_lettered(text: str) -> Iterator[Found]:
    """Article codes without a digit (TH-FLOOR-W), unless the whole text is in capitals."""
    if not text.isupper() or _CASELESS.search(text):
        for match in islice(_LETTERED.finditer(text), _MOST):
            if match[0].count("-") > 1:
                yield Found("sku", match[0], *match.span())


def find_bare(text: str, *, has_order: bool) -> Iterator[Found]:
    """Long plain numbers that nothing else claimed: most shops number their orders so.

    Beside the number of an order it is the parcel's, and so are ten digits in Greek.
    """
    is_greek = bool(_GREEK.search(text))
    for match in islice(_BARE.finditer(text), _MOST):
        named = _named(text[max(0, match.start() - _CONTEXT) : match.start()])
        if named == "other":
            continue
        is_parcel = has_order or (is_greek and len(match[0]) == 10)
        kind = "tracking_id" if named == "tracking" or (is_parcel and not named) else "order_id"
        yield Found(kind, match[0], *match.span())


def find_numbers(text: str, runs: list[Run]) -> Iterator[Found]:
    """Numbers with a shape of their own, and those that a word before them names."""
    for match in islice(_tokens(text, runs), _MOST):
        token = match[0].rstrip("-")
        start = match.start()
        before, behind = text[max(0, start - _CONTEXT) : start], text[start + len(token) :][:8]
        if kind := _kind(token, before, behind):
            value = re.sub(r"\s", "", token).upper()
            yield Found(kind, value, start, start + len(token))


def is_card(number: str) -> bool:
    """Whether it is a payment card's number by its beginning, length and check digit."""
    if not (number.isdigit() and 15 <= len(number) <= 16 and _CARD.match(number)):
        return False
    doubled = [sum(divmod(2 * int(digit), 10)) for digit in number[-2::-2]]
    return (sum(doubled) + sum(map(int, number[-1::-2]))) % 10 == 0


def is_named(before: str) -> bool:
    """Whether the words before a number call it one of an order, a parcel or an article."""
    return _named(before) not in ("", "other")


def _tokens(text: str, runs: list[Run]) -> Iterator[re.Match[str]]:
    last = 0
    for start, end in runs:
        # Most of a text is letters: the search begins where a digit can be in reach.
        while start >= last:
            match = _TOKEN.search(text, max(last, start - _TOKEN_LEAD), end + 1)
            match = match and _TOKEN.match(text, match.start())
            if match is None:
                break
            last = match.end()
            yield match


def _kind(token: str, before: str, behind: str) -> str | None:
    if len(token) < _SHORTEST or (token.isdigit() and len(token) < _FEWEST_DIGITS):
        return None
    if _SURE.fullmatch(token):
        return "order_id"
    shape = _kind_by_shape(token, before)
    if shape and not _DOUBTFUL.fullmatch(token):
        return shape
    named = _named(before)
    if named == "other":
        return None
    # A word beats the shape where that is a mere count of digits.
    if shape and not token.isdigit():
        return shape
    return (_kind_by_word(token, named, behind) if named else None) or shape


def _kind_by_shape(token: str, before: str) -> str | None:
    if is_card(token):
        return None
    if shape := _SHAPE.fullmatch(token):
        return shape.lastgroup
    is_order = (
        _GROUPED.fullmatch(token)
        and sum(map(str.isdigit, token)) >= _FEWEST_GROUPED
        and not _NO_ORDER.fullmatch(token)
        and not _DIALLED.search(before)
    )
    return "order_id" if is_order else None


def _kind_by_word(token: str, named: str, behind: str) -> str | None:
    digits = sum(map(str.isdigit, token))
    if token.startswith("#") or is_card(token):
        return None
    if named != "tracking" and (_MEASURE.fullmatch(token) and not token.isdigit()):
        return None
    if digits < 6 and token.isdigit() and _UNIT.match(behind):
        return None
    if digits < {"tracking": 8, "sku": 1, "order": 4}[named] or not _is_id(token, named, digits):
        return None
    return named if named == "sku" else f"{named}_id"


def _named(before: str) -> str:
    """What the last telling word before a number calls it; empty for nothing."""
    if number := _NUMBER_BEFORE.search(before):
        # Nothing reaches over another number.
        before = before[number.start() :]
    if not any(map(str.isalpha, before)):
        return ""
    found = ""
    for match in _NAMED.finditer(before):
        found = str(match.lastgroup)
    if not found and not before.isascii() and (dense := _NAMED_CJK.search(before)):
        found = str(dense.lastgroup)
    return found


def _is_id(value: str, kind: str, digits: int) -> bool:
    if kind != "tracking" and re.fullmatch(r"(?:19|20)\d\d(?:-\d\d?){0,2}", value):
        return False  # a year or a date
    if kind == "sku":
        return not value.isdigit() or digits >= 5
    return digits * 2 >= len(value)
