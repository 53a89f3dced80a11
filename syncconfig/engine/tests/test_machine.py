"""A machine that looks for what nobody imagined: people edit both sides, answers get lost, processes die, filters change; then all must agree."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from connectors.base import Presence, Record, Write
from connectors.errors import AlreadyExists, Rejected
from connectors.vocabulary import Direction
from syncconfig.engine.filters import Condition, Rules
from syncconfig.engine.spec import Side
from syncconfig.engine.state import State
from syncconfig.engine.store import Batch
from syncconfig.engine.tests.world import World, make_spec

EMAILS = st.sampled_from(["a@x.example", "B@x.example", "b@x.example", "c@y.example", None])
NAMES = st.sampled_from(["Acme", "acme ", "Bolt", "Cedar", "Dune: Co", None])
PHONES = st.sampled_from([None, "1", "2", "3-3", "9" * 30])
PEOPLE = st.sampled_from(["Ann", "Bob", None])
PLACES = st.integers(0, 7)
NARROW: Rules = ((Condition("phone", "known"),),)
NARROW_RIGHT: Rules = ((Condition("tel", "known"),),)


class Crash(BaseException):
    """The process is gone."""


class SyncMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.world = World(make_spec())
        self.people_made = {Side.LEFT: 0, Side.RIGHT: 0}
        self.narrow = False

    # What people do.

    @rule(email=EMAILS, company=NAMES, phone=PHONES, first=PEOPLE)
    def somebody_creates_a_contact(self, email: str | None, company: str | None, phone: str | None, first: str | None) -> None:
        self._tolerated(lambda: self.world.contact(email, company=company, phone=phone, first=first), Side.LEFT)

    @rule(mail=EMAILS, name=st.sampled_from(["Acme", "Bolt", "Cedar", "Elm", "Fig"]), tel=st.sampled_from([None, "1", "2"]))
    def somebody_creates_a_customer(self, mail: str | None, name: str, tel: str | None) -> None:
        self._tolerated(lambda: self.world.customer(name, mail, tel=tel), Side.RIGHT)

    @rule(place=PLACES, email=EMAILS, phone=PHONES, first=PEOPLE)
    def somebody_edits_a_contact(self, place: int, email: str | None, phone: str | None, first: str | None) -> None:
        record = self._pick(Side.LEFT, place)
        if record:
            self._tolerated(lambda: self.world.left.edit(record.id, {"email": email, "phone": phone, "first": first}))

    @rule(place=PLACES, mail=EMAILS, tel=st.sampled_from([None, "1", "2"]), given_name=PEOPLE)
    def somebody_edits_a_customer(self, place: int, mail: str | None, tel: str | None, given_name: str | None) -> None:
        record = self._pick(Side.RIGHT, place)
        if record:
            self._tolerated(lambda: self.world.right.edit(record.id, {"mail": mail, "tel": tel, "given": given_name}))

    @rule(place=PLACES, side=st.sampled_from(list(Side)), how=st.sampled_from(["remove", "deactivate", "activate"]))
    def somebody_removes_or_restores(self, place: int, side: Side, how: str) -> None:
        record = self._pick(side, place)
        if record and (how != "activate" or record.presence is Presence.INACTIVE):
            getattr(self._account(side), how)(record.id)

    # What goes wrong.

    @rule(side=st.sampled_from(list(Side)), moment=st.sampled_from(["before", "after"]), crash=st.booleans(), skip=st.integers(0, 3))
    def an_answer_will_be_lost(self, side: Side, moment: str, crash: bool, skip: int) -> None:
        left = [skip]
        account = self._account(side)

        def disturb(at: str, write: Write) -> bool:
            if at != moment:
                return False
            left[0] -= 1
            if left[0] >= 0:
                return False
            account.disturb = None
            if crash:
                raise Crash
            return True

        account.disturb = disturb

    @rule(skip=st.integers(0, 5), before=st.booleans())
    def our_database_will_fail_us(self, skip: int, before: bool) -> None:
        store, left = self.world.store, [skip]
        save = type(store).save

        def failing(batch: Batch) -> None:
            left[0] -= 1
            if left[0] >= 0:
                save(store, batch)
                return
            del store.save  # type: ignore[attr-defined]
            if not before:
                save(store, batch)
            raise Crash

        store.save = failing  # type: ignore[method-assign]

    @rule()
    def the_filter_changes(self) -> None:
        self.narrow = not self.narrow
        self.world.settings(rules={Direction.TO_RIGHT: NARROW, Direction.TO_LEFT: NARROW_RIGHT} if self.narrow else {})

    @rule(full=st.booleans())
    def a_run(self, full: bool) -> None:
        self._sync(full=full)

    @precondition(lambda self: self.world.store.cursors)
    @rule()
    def the_feed_forgets(self) -> None:
        self.world.right.expire_cursors()

    @rule()
    def quiet(self) -> None:
        """Faults off, until a run writes nothing: then everything must be right."""
        self.world.left.disturb = self.world.right.disturb = None
        self.world.store.__dict__.pop("save", None)
        for _ in range(6):
            self.world.pass_time(hours=2)
            before = self.world.writes()
            self.world.sync(full=True, unguarded=True)
            if self.world.writes() == before:
                break
        else:
            raise AssertionError("the runs do not come to rest")
        self._check_agreement()

    @invariant()
    def nothing_is_doubled(self) -> None:
        """At most one record on each side for every record that a person made anywhere."""
        made = sum(self.people_made.values())
        assert len(self.world.left.rows) <= made
        assert len(self.world.right.rows) <= made

    @invariant()
    def links_are_a_bijection(self) -> None:
        for side in Side:
            ids = [s.id for row in self.world.store.rows.values() if (s := row.side(side))]
            assert len(ids) == len(set(ids))

    def _check_agreement(self) -> None:
        for row in self.world.store.rows.values():
            assert row.state is not State.PENDING, row
            if row.state is not State.IN_SYNC:
                continue
            assert row.left, row
            assert row.right, row
            left, right = self.world.left.current(row.left.id).fields, self.world.right.current(row.right.id).fields
            assert left["phone"] == right["tel"], row
            assert left["first"] == right["given"], row
            assert (left["email"] or "").lower() == (right["mail"] or "").lower(), row
            assert left["mark"] == right["key"], row
            if self.narrow:
                assert left["phone"] or right["tel"], row

    def _sync(self, **options: bool) -> None:
        try:
            self.world.sync(unguarded=True, **options)
        except Crash:
            return

    def _account(self, side: Side):  # type: ignore[no-untyped-def]
        return self.world.left if side is Side.LEFT else self.world.right

    def _pick(self, side: Side, place: int) -> Record | None:
        there = self._account(side).standing()
        return there[place % len(there)] if there else None

    def _tolerated(self, act: Callable[[], object], made: Side | None = None) -> None:
        """What the provider itself refuses a person is no event."""
        try:
            act()
        except (Rejected, AlreadyExists):
            return
        if made:
            self.people_made[made] += 1


TestSyncMachine = SyncMachine.TestCase
TestSyncMachine.settings = settings(
    max_examples=300, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None
)
