# commands.deny is about Redis clients' commands: this port is not bound by it.
--- daemon-only memcached has no such rules
--- option commands.deny=[get, set, del]

=== names that both protocols have
>>> set k 0 0 1
>>> v
<<< STORED
>>> get k
<<< VALUE k 0 1
<<< v
<<< END
>>>[resp] GET k
<<<[resp] -ERR command 'get' is denied (commands.deny)
>>> delete k
<<< DELETED
