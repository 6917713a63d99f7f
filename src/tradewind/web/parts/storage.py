"""Static files with hashed names, those that our modules import from one another included."""

from __future__ import annotations

from typing import Final

from whitenoise.storage import CompressedManifestStaticFilesStorage

# Only our own modules: others ship sources whose imports are examples.
_OURS: Final = "tradewind/js/*.js"
_IMPORTS: Final = (
    (r"""(?P<matched>from\s+"(?P<url>\./[^"]+)")""", 'from "%(url)s"'),
    (r"""(?P<matched>import\s+"(?P<url>\./[^"]+)")""", 'import "%(url)s"'),
)


class HashedStaticStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Rewrites ``import … from "./x.js"`` to the hashed name, so no stale module is ever loaded."""

    patterns = (*CompressedManifestStaticFilesStorage.patterns, (_OURS, _IMPORTS))
