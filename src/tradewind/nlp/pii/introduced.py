"""Names by how people introduce themselves, where the order has them in another script."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from tradewind.nlp.contract import Known
from tradewind.nlp.pii.contract import Kind, Span

# The commonest family names: without one of them two characters may be any word.
_FAMILY_ZH = (
    "王李张張刘劉陈陳杨楊黄黃赵趙吴吳周徐孙孫马馬朱胡郭何高林罗羅郑鄭梁谢謝宋唐许許韩韓冯馮邓鄧曹彭曾萧蕭田董潘"
    "袁于蒋蔣蔡余杜叶葉程苏蘇魏吕呂丁任沈姚卢盧姜崔钟鍾谭譚陆陸汪范金石廖贾賈夏韦韋方白邹鄒孟熊秦邱江尹薛段雷侯"
    "龙龍史陶黎贺賀顾顧毛郝龚龔邵万萬钱錢严嚴武戴莫孔汤湯"
)
_FAMILY_KO = (
    "김이박최정강조윤장임한오서신권황안송류전홍고문양손배백허유남심"
    "노하곽성차주우구민진지엄채원천방공현"
)
_CYRILLIC = r"[А-ЯЁІЇЄ][а-яёіїє\'’]{2,15}"


def find_introduced(text: str, known: Known) -> Iterator[Span]:
    """Names that follow "I am", "recipient", in a script that the order has no name in."""
    written = " ".join(known.names)
    if not written or text.isascii():
        return
    for script, way in _ways():
        if not script.search(written):
            for match in way.finditer(text):
                group = match.lastindex or 0
                yield Span(*match.span(group), Kind.NAME)


@cache
def _ways() -> tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]:
    """A script, and how somebody who writes in it says who they are."""
    return tuple(
        (re.compile(script), re.compile(way))
        for script, way in (
            (
                r"[\u4e00-\u9fff]",
                rf"(?:(?:收件人|收货人|收貨人|我是|我叫|户名|戶名|姓名|联系人|聯絡人|持卡人)[：:]?\s?|^)"
                rf"([{_FAMILY_ZH}][\u4e00-\u9fff]{{1,2}})(?=[，。,、；;\s（(]|$)",
            ),
            (
                r"[가-힣]",
                rf"(?<![가-힣])([{_FAMILY_KO}][가-힣]{{1,2}})(?=입니다|이에요|예요|이라고|\s드림)",
            ),
            (
                r"[\u3040-\u30ff\u4e00-\u9fff]",
                r"(?:^|[。、\s])([\u4e00-\u9fff\u3040-\u30ff]{2,8}?)(?=と申します)"
                r"|^([\u4e00-\u9fff\u3040-\u30ff]{2,8}?)(?=です[。、])|([ァ-ヶー]{2,10}・[ァ-ヶー]{2,10})",
            ),
            (
                r"[\u0621-\u064a]",
                r"(?<!\w)(?:اسمي|باسم|الاسم|المستلم)[:：]?\s([\u0621-\u064a]{3,12}(?:\s[\u0621-\u064a]{3,12})?)"
                r"|(?:^|[،.\s])(?:أنا|انا)\s([\u0621-\u064a]{3,12}\s[\u0621-\u064a]{3,12})(?=\s?[،,.])",
            ),
            (
                r"[\u0400-\u04ff]",
                r"(?i:меня зовут|мене звати|получатель|отримувач|имя|ім[’']я)[:\s]{1,2}"
                rf"({_CYRILLIC}(?:\s{_CYRILLIC})?)",
            ),
        )
    )
