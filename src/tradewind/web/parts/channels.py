"""Channel marks: two or three letters for a platform, never its logo."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext

# A value that starts with "icon:" is drawn from the sprite.
MARKS: Final[dict[str, tuple[str, str]]] = {
    "aliexpress": ("Ae", "AliExpress"),
    "allegro": ("Al", "Allegro"),
    "amazon": ("Am", "Amazon"),
    "api": ("Api", "API"),
    "bigcommerce": ("Bc", "BigCommerce"),
    "cdiscount": ("Cd", "Cdiscount"),
    "chatwoot": ("Cw", "Chatwoot"),
    "coupang": ("Cp", "Coupang"),
    "dingtalk": ("Dt", "DingTalk"),
    "ebay": ("eb", "eBay"),
    "etsy": ("Et", "Etsy"),
    "facebook": ("Fb", "Facebook"),
    "feishu": ("Fs", "Feishu"),
    "form": ("Web", "Web form"),
    "freshdesk": ("Fd", "Freshdesk"),
    "instagram": ("Ig", "Instagram"),
    "kaufland": ("Kf", "Kaufland"),
    "lazada": ("Lz", "Lazada"),
    "line": ("Ln", "LINE"),
    "magento": ("Mg", "Magento"),
    "mail": ("icon:mail", "E-mail"),
    "email": ("icon:mail", "E-mail"),
    "imap": ("icon:mail", "E-mail"),
    "mercadolibre": ("Ml", "Mercado Libre"),
    "messenger": ("Ms", "Messenger"),
    "meta": ("Me", "Meta"),
    "mirakl": ("Mk", "Mirakl"),
    "otto": ("Ot", "OTTO"),
    "ozon": ("Oz", "Ozon"),
    "phone": ("icon:phone", "Phone"),
    "rakuten": ("Rk", "Rakuten"),
    "salesmartly": ("Ss", "SaleSmartly"),
    "shein": ("Sn", "SHEIN"),
    "shopee": ("Sp", "Shopee"),
    "shopify": ("Sh", "Shopify"),
    "shopline": ("Sl", "Shopline"),
    "shoplazza": ("Sz", "Shoplazza"),
    "telegram": ("Tg", "Telegram"),
    "temu": ("Te", "Temu"),
    "tiktok": ("Tk", "TikTok Shop"),
    "tiktok_shop": ("Tk", "TikTok Shop"),
    "walmart": ("Wm", "Walmart"),
    "web": ("Web", "Web"),
    "webchat": ("Web", "Web chat"),
    "webhook": ("icon:hook", "Webhook"),
    "wechat": ("Wx", "WeChat"),
    "weibo": ("Wb", "Weibo"),
    "whatsapp": ("Wa", "WhatsApp"),
    "wildberries": ("Wi", "Wildberries"),
    "wish": ("Ws", "Wish"),
    "woocommerce": ("Wo", "WooCommerce"),
    "x": ("X", "X"),
    "zalando": ("Za", "Zalando"),
    "zendesk": ("Zd", "Zendesk"),
}


def channel_letters(platform: str) -> tuple[str, str]:
    """The mark and the name of a platform; an unknown one gets its own first letters."""
    key = platform.strip().lower().replace("-", "_")
    found = MARKS.get(key) or MARKS.get(key.split("_")[0])
    letters, name = found or (platform.strip()[:2].capitalize() or "?", platform.strip() or "?")
    # What is drawn is a kind of thing, with a word in every language; the rest are proper names.
    return letters, gettext(name) if letters.startswith("icon:") else name
