"""What the tests of the cachette library share: its configuration, and cases that run at several places."""

import asyncio
import functools
import os
import sys
import warnings

warnings.filterwarnings("ignore")  # the library's pydantic is of another age
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
import pydantic  # noqa: E402
import redis  # noqa: E402
from cachette import Cachette  # noqa: E402

from lib.cases import Suite  # noqa: E402

HOST, PORT = os.environ["HOST"], int(os.environ["PORT"])
if "TABLE" in os.environ:  # no pydantic that the library can be installed with takes its DynamoDB backend as it is
    pydantic.BaseModel.model_config["arbitrary_types_allowed"] = True
    from cachette.backends import dynamodb

    dynamodb.get_session = functools.cache(dynamodb.get_session)  # each would read the SDK's descriptions anew: a tenth of a second


class Stage(Suite):
    """`places`: a name for each place where the library is used, and where that is; `settings` of it are the library's."""

    def __init__(self, name, places, settings):
        super().__init__(name)
        self.places, self.settings = places, settings

    def library(self, place, codec=None, ttl=60):
        """The library, configured as an app does it. Its configuration is one for the whole process."""
        settings = [*self.settings(place).items(), ("ttl", ttl)]
        Cachette._codec = "vanilla"
        Cachette.load_config(lambda: settings + ([("codec", codec)] if codec else []))
        return Cachette()

    def everywhere(self, body):
        """Makes one case a place of the coroutine function body(client, place), with an empty store."""
        for where, place in self.places.items():

            def play(place=place):
                with redis.Redis(HOST, PORT) as client:
                    client.flushall()
                    asyncio.run(body(client, place))

            play.__name__ = "%s, %s" % (body.__name__, where)
            self.case(play)
        return body


async def raises(kind, awaitable):
    try:
        got = await awaitable
    except kind as error:
        return str(error)
    raise AssertionError("%s was expected, got %r" % (kind.__name__, got))
