"""The names in a template, looked up in a sample of the fields."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from jinja2 import Undefined, nodes

from engine.errors import BadValue, LookAlike, TemplateProblem, UnknownField, UnknownFilter, WholeObject, nearest
from engine.fill.environment import DEFAULT, filter_names
from engine.fill.places import Spot
from engine.fill.sandbox import FieldEnvironment, spellings

_UNKNOWABLE = object()
_CYRILLIC = str.maketrans("асеіорухАВЕКМНОРСТІХ", "aceiopyxABEKMHOPCTIX")
_LATIN = str.maketrans("aceiopyxABEKMHOPCTIX", "асеіорухАВЕКМНОРСТІХ")
Scope = dict[str, Any]


class Names:
    """Walks a parsed template; `spots` are its lines. What cannot be known without real data is passed over."""

    def __init__(self, environment: FieldEnvironment, sample: Mapping[str, Any], spots: Sequence[Spot]) -> None:
        self._environment, self._sample, self._spots = environment, sample, spots
        self._found: list[TemplateProblem] = []
        self._asked: set[str] = set()

    def problems(self, tree: nodes.Template) -> list[TemplateProblem]:
        """The unknown names, filters and whole objects, in reading order."""
        # Whoever asks `is defined` knows that the field may be missing.
        self._asked = {_written(test.node) for test in tree.find_all(nodes.Test) if test.name in ("defined", "undefined")}
        self._walk(tree, {})
        return self._found

    def _walk(self, node: nodes.Node, scope: Scope) -> None:
        match node:
            case nodes.For():
                self._value(node.iter, scope)
                inner = {**scope, "loop": _UNKNOWABLE}
                self._bind(node.target, _first(self._value(node.iter, scope, is_told=True)), inner)
                for part in [*node.body, *node.else_, *([node.test] if node.test else [])]:
                    self._walk(part, inner)
            case nodes.Assign():
                self._bind(node.target, self._value(node.node, scope), scope)
            case nodes.Output():
                for part in node.nodes:
                    self._printed(part, scope)
            case nodes.Macro():
                self._walk_all(node.body, {**scope, **{argument.name: _UNKNOWABLE for argument in node.args}, "caller": _UNKNOWABLE})
                scope[node.name] = _UNKNOWABLE
            case nodes.Expr():
                self._value(node, scope)
            case _:
                self._walk_all(node.iter_child_nodes(), scope)

    def _walk_all(self, parts: Any, scope: Scope) -> None:
        for part in parts:
            self._walk(part, scope)

    def _printed(self, node: nodes.Node, scope: Scope) -> None:
        if isinstance(node, nodes.TemplateData):
            return
        spot = self._spot(node)
        if isinstance(node, nodes.Tuple):  # {{ order,total }}: a comma for a point
            name = ",".join(_written(part) for part in node.items)
            self._found.append(WholeObject(spot.place, excerpt=spot.text, name=name, suggestion=name.replace(",", ".")))
            return
        value = self._value(node, scope)
        if isinstance(value, (Mapping, list, tuple)):
            self._found.append(WholeObject(spot.place, excerpt=spot.text, name=_written(node)))
        elif isinstance(value, bool):
            self._found.append(BadValue(spot.place, excerpt=spot.text, name=_written(node), value=value, reason="yes-no"))

    def _value(self, node: nodes.Node, scope: Scope, *, is_told: bool = False) -> Any:
        """The sample's value of an expression, `_UNKNOWABLE` where only real data could tell; unknown names are noted unless `is_told`."""
        match node:
            case nodes.Name():
                return self._root(node, scope, is_told=is_told)
            case nodes.Getattr():
                return self._member(node, self._value(node.node, scope, is_told=is_told), node.attr, is_told=is_told)
            case nodes.Getitem() if isinstance(node.arg, nodes.Const):
                return self._member(node, self._value(node.node, scope, is_told=is_told), node.arg.value, is_told=is_told)
            case nodes.Const():
                return node.value
            case nodes.Filter():
                return self._filtered(node, scope, is_told=is_told)
        for part in node.iter_child_nodes():
            self._value(part, scope, is_told=is_told)
        return [_UNKNOWABLE] if isinstance(node, (nodes.List, nodes.Tuple)) and not node.items else _UNKNOWABLE

    def _filtered(self, node: nodes.Filter, scope: Scope, *, is_told: bool) -> Any:
        if node.name not in self._environment.filters and not is_told:
            spot = self._spot(node)
            self._found.append(
                UnknownFilter(spot.place, excerpt=spot.text, name=node.name, suggestion=nearest(node.name, filter_names()) or None)
            )
        value = self._value(node.node, scope, is_told=is_told or node.name in (*DEFAULT, "d")) if node.node else _UNKNOWABLE
        for part in [*node.args, *(pair.value for pair in node.kwargs)]:
            self._value(part, scope, is_told=is_told)
        return value if node.name in ("sort", "list", "reverse", "selectattr", "rejectattr") else _UNKNOWABLE

    def _root(self, node: nodes.Name, scope: Scope, *, is_told: bool) -> Any:
        if node.name in scope:
            return scope[node.name]
        if node.name in self._environment.globals:
            return _UNKNOWABLE
        folded = {name.casefold(): name for name in self._sample}
        key = node.name if node.name in self._sample else folded.get(node.name.casefold())
        if key is not None:
            return self._sample[key]
        if not is_told:
            self._unknown(node, node.name, path="", known=[*self._sample, *scope])
        return _UNKNOWABLE

    def _member(self, node: nodes.Expr, owner: Any, name: Any, *, is_told: bool) -> Any:
        if owner is _UNKNOWABLE or isinstance(owner, Undefined):
            return _UNKNOWABLE
        if isinstance(owner, Mapping):
            if isinstance(name, str) and name in owner:
                return owner[name] if owner[name] is not None else _UNKNOWABLE
        elif not isinstance(owner, (list, tuple)):
            return _UNKNOWABLE
        elif isinstance(name, int):
            return owner[0] if owner else _UNKNOWABLE
        if not is_told:
            path = getattr(owner, "path", "") or _written(node).rpartition(".")[0]
            self._unknown(node, str(name), path=path, known=spellings(owner) if isinstance(owner, Mapping) else [])
        return _UNKNOWABLE

    def _unknown(self, node: nodes.Node, name: str, *, path: str, known: Any) -> None:
        spot = self._spot(node)
        full, known = f"{path}.{name}" if path else name, list(known)
        if full in self._asked:
            return
        latin, cyrillic = name.translate(_CYRILLIC), name.translate(_LATIN)
        twin = next((other for other in known if other.casefold() in (latin.casefold(), cyrillic.casefold())), None)
        if twin is not None:
            letter = next(mine for mine, other in zip(name, twin, strict=False) if mine.casefold() != other.casefold())
            script = unicodedata.name(letter, "").split()[0].lower()
            suggestion = f"{path}.{twin}" if path else twin
            self._found.append(LookAlike(spot.place, excerpt=spot.text, suggestion=suggestion, name=full, letter=letter, script=script))
            return
        near = nearest(name, known) or None
        suggestion = f"{path}.{near}" if near and path else near
        self._found.append(UnknownField(spot.place, excerpt=spot.text, suggestion=suggestion, name=full))

    def _bind(self, target: nodes.Node, value: Any, scope: Scope) -> None:
        if isinstance(target, nodes.Name):
            scope[target.name] = value
        else:
            scope.update({name.name: _UNKNOWABLE for name in target.find_all(nodes.Name)})

    def _spot(self, node: nodes.Node) -> Spot:
        return self._spots[min(node.lineno, len(self._spots)) - 1]


def used(tree: nodes.Template) -> Iterator[str]:
    """The dotted names that a template reads, longest first: `order.total`, `item.name`."""
    inner = {id(node.node) for node in tree.find_all(nodes.Getattr)}
    for node in tree.find_all((nodes.Getattr, nodes.Name)):
        if id(node) not in inner and getattr(node, "ctx", "load") == "load":
            yield _written(node)


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, (list, tuple)) and value else _UNKNOWABLE


def _written(node: nodes.Node) -> str:
    match node:
        case nodes.Name():
            return node.name
        case nodes.Getattr():
            return f"{_written(node.node)}.{node.attr}"
        case nodes.Getitem():
            return f"{_written(node.node)}[…]"
    return "…"
