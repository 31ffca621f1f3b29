"""The sandbox templates run in: a mapping has only its keys, an unknown or empty field is never printed unseen, and no sum runs wild."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from jinja2 import StrictUndefined, Undefined
from jinja2.exceptions import SecurityError, TemplateError, TemplateRuntimeError
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment
from jinja2.utils import missing

from engine.errors import Place, nearest

MAX_LENGTH = 100_000  # as the sandbox's own limit of a range
MAX_POWER = 1_000
_WIDE = re.compile(r"%[^%a-zA-Z]*\d{5}")


class FieldError(TemplateRuntimeError):
    """A field that cannot be printed. `reason` is unknown, empty, whole-object, yes-no or bad-value; `name` is as it was written."""

    def __init__(self, reason: str, name: str, *, value: Any = "", suggestion: str | None = None) -> None:
        self.reason, self.name, self.value, self.suggestion = reason, name, value, suggestion
        super().__init__(f"{reason}: {name}")


class BrokenMarkup(TemplateError):
    """The tags of a template do not fit the paragraphs, rows and cells they stand in."""


class Stopped(Exception):
    """A fill stopped at a `place`, or in a paragraph of this `text`; what happened is its cause."""

    def __init__(self, *, place: Place | None = None, text: str = "") -> None:
        self.place, self.text = place, text
        super().__init__(text)


# What a template can raise while it runs: Jinja's own, and Python's from an expression or a filter.
TROUBLES = (TemplateError, ArithmeticError, TypeError, ValueError, AttributeError, LookupError, RecursionError)


class Unknown(StrictUndefined):
    """A name that nothing has: any use of it is an error with the nearest name."""

    __slots__ = ()

    def _fail_with_undefined_error(self, *_: Any, **__: Any) -> NoReturn:
        if self._undefined_exception is SecurityError:
            raise SecurityError(self._undefined_hint or "")
        name, owner = str(self._undefined_name or ""), self._undefined_obj
        path = getattr(owner, "path", "") if owner is not missing else ""
        full = f"{path}.{name}" if path else name
        near = (nearest(name, spellings(owner)) or None) if isinstance(owner, Mapping) else None
        raise FieldError("unknown", full, suggestion=f"{path}.{near}" if near and path else near)

    # StrictUndefined copies the method it had; each use must come to ours.
    __iter__ = __str__ = __len__ = __eq__ = __ne__ = __bool__ = __hash__ = __contains__ = _fail_with_undefined_error
    __getattr__ = __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _fail_with_undefined_error
    __truediv__ = __floordiv__ = __mod__ = __pos__ = __neg__ = __call__ = __getitem__ = _fail_with_undefined_error
    __lt__ = __le__ = __gt__ = __ge__ = __int__ = __float__ = __complex__ = __pow__ = _fail_with_undefined_error


class Empty(Undefined):
    """A field that is known and has nothing in it: false in a condition, taken by `default`, an error when printed."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False

    def __len__(self) -> int:
        return 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Empty) or other in (None, "")

    __hash__ = Undefined.__hash__

    def _fail_with_undefined_error(self, *_: Any, **__: Any) -> NoReturn:
        raise FieldError("empty", str(self._undefined_name))

    __str__ = __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _fail_with_undefined_error
    __truediv__ = __floordiv__ = __mod__ = __pos__ = __neg__ = __call__ = __getitem__ = _fail_with_undefined_error
    __lt__ = __le__ = __gt__ = __ge__ = __int__ = __float__ = __complex__ = __pow__ = _fail_with_undefined_error


class FieldContext(Context):
    """Root names in any letter case; an empty one is `Empty`, as an empty field is."""

    def resolve_or_missing(self, key: str) -> Any:
        found = super().resolve_or_missing(key)
        if found is missing:
            names = {name.casefold(): name for name in self.parent}
            found = super().resolve_or_missing(names.get(key.casefold(), key))
        # Plain JSON may hold an empty text on purpose; among our own fields it means "not known".
        if found is None or (found == "" and any(hasattr(value, "path") for value in self.parent.values())):
            return Empty(name=key)
        return found


class FieldEnvironment(SandboxedEnvironment):
    """The sandbox: key-first lookup, nothing but keys on a mapping, and no product or power of monstrous size."""

    context_class = FieldContext
    intercepted_binops = frozenset(("*", "**", "%"))

    def getattr(self, obj: Any, attribute: str) -> Any:
        return self._of(obj, attribute) if isinstance(obj, Mapping) else super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        return self._of(obj, argument) if isinstance(obj, Mapping) else super().getitem(obj, argument)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:  # noqa: PLR0917  # Jinja's signature
        """Raises OverflowError where the result would fill the memory, as the sandbox's `range` does."""
        if operator == "**" and isinstance(right, int) and abs(right) > MAX_POWER:
            raise OverflowError(operator)
        if operator == "*" and _length(left) * _length(right) > MAX_LENGTH and not _are_numbers(left, right):
            raise OverflowError(operator)
        if operator == "%" and isinstance(left, str) and _WIDE.search(left):
            raise OverflowError(operator)
        return super().call_binop(context, operator, left, right)

    def _of(self, obj: Mapping[str, Any], name: Any) -> Any:
        try:
            value = obj[name]
        except (KeyError, TypeError, AttributeError):
            return self.undefined(obj=obj, name=name)
        path = getattr(obj, "path", "")
        if value is None or (value == "" and path):
            return Empty(name=f"{path}.{name}" if path else str(name))
        return value


def _length(value: Any) -> int:
    return abs(value) if isinstance(value, int) else len(value) if isinstance(value, (str, list, tuple)) else 0


def _are_numbers(*values: Any) -> bool:
    return all(isinstance(value, int) for value in values)


def spellings(owner: Mapping[str, Any]) -> Iterable[str]:
    """All names that a mapping answers to."""
    return getattr(owner, "spellings", None) or [str(name) for name in owner]
