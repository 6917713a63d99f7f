"""Static files with hashed names, those that our modules import from one another included."""

from __future__ import annotations

from typing import Any, Final

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

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Asked a hundred times a page, and the same for as long as the program runs.
        self._urls: dict[str, str] = {}

    def url(self, name: str, force: bool = False) -> str:  # noqa: FBT001, FBT002 — Django's
        """The address of a file under its hashed name."""
        if (url := self._urls.get(name)) is None:
            url = self._urls[name] = super().url(name, force)
        return url
