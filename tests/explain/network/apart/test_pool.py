"""Places for processes: how many there are, who gives way, who waits."""

from __future__ import annotations

import threading

import pytest

from explain.network.apart.pool import Pool
from explain.network.errors import NetworkError


class Member:
    def __init__(self, allowance: int = 1) -> None:
        self.allowance, self.alive, self.gave = allowance, False, 0

    def give_way(self) -> None:
        assert self.alive
        self.alive, self.gave = False, self.gave + 1


def use(pool: Pool, *members: Member) -> None:
    for member in members:
        with pool.place(member):
            member.alive = True


def test_the_one_longest_out_of_use_gives_way():
    pool, (a, b, c, d) = Pool(most=3), [Member() for _ in range(4)]
    use(pool, a, b, c, a, d)
    assert [member.alive for member in (a, b, c, d)] == [True, False, True, True]
    use(pool, b)
    assert [member.gave for member in (a, b, c, d)] == [0, 1, 1, 0]


def test_memory_counts_too_and_one_alone_may_take_all_of_it():
    pool, small, medium, large = Pool(most=3, memory=10), Member(3), Member(6), Member(50)
    use(pool, small, medium)
    assert small.alive and medium.alive
    use(pool, large)
    assert large.alive and not small.alive and not medium.alive
    use(pool, small)
    assert small.alive and not large.alive


def test_who_is_at_work_does_not_give_way_and_a_process_that_has_ended_holds_no_place():
    pool, (a, b, c) = Pool(most=2, patience=0.05), [Member() for _ in range(3)]
    with pool.place(a):
        a.alive = True
        use(pool, b, c)
        assert a.alive and not b.alive
        with pool.place(c), pytest.raises(NetworkError, match="try again in a few seconds"), pool.place(b):
            pytest.fail("there was no place")
    a.alive = False
    use(pool, b)
    assert c.alive and b.alive


def test_who_waits_gets_the_place_as_soon_as_it_is_free():
    pool, a, b, inside, got = Pool(most=1, patience=10), Member(), Member(), threading.Event(), threading.Event()

    def wait():
        inside.set()
        with pool.place(b):
            got.set()

    with pool.place(a):
        a.alive = True
        thread = threading.Thread(target=wait)
        thread.start()
        inside.wait(5)
        assert not got.wait(0.05)
    assert got.wait(5) and a.gave == 1
    thread.join()
    pool.leave(b)
    use(pool, a)
    assert a.alive


def test_nobody_gives_way_to_one_for_whom_there_would_still_be_no_room():
    pool, busy, idle, large = Pool(most=3, memory=10, patience=0.05), Member(6), Member(2), Member(8)
    use(pool, idle)
    with pool.place(busy):
        busy.alive = True
        with pytest.raises(NetworkError), pool.place(large):
            pass
        assert idle.alive and idle.gave == 0
    use(pool, large)
    assert large.alive
