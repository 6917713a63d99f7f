"""Static files with hashed names, those that our modules import from one another included."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStaticStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Rewrites ``import … from "./x.js"`` to the hashed name, so no stale module is ever loaded."""

    support_js_module_import_aggregation = True
