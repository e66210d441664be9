"""A memcached whose crawler, which alone lists its keys, is not there, busy, hung, cut off or lying: a clear error, and nothing
hangs."""

import concurrent.futures
import signal

from faults.kinds import half
from faults.proxy import CLOSE, RESET, SILENCE
from faults.stage import PATIENT, TIMEOUTS, fault
from lib import resp
from lib.cases import check, equal, eventually

WALKS = (["KEYS", "*"], ["SCAN", "0"], ["CACHETTE", "CLEAR", "ns"], ["DBSIZE"], ["RANDOMKEY"])
CANNOT = b"-ERR backend 'memcached' "


def listed(reply, before):
    return reply.startswith(b"key=")


def listed_behind_one(reply, before):
    return listed(reply, b"") and listed(before, b"")


def end_of_list(reply, before):
    return reply == b"END\r\n"


class Keys:
    """A stage with 100 keys, nobody else asks."""

    def __init__(self, stage, **more):
        self.stage = stage(**{"timeouts": {**TIMEOUTS, "request": "3s"}, **more})

    def __enter__(self):
        s = self.stage.__enter__()
        s.load.pause()
        self.connection = s.daemon.connect(30)
        equal(self.connection.raw("FLUSHALL"), b"+OK\r\n")
        self.fill()
        return self

    def fill(self):
        equal(self.connection.raw("MSET", *(word for i in range(100) for word in ("k:%d" % i, "v"))), b"+OK\r\n")

    def __exit__(self, *what):
        self.connection.close()
        self.stage.load.lossy = True
        self.stage.load.resume()
        try:
            if what[0] is None:
                self.stage.served()
        finally:
            self.stage.__exit__(*what)

    def fails(self, words, *reasons):
        """An error that names the server and one of the reasons; the connection is in step."""
        reply = self.connection.raw(*words)
        check(reply.startswith(CANNOT) and self.stage.named.encode() in reply, "%r to %s", reply, words)
        check(any(reason in reply.decode() for reason in reasons), "%r to %s, not %s", reply, words, reasons)
        equal(self.connection.raw("PING"), b"+PONG\r\n")

    def works(self):
        eventually(lambda: self.connection.raw("KEYS", "*")[:1] == b"*", "a list of keys")
        equal(len(self.connection.call("KEYS", "*")), 100)
        equal(self.connection.raw("DBSIZE"), b":100\r\n")


@fault
def crawler_is_not_there(stage):
    """-o no_lru_crawler: what needs it says so, all else works."""
    with Keys(stage, options=["-o", "no_lru_crawler"]) as k:
        for words in WALKS:
            k.fails(words, "it does not list its keys (lru_crawler metadump)")
        equal(k.connection.raw("GET", "k:1"), b"$1\r\nv\r\n")


@fault
def no_list_is_told_as_a_whole_one(stage):
    """Of many who ask at once, also those whose list failed while others waited for the next one."""
    with Keys(stage, options=["-o", "no_lru_crawler"]) as k:
        connections = [k.stage.daemon.connect(30) for _ in range(30)]
        for _ in range(10):
            for words in WALKS:
                for connection in connections:
                    connection.send(resp.encode(*words))
                for connection in connections:
                    reply = connection.reply()
                    check(reply.startswith(CANNOT), "%r to %s", reply, words)
        for connection in connections:
            connection.close()


@fault
def crawler_lies(stage):
    with Keys(stage, timeouts=PATIENT) as k:
        s = k.stage
        for wanted in (listed, listed_behind_one, end_of_list):
            for pieces in ((b"HD\r\n",), (b"\x00garbage\n",), (b"END\r\nEND\r\n",), (half, CLOSE), (RESET,), (b"VA 3\r\nabc\r\n",)):
                for words in WALKS:
                    done = s.proxy.replace_one(wanted, *pieces)
                    reply = k.connection.raw(*words)
                    check(done.is_set(), "nothing was listed for %s", words)
                    if pieces[0] != b"END\r\nEND\r\n":  # an end too early cannot be told from a right one
                        check(reply.startswith(CANNOT), "%r to %s with %s", reply, words, pieces)
                    s.proxy.hook = None
                    equal(k.connection.raw("GET", "k:1"), b"$1\r\nv\r\n")
                    eventually(lambda: k.connection.raw("KEYS", "none")[:1] == b"*", "it lists again")
        for text in (b"key=%ZZ%4 exp=x\n", b"key= exp=\n", b"key=k:1\n", b"key=" + b"a" * 3000 + b" exp=-1 la=1\n"):
            for words in WALKS[:4]:  # a key that is none
                done = s.proxy.replace_one(listed, text)
                reply = k.connection.raw(*words)
                check(done.is_set() and reply[:1] in b"*:", "%r to %s with %s", reply, words, text)
            s.proxy.hook = None
        k.works()


@fault
def crawler_is_silent_in_a_list(stage):
    with Keys(stage, timeouts={**TIMEOUTS, "stall": "1500ms"}) as k:
        for words in WALKS[:3]:
            k.stage.proxy.replace_one(listed_behind_one, half, SILENCE)
            k.fails(words, "timeouts.request", "timeouts.stall", "timeouts.connect")
            k.stage.proxy.hook = None
            k.stage.proxy.release()
            eventually(k.stage.ready, "ready")
            k.works()


@fault
def lists_while_it_hangs(stage):
    with Keys(stage) as k, concurrent.futures.ThreadPoolExecutor(len(WALKS)) as pool:
        k.stage.store.signal(signal.SIGSTOP)

        def ask(words):
            with k.stage.daemon.connect(30) as connection:
                return words, connection.raw(*words)

        for words, reply in pool.map(ask, WALKS):
            check(reply.startswith(CANNOT) and k.stage.named.encode() in reply, "%r to %s", reply, words)
        k.stage.store.signal(signal.SIGCONT)
        eventually(k.stage.ready, "ready")
        k.works()


@fault
def lists_while_it_is_killed(stage):
    """In the midst of a list, and before the next ones."""
    with Keys(stage) as k:
        for words in WALKS[:3]:
            k.stage.proxy.replace_one(listed_behind_one, lambda _: k.stage.store.signal(signal.SIGKILL) or b"", CLOSE)
            k.fails(words, "closed", "reset", "refused")
            k.stage.proxy.hook = None
            k.stage.store.wait()
            for more in WALKS:
                k.fails(more, "closed", "reset", "refused")
            k.stage.store.restart()
            eventually(k.stage.ready, "ready")
            k.fill()
            k.works()


@fault
def crawler_is_busy(stage):
    """With somebody else's list: it is asked again and again, until timeouts.stall."""
    busy = b"BUSY currently processing crawler request\r\n"
    with Keys(stage, timeouts={**TIMEOUTS, "stall": "500ms", "request": "5s"}) as k:
        left = [0]

        def hook(reply, before):
            """So many lists are refused; of each only the first line is seen, the rest is dropped."""
            if listed(reply, b"") and left[0] > 0:
                return []
            if end_of_list(reply, b"") and left[0] > 0:
                left[0] -= 1
                return [busy]
            return None

        k.stage.proxy.hook = hook
        for words in WALKS:
            left[0] = 3
            reply = k.connection.raw(*words)
            check(reply[:1] in b"*:$", "%r to %s", reply, words)
            equal(left[0], 0, "refused lists")
        for words in WALKS:
            left[0] = 1 << 30
            k.fails(words, "its crawler is busy with another walk")
            left[0] = 0
            k.works()


@fault
def a_client_leaves_while_keys_are_listed(stage):
    with Keys(stage, timeouts={**TIMEOUTS, "stall": "1h", "request": "1h"}) as k:
        for words in WALKS:
            k.stage.proxy.replace_one(listed_behind_one, half, SILENCE)
            with k.stage.daemon.connect() as leaver:
                leaver.send(resp.encode(*words) + resp.encode("GET", "k:1"))
                eventually(lambda: not k.stage.proxy.open_gate.is_set(), "half a list")
            k.stage.proxy.hook = None
            k.stage.proxy.release()
            k.stage.proxy.end(CLOSE)
            eventually(k.stage.ready, "ready")
            k.works()
