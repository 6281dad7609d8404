"""The limits of an agent: turns, tokens, money and time. One that is reached is a fault that names it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.conversation import Spent, decimal_of
from engine.decide.faults import Fault, standard_error
from engine.definition.durations import duration_ms

TURNS_DEFAULT = 25
ATTEMPTS_DEFAULT = 5


def limit_reached(name: str, detail: str) -> dict[str, Any]:
    """Give the error of a limit."""
    kind = "timeout" if name == "wallTime" else "runtime"
    return {**standard_error(kind, f"limits.{name}: {detail}"), "title": "Agent Limit Reached", "limit": name}


def check_limits(plan: dict[str, Any], spent: Spent) -> None:
    """Raise a `Fault` when nothing more may be begun."""
    limits = plan.get("limits") or {}
    turns = limits.get("turns", TURNS_DEFAULT)
    if spent.turns >= turns:
        raise Fault(limit_reached("turns", f"the model was asked {spent.turns} times, and {turns} are allowed"))
    tokens = limits.get("tokens")
    if tokens is not None and spent.tokens >= tokens:
        raise Fault(limit_reached("tokens", f"{spent.tokens} tokens were used, and {tokens} are allowed"))
    if limits.get("money") is not None:
        _check_money(limits["money"], spent)


def _check_money(money: dict[str, Any], spent: Spent) -> None:
    currency, allowed = money["currency"], _amount(money)
    if spent.unpriced:
        models = ", ".join(spent.unpriced)
        detail = f"limits.money cannot be kept: no price is known for {models}; add it to the table of prices"
        raise Fault(standard_error("configuration", detail))
    other = sorted(set(spent.amounts) - {currency})
    if other:
        detail = f"limits.money is in {currency}, and the price of the model in {', '.join(other)}; use one currency"
        raise Fault(standard_error("configuration", detail))
    used = spent.amounts.get(currency, Decimal(0))
    if used >= allowed and spent.turns:
        raise Fault(limit_reached("money", f"{used:f} {currency} were spent, and {allowed:f} are allowed"))


def check_plan(plan: dict[str, Any]) -> None:
    """Raise a `Fault` for limits and messages that mean nothing. Expressions may have given anything."""
    limits = plan.get("limits") or {}
    if not isinstance(limits, dict):
        raise _wrong("limits", "an object", limits)
    for name in ("turns", "tokens", "attempts"):
        value = limits.get(name, 1)
        if type(value) is not int or value < 1:
            raise _wrong(f"limits.{name}", "a whole number from 1", value)
    money = limits.get("money")
    if money is not None:
        if not isinstance(money, dict) or not isinstance(money.get("currency"), str):
            raise _wrong("limits.money", "{amount, currency}", money)
        _amount(money)
    for name in ("messages", "images"):
        if not isinstance(plan.get(name) or [], list):
            raise _wrong(name, "a list", plan[name])
    if not isinstance(plan.get("output") or {}, dict):
        raise _wrong("output", "{schema}", plan["output"])
    if not isinstance(plan.get("approval", {}), dict):
        raise _wrong("approval", "an object as `human_approval` takes it", plan["approval"])
    if plan.get("prompt") is None and not plan.get("messages"):
        raise Fault(standard_error("configuration", "with: expected a `prompt` or `messages`, found neither"))


def wall_time_ms(plan: dict[str, Any]) -> int | None:
    """Give how long the agent may take in all, in milliseconds."""
    given = (plan.get("limits") or {}).get("wallTime")
    if given is None:
        return None
    try:
        return duration_ms(given)
    except ValueError as error:
        raise Fault(standard_error("configuration", f"with.limits.wallTime: {error}")) from error


def attempts_max(plan: dict[str, Any]) -> int:
    """Give how often one model call is tried."""
    return int((plan.get("limits") or {}).get("attempts", ATTEMPTS_DEFAULT))


def _amount(money: dict[str, Any]) -> Decimal:
    amount = decimal_of(money.get("amount"))
    if amount is None or amount <= 0:
        raise _wrong("limits.money.amount", "a number above 0", money.get("amount"))
    return amount


def _wrong(where: str, expected: str, found: Any) -> Fault:
    return Fault(standard_error("configuration", f"with.{where}: expected {expected}, found {found!r:.80}"))
