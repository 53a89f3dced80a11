"""What payments received in HubSpot cost in a period."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from connectors.vocabulary import Kind
from syncconfig.models import ObjectSync
from syncconfig.money import Fee, FeeSum, fee_sums, fees, last_month
from syncconfig.spreadsheet import as_csv


def day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"{text} is no day; write it as 2026-11-23.", returncode=2) from None


class Command(BaseCommand):
    help = "processing and platform fees of payments received in HubSpot in a period, to be entered as an expense in QuickBooks."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", dest="first", help="first day, as 2026-11-01; without it, the calendar month before this one")
        parser.add_argument("--to", dest="last", help="last day, included")
        parser.add_argument("--csv", action="store_true", help="every payment, for a spreadsheet")
        parser.add_argument("--json", action="store_true", help="for programs")

    def handle(self, *args: Any, **options: Any) -> None:
        first, last = last_month(timezone.localdate())
        first = day(options["first"]) if options["first"] else first
        last = day(options["last"]) if options["last"] else max(first, last)
        if first > last:
            raise CommandError("The period ends before it begins.", returncode=2)
        syncs = ObjectSync.objects.settled().filter(kind=Kind.PAYMENT).select_related("left", "right")
        found = [fee for sync in syncs for fee in fees(sync.left, sync.right, first, last)]
        self.stdout.write(as_file(found) if options["csv"] else as_json(found, first, last) if options["json"] else as_text(found, first, last))


def as_file(found: list[Fee]) -> str:
    head = ("date", "invoice", "amount", "currency", "processing_fee", "platform_fee", "fees")
    return as_csv(head, [(f.on.isoformat(), f.invoice, f.amount, f.currency, f.processing, f.platform, f.fees) for f in found])


def as_json(found: list[Fee], first: date, last: date) -> str:
    sums = [
        {"currency": s.currency, "payments": s.count, "amount": str(s.amount), "processing_fee": str(s.processing), "platform_fee": str(s.platform)}
        for s in fee_sums(found)
    ]
    return json.dumps({"from": first.isoformat(), "to": last.isoformat(), "sums": sums})


def as_text(found: list[Fee], first: date, last: date) -> str:
    head = f"Payments received in HubSpot from {first} to {last}"
    return "\n".join([head, *map(_sum_text, fee_sums(found))] if found else [head, "  none"])


def _sum_text(s: FeeSum) -> str:
    return f"  {s.currency}: {s.count} payments, {s.amount}. Processing fees {s.processing}, platform fees {s.platform}: {s.fees} in all."
