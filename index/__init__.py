"""Full-text search over documents: words in any form and order, numbers, dates and sums, in Ukrainian, Russian and English.

The index holds copies only. Whoever feeds it keeps the truth, compares with `verify`, and builds anew with `rebuild`.
"""

from __future__ import annotations

from index.entry import Entry, Hit, IndexStatus, SearchResult, Verdict
from index.failures import IndexBusy, IndexDamaged, NoExtractor
from index.schema import SCHEMA_VERSION
from index.writer import Index, open_index, rebuild

__all__ = [
    "SCHEMA_VERSION",
    "Entry",
    "Hit",
    "Index",
    "IndexBusy",
    "IndexDamaged",
    "IndexStatus",
    "NoExtractor",
    "SearchResult",
    "Verdict",
    "open_index",
    "rebuild",
]
