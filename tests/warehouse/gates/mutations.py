"""Faults put into SQL one at a time, on its syntax tree."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import sqlglot
from oracle_criteria import WORST_FIRST
from sqlglot import exp

Expression = exp.Expression
SWAPS: dict[type[Expression], tuple[type[Expression], ...]] = {
    exp.EQ: (exp.NEQ,),
    exp.NEQ: (exp.EQ,),
    exp.GT: (exp.GTE, exp.LTE),
    exp.GTE: (exp.GT, exp.LT),
    exp.LT: (exp.LTE, exp.GTE),
    exp.LTE: (exp.LT, exp.GT),
    exp.NullSafeNEQ: (exp.NullSafeEQ, exp.NEQ),
    exp.And: (exp.Or,),
    exp.Or: (exp.And,),
    exp.Add: (exp.Sub,),
    exp.Sub: (exp.Add,),
    exp.Mul: (exp.Add,),
    exp.Min: (exp.Max,),
    exp.Max: (exp.Min,),
    exp.LogicalOr: (exp.LogicalAnd,),
    exp.ArgMax: (exp.ArgMin,),
    exp.FirstValue: (exp.LastValue,),
    exp.Lag: (exp.Lead,),
    exp.Lead: (exp.Lag,),
    exp.Least: (exp.Greatest,),
}
LONGEST = 100
FIRST_DAY = "1970-01-01"


@dataclass(frozen=True)
class Mutant:
    """``change``: what was there and what is there now, the same every time; ``sql``: all of it."""

    change: str
    sql: str


def mutants(sql: str, within: str | None = None, but: str | None = None) -> Iterator[Mutant]:
    """Every mutant of a statement; only of its CTE ``within``, or of all but one."""
    tree = sqlglot.parse_one(sql, read="duckdb")
    for node in tree.walk():
        node.comments = None  # a change is named by the SQL alone
    seen: Counter[str] = Counter()
    for number, node in enumerate(tree.walk()):
        if not is_open_to_change(node, within, but):
            continue
        for variant in range(len(variants(node))):
            copy = tree.copy()
            target = next(each for place, each in enumerate(copy.walk()) if place == number)
            change = put_in(target, variants(target)[variant])
            seen[change] += 1
            yield Mutant(
                change + (f" ({seen[change]})" if seen[change] > 1 else ""), copy.sql("duckdb")
            )


def put_in(target: Expression, new: Expression) -> str:
    """Replaces it in its tree; says what changed, with what stands around it."""
    if type(target) is type(new) and isinstance(target, exp.Case | exp.Join | exp.Union):
        change = in_short(target, new)
        target.replace(new)
        return change
    around = surroundings(target)
    before = around.sql("duckdb")
    target.replace(new)
    return f"{before} => {(new if around is target else around).sql('duckdb')}"


def in_short(old: Expression, new: Expression) -> str:
    """What changed in a node that is too long to be shown."""
    if isinstance(old, exp.Case):
        kept = [each.sql("duckdb") for each in new.args["ifs"]]
        gone = [each.sql("duckdb") for each in old.args["ifs"]]
        gone = [each for each in gone if each not in kept]
        return f"without {gone[0] if gone else 'ELSE ' + old.args['default'].sql('duckdb')}"
    if isinstance(old, exp.Join):
        kinds = [f"{each.side or each.kind} JOIN" for each in (old, new)]
        return f"{' => '.join(kinds)} {old.alias_or_name}"
    kinds = ["UNION" if each.args.get("distinct") else "UNION ALL" for each in (old, new)]
    return " => ".join(kinds)


def surroundings(node: Expression) -> Expression:
    """The largest piece of SQL around it that fits a line."""
    borders = (exp.Select, exp.Subquery, exp.CTE, exp.Where, exp.Join, exp.From, exp.With)
    around = node
    while (parent := around.parent) and not isinstance(parent, borders):
        if len(parent.sql("duckdb")) > LONGEST:
            break
        around = parent
    return around


def is_open_to_change(node: Expression, within: str | None, but: str | None) -> bool:
    if node.parent is None or node.find_ancestor(exp.DataType):
        return False
    homes = {each.alias for each in ancestors(node) if isinstance(each, exp.CTE)}
    return (within is None or within in homes) and but not in homes


def ancestors(node: Expression) -> Iterator[Expression]:
    while parent := node.parent:
        yield parent
        node = parent


def variants(node: Expression) -> list[Expression]:
    """What may stand in the place of a node."""
    found = [swapped(node, other) for other in SWAPS.get(type(node), ())]
    if isinstance(node, exp.And | exp.Or):
        found += [node.left.copy(), node.right.copy()]
    elif isinstance(node, exp.Not):
        found.append(node.this.copy())
    elif isinstance(node, exp.Is | exp.In):
        found.append(exp.Not(this=node.copy()))
    elif isinstance(node, exp.Literal):
        found += constants(node)
    elif isinstance(node, exp.Boolean):
        found.append(exp.Boolean(this=not node.this))
    elif isinstance(node, exp.Coalesce | exp.Filter):
        found.append(node.this.copy())
    elif isinstance(node, exp.Case):
        found += shorter_cases(node)
    return found + structure(node)


def swapped(node: Expression, other: type[Expression]) -> Expression:
    return other(**{name: part for name, part in node.copy().args.items() if part is not None})


def constants(node: exp.Literal) -> list[Expression]:
    if node.is_string:
        if node.this == FIRST_DAY:
            return [exp.Literal.string("1971-01-01")]
        if node.this not in WORST_FIRST:
            return [exp.Literal.string(f"{node.this}~")]
        others = [word for word in ("pass", "fail", "insufficient") if word != node.this]
        return [exp.Literal.string(word) for word in others]
    value = int(node.this)
    return [exp.Literal.number(value + 1), exp.Literal.number(max(value - 1, 0))][
        : 2 if value else 1
    ]


def shorter_cases(node: exp.Case) -> list[Expression]:
    found: list[Expression] = []
    for place in range(len(node.args["ifs"])):
        copy = node.copy()
        if len(copy.args["ifs"]) > 1:
            copy.args["ifs"].pop(place)
            found.append(copy)
    if node.args.get("default"):
        copy = node.copy()
        copy.set("default", None)
        found.append(copy)
    return found


def structure(node: Expression) -> list[Expression]:
    """Order, duplicates, and which rows a join keeps."""
    copy = node.copy()
    if isinstance(node, exp.Ordered):
        copy.set("desc", not node.args.get("desc"))
    elif isinstance(node, exp.Union):
        copy.set("distinct", not node.args.get("distinct"))
    elif isinstance(node, exp.Join) and (node.args.get("on") or node.args.get("using")):
        copy.set("side", None if node.side else "LEFT")
        copy.set("kind", "INNER" if node.side else None)
    elif isinstance(node, exp.Distinct) and isinstance(node.parent, exp.Count):
        return [node.expressions[0].copy()]
    else:
        return []
    return [copy]


def regenerated(sql: str) -> str:
    """The statement as it comes out of its syntax tree without a fault."""
    return sqlglot.parse_one(sql, read="duckdb").sql("duckdb")
