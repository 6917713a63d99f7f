"""Countries whose flag is drawn in ``flags.svg``; the others get a tile with their letters."""

from __future__ import annotations

from typing import Final

# fmt: off
FLAGS: Final = frozenset({
    "AE", "AR", "AT", "AU", "BE", "BG", "BR", "CA", "CH", "CL", "CN", "CO", "CZ", "DE", "DK",
    "EE", "EG", "ES", "EU", "FI", "FR", "GB", "GR", "HK", "HR", "HU", "ID", "IE", "IL", "IN",
    "IT", "JP", "KR", "KW", "KZ", "LT", "LU", "LV", "MX", "MY", "NL", "NO", "NZ", "PE", "PH",
    "PL", "PT", "QA", "RO", "RU", "SA", "SE", "SG", "SI", "SK", "TH", "TR", "TW", "UA", "US",
    "VN", "ZA",
})
# fmt: on
