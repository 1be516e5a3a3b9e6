"""From the syntax tree of an expression to a predicate over one event."""

from __future__ import annotations

from dataclasses import dataclass

from harness.ir import (
    FALSE,
    And,
    Call,
    Condition,
    Constant,
    Expression,
    Literal,
    Or,
    Predicate,
    Truth,
    Verdict,
)
from harness.languages.powershell.atoms import Comparison
from harness.languages.powershell.evaluation import (
    CURRENT,
    Values,
    named,
    negated,
    of_truth,
    output,
)
from harness.languages.powershell.operators import COMPARISONS
from harness.languages.powershell.record import READ_ONLY, property_of
from harness.languages.powershell.scope import Scope
from harness.languages.powershell.syntax import (
    Assignment,
    Binary,
    Block,
    Cast,
    Command,
    Const,
    Group,
    Member,
    Node,
    Pipeline,
    Return,
    Unary,
    Variable,
)
from harness.source import Span

MAX_TURNS = 150
"""Changes between ``-and`` and ``-or`` in one chain; each nests the predicate one deeper."""


@dataclass(frozen=True, slots=True)
class Lowering(Values):
    """Turns expressions into predicates and values, in one scope."""

    def predicate(self, node: Node) -> Predicate:
        """Return an expression as a condition."""
        match node:
            case Const(value=value, span=span):
                return Constant(of_truth(value), span)
            case Group(kind="(" | "$", statements=(Pipeline(elements=(only,)),)) if not isinstance(
                only, Command
            ):
                return self.predicate(only)
            case Unary(operator="-not", operand=operand):
                return negated(self.predicate(operand))
            case Cast(type="bool" | "boolean", operand=operand):
                return self.predicate(operand)
            case Binary(operator="-and" | "-or" | "-xor"):
                return self._logical(node)
            case Binary(operator=operator) if operator in COMPARISONS:
                return self._comparison(node)
        return self.condition(self.value(node), node.span)

    def _logical(self, node: Binary) -> Predicate:
        """Read a chain of ``-and``, ``-or``, ``-xor`` from left to right: all are as strong."""
        chain: list[Binary] = []
        first: Node = node
        while isinstance(first, Binary) and first.operator in {"-and", "-or", "-xor"}:
            chain.append(first)
            first = first.left
        result = self.predicate(first)
        run: list[Predicate] = [result]
        last = ""
        turns = 0
        for step in reversed(chain):
            if step.operator != last or last == "-xor":
                run = [_closed(last, run, node.span)]
                turns += 1
                if turns > MAX_TURNS:
                    self.scope.unsupported(
                        step.place, "a very long mixed chain", f"more than {MAX_TURNS} changes"
                    )
            last = step.operator
            run.append(self.predicate(step.right))
        return _closed(last, run, node.span)

    def _comparison(self, node: Binary) -> Predicate:
        return self.compared(node.operator, self.value(node.left), self.value(node.right), node)

    def compared(self, operator: str, left: Expression, right: Expression, node: Node) -> Predicate:
        """Return ``left operator right`` as atoms where it tests one property, else a condition."""
        folding = self.scope.settings.folding(COMPARISONS[operator].case)
        place = node.right.span if isinstance(node, Binary) else node.span
        if isinstance(right, Literal):
            self._check_pattern(operator, right.value, place)
        found: Predicate | None = None
        if isinstance(right, Literal):
            field = property_of(left)
            if field is not None:
                comparison = Comparison(operator, field, right.value, folding, node.span)
                found = comparison.to_predicate()
        elif isinstance(left, Literal):
            field = property_of(right)
            if field is not None:
                comparison = Comparison(operator, field, left.value, folding, node.span)
                found = comparison.to_flipped()
        return found or self.condition(self._comparing(operator, left, right), node.span)

    def block(self, block: Block, scope: Scope | None = None) -> Predicate:
        """Return a filter block: the truth of everything that its statements put out."""
        current = Lowering(scope or self.scope)
        outputs: list[tuple[Node | None, Lowering, Predicate | None]] = []
        for statement in block.statements:
            match statement:
                case Assignment():
                    current, failed = current.assigned(statement)
                    if failed is not None:
                        outputs.append((None, current, failed))
                case Return(value=None):
                    break
                case Return(value=Pipeline(elements=(only,))) | Pipeline(elements=(only,)):
                    outputs.append((only, current, None))
                    if isinstance(statement, Return):
                        break
                case Return(span=span) | Pipeline(span=span):
                    self.scope.unsupported(
                        span,
                        "a pipeline inside a filter",
                        "only values and operators are evaluated",
                    )
        if not outputs:
            return Constant(Truth.FALSE, block.span)
        if len(outputs) == 1:
            node, within, failed = outputs[0]
            if node is not None:
                return within.predicate(node)
            return failed or Constant(Truth.FALSE)
        values = [
            Verdict(failed or FALSE) if node is None else within.value(node)
            for node, within, failed in outputs
        ]
        return Condition(
            expression=Call(named("output", output), tuple(values)),
            truth=of_truth,
            span=block.span,
        )

    def assigned(self, node: Assignment) -> tuple[Lowering, Predicate | None]:
        """Return the scope after an assignment, and its failure where it is one."""
        target = node.target
        if isinstance(target, Variable) and node.operator == "=":
            if target.name in CURRENT:
                self.scope.unsupported(node.span, "assigning to $_", "the event is only read")
            value = self._statement_value(node.value)
            return Lowering(self.scope.having(target.name, value)), None
        on_event = isinstance(target, Member) and isinstance(target.target, Variable)
        if on_event and isinstance(target, Member) and target.name.lower() != "message":
            known = target.name.lower() in READ_ONLY
            self.scope.warn(
                node.span,
                "assignment-in-filter",
                f"'=' assigns; {target.name!r} {'is read-only' if known else 'does not exist'}",
                "compare with -eq",
            )
            return self, Constant(Truth.UNDEFINED, node.span)
        return self.scope.unsupported(node.span, "this assignment", "only variables are assigned")


def _differ(one: object, other: object) -> bool:
    return one is not other


def _closed(operator: str, run: list[Predicate], span: Span) -> Predicate:
    """Join predicates by one logical operator; ``-xor`` joins two."""
    if len(run) == 1:
        return run[0]
    if operator == "-and":
        return And(tuple(run))
    if operator == "-or":
        return Or(tuple(run))
    one, other = run
    return Condition(
        expression=Call(named("-xor", _differ), (Verdict(one), Verdict(other))),
        truth=of_truth,
        span=span,
    )
