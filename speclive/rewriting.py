"""From the tree of an expression as it is written to the one that is compiled.

What may be called, and the operators that can fill the memory, become calls of `speclive.calls`; an operator whose
operands are seen to be numbers stays what it is, for that is faster.
"""

from __future__ import annotations

import ast

from speclive.allowed import OLD

PREFIX = "_do_"
_NUMBERS = frozenset({"abs", "bool", "float", "int", "len"})
_LITERALS = (ast.Constant, ast.Tuple, ast.List, ast.Set, ast.Dict)


class Rewriting(ast.NodeTransformer):
    """Writes a tree that was found allowed anew, in place."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """A function of the table is called by a name that no parameter can have."""
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id != OLD:
            node.func = ast.copy_location(ast.Name(PREFIX + node.func.id, ast.Load()), node.func)
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        """Products and remainders are looked at, unless they are plainly of numbers."""
        plain = _is_harmless(node)
        self.generic_visit(node)
        if plain:
            return node
        return _called("times" if isinstance(node.op, ast.Mult) else "modulo", node, node.left, node.right)

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        """`in` is looked at, unless what it searches is written out."""
        self.generic_visit(node)
        operator, right = node.ops[0], node.comparators[0]
        if not isinstance(operator, ast.In | ast.NotIn) or isinstance(right, _LITERALS):
            return node
        found = _called("within", node, node.left, right)
        return found if isinstance(operator, ast.In) else ast.copy_location(ast.UnaryOp(ast.Not(), found), node)


def _called(name: str, node: ast.expr, *args: ast.expr) -> ast.expr:
    function = ast.copy_location(ast.Name(PREFIX + name, ast.Load()), node)
    return ast.copy_location(ast.Call(function, list(args), []), node)


def _is_harmless(node: ast.BinOp) -> bool:
    if isinstance(node.op, ast.Mod):
        return _is_number(node.left)
    if isinstance(node.op, ast.Mult):
        return (_is_number(node.left) and _is_number(node.right)) or _is_fraction(node.left) or _is_fraction(node.right)
    return True


def _is_number(node: ast.expr) -> bool:
    """Is it a number, or nothing that Python would repeat or format?"""
    match node:
        case ast.Constant(value=int() | float()) | ast.UnaryOp(op=ast.USub() | ast.UAdd()):
            return True
        case ast.BinOp(op=ast.Sub() | ast.Div() | ast.FloorDiv()):
            return True
        case ast.BinOp(op=ast.Add(), left=left, right=right):
            return _is_number(left) or _is_number(right)
        case ast.BinOp(left=left, right=right):
            return _is_number(left) and _is_number(right)
        case ast.Call(func=ast.Name(id=name)):
            return name in _NUMBERS
        case _:
            return False


def _is_fraction(node: ast.expr) -> bool:
    """Is it a number that Python would not repeat anything by?"""
    match node:
        case ast.Constant(value=float()) | ast.Call(func=ast.Name(id="float")):
            return True
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
            return _is_fraction(operand)
        case _:
            return False
