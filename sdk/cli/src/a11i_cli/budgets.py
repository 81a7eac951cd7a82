"""`a11i budgets`: what calls may cost, what is spent of it, and when a threshold was reached. For administrators."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import Any

from rich.text import Text

from a11i.tokenization.v1 import tokenization_service_pb2 as pb
from a11i_cli.delivery import actor, print_json
from a11i_cli.errors import printable
from a11i_cli.layout import Column
from a11i_cli.options import positive
from a11i_cli.screen import make_console, print_fitting
from a11i_cli.tokenization import CALL_TIMEOUT_S, connected, tokenization_options
from a11i_cli.values import enum_word, show_timestamp, show_usd

LARGEST_PAGE = 1_000
PERIODS = {name.removeprefix("BUDGET_PERIOD_").lower(): number for name, number in pb.BudgetPeriod.items() if number}
BUDGETS = (
    Column("budget", flexible=True),
    Column("spent", right=True),
    Column("of", right=True),
    Column("%", right=True),
    Column("each"),
    Column("until", optional=True),
    Column("unpriced calls", right=True, optional=True),
    Column("for", flexible=True, optional=True),
)
EVENTS = (
    Column("when"),
    Column("budget", flexible=True),
    Column("reached", right=True),
    Column("spent", right=True),
    Column("of", right=True),
    Column("each"),
    Column("since", optional=True),
)


def add_commands(areas: argparse._SubParsersAction[Any]) -> None:
    """Adds the commands to the command line's areas."""
    connection = tokenization_options()
    area = areas.add_parser("budgets", help="what calls may cost, and what is spent of it")
    commands = area.add_subparsers(required=True, metavar="COMMAND")

    put = commands.add_parser(
        "put",
        help="store a budget, in place of the one of that name",
        description="All that is given must fit a call for it to count; without any, all of the tenant's calls do.",
        parents=[connection],
    )
    put.set_defaults(run=_put)
    put.add_argument("name", metavar="NAME")
    put.add_argument("limit", metavar="DOLLARS", help="such as 250 or 99.50")
    put.add_argument("--each", choices=PERIODS, default="month", help="how often it begins anew (default: month)")
    put.add_argument("--project", metavar="ID", default="", help="calls of this project")
    put.add_argument("--key", metavar="ID", default="", help="calls that came with this API key, by the key's id")
    put.add_argument("--user", metavar="NAME", default="", help="calls of this user, as stored spans name them")
    put.add_argument("--model", metavar="PATTERN", default="", help="calls of these models, such as gpt-4o*")
    put.add_argument(
        "--threshold",
        metavar="PERCENT",
        type=positive,
        action="append",
        help="default: 50, 80, 100; may be repeated",
    )

    list_ = commands.add_parser("list", help="the budgets and what is spent of them", parents=[connection])
    list_.set_defaults(run=_list)
    delete = commands.add_parser("delete", help="delete a budget; its events stay", parents=[connection])
    delete.set_defaults(run=_delete)
    delete.add_argument("name", metavar="NAME")
    events = commands.add_parser("events", help="thresholds that were reached, the latest first", parents=[connection])
    events.set_defaults(run=_events)
    events.add_argument("name", metavar="NAME", nargs="?", default="", help="of this budget (default: of all)")
    events.add_argument("--limit", metavar="N", type=positive, default=20, help="at most this many (default: 20)")
    for command in (list_, events):
        command.add_argument("--wide", action="store_true", help="all columns in full, however wide the terminal is")


def _put(arguments: argparse.Namespace) -> None:
    with connected(arguments) as to:
        budget = pb.Budget(
            tenant_id=to.tenant_id,
            name=arguments.name,
            project_id=arguments.project,
            key_id=arguments.key,
            user_id=arguments.user,
            model=arguments.model,
            period=PERIODS[arguments.each],
            limit_usd=arguments.limit,
            threshold_percents=arguments.threshold or (),
            actor=actor(),
        )
        request = pb.PutBudgetRequest(budget=budget)
        stored = to.stub.PutBudget(request, timeout=CALL_TIMEOUT_S, metadata=to.metadata).budget
    if not print_json(arguments, stored):
        percents = ", ".join(f"{percent}%" for percent in stored.threshold_percents)
        print(f"{printable(stored.name)}: ${stored.limit_usd} each {_each(stored)}, told of at {percents}")


def _list(arguments: argparse.Namespace) -> None:
    with connected(arguments) as to:
        request = pb.ListBudgetsRequest(tenant_id=to.tenant_id)
        found = to.stub.ListBudgets(request, timeout=CALL_TIMEOUT_S, metadata=to.metadata)
    if print_json(arguments, found):
        return
    if not found.budgets:
        print("there are no budgets")
        return
    now = datetime.now(UTC).astimezone()
    print_fitting(make_console(), BUDGETS, [_cells(one, now) for one in found.budgets], wide=arguments.wide)


def _delete(arguments: argparse.Namespace) -> None:
    with connected(arguments) as to:
        request = pb.DeleteBudgetRequest(tenant_id=to.tenant_id, name=arguments.name)
        found = to.stub.DeleteBudget(request, timeout=CALL_TIMEOUT_S, metadata=to.metadata)
    if not print_json(arguments, found):
        print(f"{printable(arguments.name)} is deleted")


def _events(arguments: argparse.Namespace) -> None:
    found = pb.ListBudgetEventsResponse()
    with connected(arguments) as to:
        request = pb.ListBudgetEventsRequest(tenant_id=to.tenant_id, budget=arguments.name)
        while len(found.events) < arguments.limit:
            request.page_size = min(arguments.limit - len(found.events), LARGEST_PAGE)
            page = to.stub.ListBudgetEvents(request, timeout=CALL_TIMEOUT_S, metadata=to.metadata)
            found.events.extend(page.events)
            found.next_page_token = request.page_token = page.next_page_token
            if not page.next_page_token:
                break
    if print_json(arguments, found):
        return
    if not found.events:
        print("no threshold was reached")
        return
    now = datetime.now(UTC).astimezone()
    rows = [
        [
            Text(show_timestamp(one.time, now)),
            Text(printable(one.budget.name)),
            Text(f"{one.threshold_percent}%"),
            Text(show_usd(one.spent_usd)),
            Text(f"${one.budget.limit_usd}"),
            Text(_each(one.budget)),
            Text(show_timestamp(one.period_start, now)),
        ]
        for one in found.events
    ]
    print_fitting(make_console(), EVENTS, rows, wide=arguments.wide)


def _cells(one: pb.BudgetStatus, now: datetime) -> list[Text]:
    budget, known = one.budget, one.HasField("spent_usd")
    fits = {"project": budget.project_id, "key": budget.key_id, "user": budget.user_id, "model": budget.model}
    return [
        Text(printable(budget.name)),
        Text(show_usd(one.spent_usd) if known else "-"),
        Text(f"${budget.limit_usd}"),
        Text(f"{100 * one.spent_usd / float(budget.limit_usd):.0f}" if known else "-"),
        Text(_each(budget)),
        Text(show_timestamp(one.period_end, now)),
        Text(f"{one.unpriced_call_count:,}" if known else "-"),
        Text(" ".join(f"{name}={printable(value)}" for name, value in fits.items() if value) or "all calls"),
    ]


def _each(budget: pb.Budget) -> str:
    return enum_word(pb.BudgetPeriod, budget.period, "BUDGET_PERIOD_")
