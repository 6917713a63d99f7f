"""Order and tracking numbers, SKUs, amounts, mail addresses and phone numbers, with their spans."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from tradewind.nlp.contract import Entities
from tradewind.nlp.fold import READ_LIMIT
from tradewind.nlp.phones import find_phones

_ORDER_WORD = (
    r"order|bestell(?:ung|nummer|nr)?|auftrag(?:snummer)?|commande|pedido|orden|compra|ordine|"
    r"encomenda|zam[oó]wieni\w*|beställning\w*|ordre|tilaus\w*|заказ\w*|замовлення|поръчка\w*|"
    r"objedn[aá]vk\w*|comand[aă]\w*|rendel[eé]s\w*|sipariş\w*|παραγγελ\w*|הזמנה|طلب\w*|سفارش|"
    r"注文(?:番号)?|订单号?|訂單號?|订单编号|訂單編號|주문(?:번호)?|"
    r"đơn(?: hàng)?|pesanan|คำสั่งซื้อ|ऑर्डर|"
    r"purchase|po"
)
_TRACKING_WORD = (
    r"track(?:ing)?|sendungs(?:nummer|verfolgung)|paketnummer|suivi|seguimiento|gu[ií]a|rastre\w*|"
    r"tracciamento|spedizione|zending|przesyłk\w*|śledzeni\w*|sp[aå]rning\w*|kolli\w*|seuranta\w*|"
    r"трек\w*|накладн\w*|zásilk\w*|awb|csomag\w*|takip|kargo|αποστολ\w*|מעקב|تتبع|شحنة|رهگیری|"
    r"追跡|送り状|伝票|运单号?|運單號?|快递单?号?|物流单号|송장(?:번호)?|"
    r"운송장|vận đơn|resi|พัสดุ|waybill|consignment"
)
_SKU_WORD = (
    r"sku|asin|model(?: no| number)?|modell(?:nr)?|modèle|modelo|modello|art(?:ikel|icle|[ií]culo)?"
    r"[. -]*(?:nr|no|n°|number|nummer)|item (?:no|number|code)|"
    r"ref(?:erence|erencia)?|part (?:no|number)|"
    r"货号|型号|款号|貨號|型號|款號|品番|型番|모델|артикул\w*"
)
# Between the word and its number: "order no. is: #…", never another sentence.
_LINK = r"\s{0,2}(?:[^\d\n.,;!?。，！？]|no\.|nr\.|n\.){0,20}"

_TOKEN = re.compile(
    r"(?<![A-Za-z0-9_&.,/-])(?:#\s?)?[A-Za-z-]{0,14}\d[A-Za-z0-9-]{0,40}(?![\w-]*@)"
)
_TOKEN_LEAD = 16  # "# " and 14 letters
_SHAPE = re.compile(
    r"""
      (?P<tracking_id>
          1Z[0-9A-Z]{16} | [A-Z]{2}\d{9}[A-Z]{2}
        | YT\d{16} | LP\d{14,16} | TBA\d{12} | SF\d{12,15} | JJ?D\d{14,20}
        | 4PX\d{13}CN | 4PX\d{10,14} | GFUS\d{14,18} | SPX[A-Z]{2}\d{10,16}
        | YW\d{12,16} | CN[A-Z]{2}\d{12,20} | CAINIAO\d{8,16}
        | (?:UU|UK|SY|WNB|UNI|EQ|GV|ZTO|STO|YTO|JT|JNT|NJV|CJ)[A-Z]{0,3}\d{10,18}
        | H[0-9A-Z]{2}[A-Z]\d[A-Z]\d{10} | (?:420\d{5})?9[1-5]\d{20} | 003\d{17}
        | [A-Z]{4,6}\d{10}YQ
        | [A-Z]{1,4}\d{10,20}[A-Z]{0,3} | [A-Z]{2}\d{8,10}[A-Z]{2}
        | [A-Z]{2}\d[A-Z]\d[A-Z]\d{14,18}[A-Z]? | \d[A-Z]\d{11}[A-Z]{2} | \d{2}[A-Z]{3}\d{7}
        | \d{12} | \d{20,26}
      )
    | (?P<order_id>
          \d{3}-\d{7}-\d{7} | \d{2}-\d{5}-\d{5} | 2000\d{3}-\d{8}
        | PO-\d{2,4}-\d{12,20} | [1-9]\d{14,18}
        | (?=\d{0,11}[A-Z])2\d{3,6}[A-Z0-9]{6,10}
        | (?!USD|EUR|GBP)[A-Z]{2,4}(?:-\d{2,4})?-\d{4,12}
        | \#\s?[A-Z]{1,5}-?\d{2,8} | \#\s?\d{3,8}-[A-Z0-9]{1,4}
        | (?:TW|SO|WC|ORD|ORDER|INV|GSU|GSH|SHP|BST)-?\d{4,16}
        | \#\s?(?:[A-Z]{1,5}-?)?\d{3,12}
      )
    | (?P<sku>(?-i:B0(?=[0-9A-Z]*[0-9])[0-9A-Z]{8})
        | (?=[A-Z0-9-]{0,30}\d)[A-Z]{2,8}(?:-[A-Z0-9]{1,8}){2,4}
        | (?-i:[A-Z]{2,6}\d{0,4}-(?=[A-Z]*\d)(?=\d*[A-Z])[A-Z0-9]{2,8}))
    """,
    re.VERBOSE | re.IGNORECASE,
)
# Check digits are not asked for: people slip, and a number with a slip is still what they mean.
_SPACED = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"(?P<tracking_id>[A-Za-z]{2} ?\d{3} \d{3} \d{3} ?[A-Za-z]{2}|\d{4} \d{4} \d{4})"
    r"|(?P<order_id>(?!0)\d{4} \d{4} \d{4} \d{3,4}))(?![A-Za-z0-9]| ?\d)"
)
_BARE = re.compile(r"(?<![\w.,+/#-])[1-9]\d{8,12}(?![\w-])")
_LETTERED = re.compile(r"(?<![A-Za-z0-9-])[A-Z]{2,8}(?:-[A-Z]{1,8}){2,3}(?![A-Za-z0-9-])")
_CARD = re.compile(r"4|5[1-5]|2[2-7]|3[47]")
_NAMED = re.compile(
    rf"(?<![^\W_])(?:(?P<tracking>{_TRACKING_WORD})|(?P<sku>{_SKU_WORD})|(?P<order>{_ORDER_WORD}))"
    rf"{_LINK}$",
    re.IGNORECASE,
)
_NAMED_CJK = re.compile(
    r"(?:(?P<tracking>运单|運單|快递|物流单|追跡|送り状|伝票|송장|운송장)|(?P<sku>货号|型号|款号|貨號|型號|款號|品番|型番)"
    r"|(?P<order>订单|訂單|注文|주문))[^\d\n，。,!?！？]{0,8}$"
)
_CONTEXT = 48
_MOST = 200
_SIGN = r"R\$|[UACN]S?\$|NT\$|HK\$|S\$|MX\$|[$€£¥₹₽₺₩₪₫฿₴₱₦₡₵₸﷼￥￡]"
_MARKS = frozenset("$€£¥₹₽₺₩₪₫฿₴₱₦₡₵₸﷼￥￡.")
_CODE = (
    r"USD|EUR|GBP|JPY|CNY|RMB|CAD|AUD|NZD|CHF|SEK|NOK|DKK|PLN|CZK|HUF|RON|BGN|RUB|UAH|TRY|ILS|AED|"
    r"SAR|EGP|INR|THB|VND|IDR|MYR|SGD|PHP|KRW|TWD|HKD|BRL|MXN|CLP|COP|ARS|ZAR|KZT|IRR"
)
_WORD = (
    r"zł(?:otych)?|zl|kr\.?|kč|kc|ft|forint|lei|leu|лв|руб(?:лей|ля|\.)?|р\.|грн|тг|tl|lira|"
    r"dollars?|bucks|euros?|pounds?|quid|reais|pesos?|yuan|rupees?|"
    r"rupiah|ringgit|baht|đồng|vnđ|k đ|"
    r"元|块钱?|塊錢?|円|원|บาท|रुपये|रुपए|ريال|درهم|جنيه|تومان|ریال|ש\"ח|шек\w*|евро|долларов"
)
_NUMBER = re.compile(
    r"(?<![\w.,-])\d{1,3}(?:[.,'’\u00a0\u202f ]\d{3}){1,4}(?:[.,]\d{1,2})?(?!\d)"
    r"|(?<!\d)(?<!\d[.,-])\d{1,9}(?:[.,]\d{1,2})?(?!\d)"
)
_BEFORE = re.compile(
    rf"(?:(?:{_SIGN})|(?<![^\W\d_])(?:{_CODE}|Rp\.?|RM|Rs\.?|Fr\.|kr\.?|lei))\s?$", re.IGNORECASE
)
_AFTER = re.compile(rf"\s?(?:(?:{_SIGN})|(?:{_CODE}|{_WORD})(?![A-Za-z]))", re.IGNORECASE)
_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,5}[^\W\d_]{2,24}(?![\w-])")
_DIGITS = re.compile(r"\d+")
_LONG_DIGITS, _PHONE_DIGITS = 9, 7
_MOST_RUNS = 5_000
Run = tuple[int, int]


@dataclass(slots=True)
class Found:
    """One entity: its kind, its value in the usual spelling, and where it stands in the text."""

    kind: str
    value: str
    start: int
    end: int


def find_entities(text: str, *, site: str = "") -> list[Found]:
    """Every entity in the first ``READ_LIMIT`` code points, by position, none overlapping."""
    text = text[:READ_LIMIT]
    taken: list[Found] = []
    if "@" in text:
        _take(
            taken, (Found("email", m[0], *m.span()) for m in islice(_EMAIL.finditer(text), _MOST))
        )
    if "-" in text:
        _take(taken, _lettered(text))
    runs = [match.span() for match in islice(_DIGITS.finditer(text), _MOST_RUNS)]
    if not runs:
        return sorted(taken, key=_position)
    digits = sum(end - start for start, end in runs)
    if digits >= _LONG_DIGITS:
        _take(taken, _spaced(text))
    _take(taken, _numbers(text, runs))
    _take(taken, _amounts(text, runs))
    if digits >= _PHONE_DIGITS:
        _take(taken, (Found("phone", value, s, e) for value, s, e in find_phones(text, site=site)))
        _take(taken, _bare(text))
    return sorted(taken, key=_position)


def _position(found: Found) -> int:
    return found.start


def as_entities(found: list[Found]) -> Entities:
    """The values by kind, in order of appearance, without repeats."""
    if not found:
        return Entities()
    values: dict[str, dict[str, None]] = {}
    for item in found:
        values.setdefault(item.kind, {})[item.value] = None
    return Entities(
        order_ids=list(values.get("order_id", ())),
        tracking_ids=list(values.get("tracking_id", ())),
        skus=list(values.get("sku", ())),
        amounts=list(values.get("amount", ())),
        emails=list(values.get("email", ())),
        phones=list(values.get("phone", ())),
    )


def _take(taken: list[Found], more: Iterator[Found]) -> None:
    for new in more:
        if all(new.end <= old.start or new.start >= old.end for old in taken):
            taken.append(new)


def _spaced(text: str) -> Iterator[Found]:
    for match in islice(_SPACED.finditer(text), _MOST):
        value = match[0].replace(" ", "").upper()
        if not is_card(value):
            yield Found(str(match.lastgroup), value, *match.span())


def _lettered(text: str) -> Iterator[Found]:
    """Article codes without a digit (TH-FLOOR-W), unless the whole text is in capitals."""
    if not text.isupper():
        for match in islice(_LETTERED.finditer(text), _MOST):
            yield Found("sku", match[0], *match.span())


def _bare(text: str) -> Iterator[Found]:
    """Long plain numbers that nothing else claimed: most shops number their orders so."""
    for match in islice(_BARE.finditer(text), _MOST):
        yield Found("order_id", match[0], *match.span())


def is_card(number: str) -> bool:
    """Whether it is a payment card's number by its beginning, length and check digit."""
    if not (number.isdigit() and 15 <= len(number) <= 16 and _CARD.match(number)):
        return False
    doubled = [sum(divmod(2 * int(digit), 10)) for digit in number[-2::-2]]
    return (sum(doubled) + sum(map(int, number[-1::-2]))) % 10 == 0


def _tokens(text: str, runs: list[Run]) -> Iterator[re.Match[str]]:
    last = 0
    for start, _ in runs:
        if start >= last:
            # Most of a text is letters: the search begins where a digit can be in reach.
            match = _TOKEN.search(text, max(last, start - _TOKEN_LEAD))
            if match is None:
                return
            last = match.end()
            yield match


def _numbers(text: str, runs: list[Run]) -> Iterator[Found]:
    for match in islice(_tokens(text, runs), _MOST):
        token = match[0].rstrip("-")
        start = match.start()
        kind = _kind_by_shape(token) or _kind_by_word(token, text[max(0, start - _CONTEXT) : start])
        if kind:
            value = re.sub(r"\s", "", token).upper()
            yield Found(kind, value, start, start + len(token))


def _kind_by_shape(token: str) -> str | None:
    shape = _SHAPE.fullmatch(token)
    if shape is None:
        return None
    return None if is_card(token) else shape.lastgroup


def _kind_by_word(token: str, before: str) -> str | None:
    digits = sum(map(str.isdigit, token))
    if len(token) < 3 or token.startswith("#") or (digits < 4 and token.isdigit()):
        return None
    named = _NAMED.search(before) or (None if before.isascii() else _NAMED_CJK.search(before))
    if named is None:
        return None
    kind = str(named.lastgroup)
    if digits < {"tracking": 8, "sku": 1, "order": 4}[kind] or not _is_id(token, kind, digits):
        return None
    return kind if kind == "sku" else f"{kind}_id"


def is_named(before: str) -> bool:
    """Whether the words before a number call it one of an order, a parcel or an article."""
    return bool(_NAMED.search(before) or _NAMED_CJK.search(before))


def _is_id(value: str, kind: str, digits: int) -> bool:
    if kind != "tracking" and re.fullmatch(r"(?:19|20)\d\d(?:-\d\d?){0,2}", value):
        return False  # a year or a date
    if kind == "sku":
        return not value.isdigit() or digits >= 5
    return digits * 2 >= len(value)


def _amounts(text: str, runs: list[Run]) -> Iterator[Found]:
    last = count = 0
    for run, _ in runs:
        match = _NUMBER.match(text, run) if run >= last else None
        if match is None:
            continue
        count += 1
        if count > _MOST:
            return
        start, end = match.span()
        last = end
        before = _currency_before(text, start)
        after = None if before else _currency_after(text, end)
        if before or after:
            start -= before
            end = after or end
            yield Found("amount", text[start:end].strip(), start, end)


def _currency_before(text: str, start: int) -> int:
    """How long the currency right before the number is; 0 for none."""
    near = text[max(0, start - 5) : start]
    mark = near.rstrip()[-1:]
    # Cheap and nearly always the end of it: the searches below are not.
    if not mark or not (mark.isalpha() or mark in _MARKS):
        return 0
    found = _BEFORE.search(near)
    return len(found[0]) if found else 0


def _currency_after(text: str, end: int) -> int:
    """Where the currency right after the number ends; 0 for none."""
    mark = text[end : end + 2].lstrip()[:1]
    if not mark or not (mark.isalpha() or mark in _MARKS):
        return 0
    found = _AFTER.match(text, end)
    return found.end() if found else 0
