"""Articles in, cited excerpts out; knows no chat. `Library` is the only door, `terms` tells how a text is cut."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from retrieval.library import Library
    from retrieval.text import terms

__all__ = ["Library", "terms"]


def __getattr__(name: str) -> Any:
    # Loaded when first asked for: `import retrieval` alone opens no dictionary and loads no numpy.
    if name == "Library":
        from retrieval.library import Library

        return Library
    if name == "terms":
        from retrieval.text import terms

        return terms
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
