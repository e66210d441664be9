"""Rings as cachetted and the client libraries are told of them: which servers, and what chooses one for a key."""

from lib import memcache, servers

DISTRIBUTIONS = ("modula", "consistent", "ketama", "ketama_weighted")
HASHES = ("default", "md5", "crc", "fnv1_64", "fnv1a_64", "fnv1_32", "fnv1a_32", "murmur", "jenkins", "murmur3")
BURST = 500


class Place:
    """Running memcacheds: `tcp` of them on ports, `unix` on sockets. `weights`: of the first; the others have 1."""

    def __init__(self, name, tcp, unix=0, weights=()):
        self.name = name
        self.unix = unix > 0
        self.servers = [servers.Memcached() for _ in range(tcp)] + [servers.Memcached(unix=True) for _ in range(unix)]
        self.weights = list(weights) + [1] * (len(self.servers) - len(weights))

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        for server in self.servers:
            server.stop()

    def pairs(self):
        return list(zip(self.servers, self.weights))

    def holders(self, tag, keys):
        """For each key the numbers of the servers where its value has that tag."""
        found = [[] for _ in keys]
        for number, server in enumerate(self.servers):
            with server.connect() as connection:
                for begin in range(0, len(keys), BURST):
                    some = keys[begin : begin + BURST]
                    connection.send(b"".join(b"mg %b v\r\n" % key for key in some))
                    replies = memcache.units(connection.replies(len(some)))
                    for at, (_, data) in enumerate(replies, begin):
                        if data == tag + keys[at] + b"\r\n":
                            found[at].append(number)
        return found


class Ring:
    """Over the servers of a place, by a distribution and a hash."""

    def __init__(self, place, distribution, hash_name="default"):
        self.place = place
        self.distribution = distribution
        self.hash = hash_name

    def title(self):
        words = [self.distribution, self.hash, self.place.name]
        return " ".join(word for word in words if word != "default")

    def suits(self, name, client):
        return self.hash in client.hashes and (client.unix or not self.place.unix)

    def config(self):
        """Of a cachetted that keeps its values there."""
        hosts = [server.host() + (":%d" % weight if weight != 1 else "") for server, weight in self.place.pairs()]
        chosen = {"distribution": self.distribution, "hash": self.hash}
        return {"memcached_host": ",".join(hosts), "memcached": chosen}

    def words(self):
        """Of a client library's program."""
        hosts = [server.host() + (":0" if server.unix else "") for server in self.place.servers]
        return [self.distribution, self.hash, *("%s:%d" % each for each in zip(hosts, self.place.weights))]


class Written(Ring):
    """In the words of libmemcached's own options, `{servers}` among them: what stands first there is done first."""

    def __init__(self, place, text):
        super().__init__(place, "--")
        hosts = ["--SERVER=%s/?%d" % (server.host(), weight) for server, weight in place.pairs()]
        self.pattern = text
        self.text = text.format(servers=" ".join(hosts))

    def title(self):
        return "%s %s" % (self.pattern, self.place.name)

    def suits(self, name, client):
        return name == "libmemcached"

    def config(self):
        return {"memcached_host": self.text}

    def words(self):
        return [self.text]
