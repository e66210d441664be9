# Values over the limit: swallowed, answered, the old value deleted by set and ms, kept by the others.
--- option limits.max_value=1MiB
--- memcached-option -I 1m

=== set deletes what was there
>>> set a 0 0 3
>>> old
<<< STORED
>>> set a 0 0 1048577
>>> {{v*1048577}}
<<< SERVER_ERROR object too large for cache
>>> get a
<<< END
>>> mn
<<< MN

=== with noreply too
>>> set a 0 0 3
>>> old
<<< STORED
>>> set a 0 0 1048577 noreply
>>> {{v*1048577}}
>>> get a
<<< END

=== add keeps it
>>> set a 0 0 3
>>> old
<<< STORED
>>> add a 0 0 1048577
>>> {{v*1048577}}
<<< SERVER_ERROR object too large for cache
>>> add b 0 0 1048577
>>> {{v*1048577}}
<<< SERVER_ERROR object too large for cache
>>> get a b
<<< VALUE a 0 3
<<< old
<<< END

=== replace keeps it
>>> set a 0 0 3
>>> old
<<< STORED
>>> replace a 0 0 1048577
>>> {{v*1048577}}
<<< SERVER_ERROR object too large for cache
>>> get a
<<< VALUE a 0 3
<<< old
<<< END

=== append and prepend keep it
>>> set a 0 0 3
>>> old
<<< STORED
>>> append a 0 0 1048577
>>> {{v*1048577}}
<<< SERVER_ERROR object too large for cache
>>> prepend a 0 0 1048577 noreply
>>> {{v*1048577}}
>>> get a
<<< VALUE a 0 3
<<< old
<<< END

=== cas keeps it
>>> set a 0 0 3
>>> old
<<< STORED
>>> gets a
<<<~ VALUE a 0 3 (?P<cas>\d+)
<<< old
<<< END
>>> cas a 0 0 1048577 ${cas}
>>> {{v*1048577}}
<<< SERVER_ERROR object too large for cache
>>> get a
<<< VALUE a 0 3
<<< old
<<< END

=== ms deletes in every mode
>>> set a 0 0 3
>>> old
<<< STORED
>>> ms a 1048577
>>> {{v*1048577}}
<<< SERVER_ERROR object too large for cache
>>> get a
<<< END
>>> set a 0 0 3
>>> old
<<< STORED
>>> ms a 1048577 ME k O1
>>> {{v*1048577}}
<<< SERVER_ERROR object too large for cache
>>> get a
<<< END
>>> set a 0 0 3
>>> old
<<< STORED
>>> ms a 1048577 MA q
>>> {{v*1048577}}
<<< SERVER_ERROR object too large for cache
>>> get a
<<< END
>>> set a 0 0 3
>>> old
<<< STORED
>>> ms a 1048577 C1
>>> {{v*1048577}}
<<< SERVER_ERROR object too large for cache
>>> get a
<<< END

=== a faulty flag keeps it, and the block is swallowed
>>> set a 0 0 3
>>> old
<<< STORED
>>> ms a 1048577 !
>>> {{v*1048577}}
<<< CLIENT_ERROR invalid flag
>>> get a
<<< VALUE a 0 3
<<< old
<<< END

=== together too large
--- over memory,redis,memcached,mongodb an item of DynamoDB has up to 400 KiB
>>> set a 0 0 600000
>>> {{v*600000}}
<<< STORED
>>> append a 0 0 600000
>>> {{w*600000}}
<<< NOT_STORED
>>> ms a 600000 MP
>>> {{w*600000}}
<<< NS
>>> mg a s
<<< HD s600000

=== the next command works
>>>raw "set a 0 0 1048577\r\n{{v*1048577}}\r\nset b 0 0 1\r\nx\r\nget a b\r\n"
<<< SERVER_ERROR object too large for cache
<<< STORED
<<< VALUE b 0 1
<<< x
<<< END

=== a block over the limit that ends wrongly
>>>raw "set a 0 0 1048577\r\n{{v*1048580}}\r\n"
<<< SERVER_ERROR object too large for cache
<<< ERROR
>>> mn
<<< MN

=== just under
--- over memory,redis,memcached,mongodb an item of DynamoDB has up to 400 KiB
>>> set a 0 0 1000000
>>> {{v*1000000}}
<<< STORED
>>> mg a s
<<< HD s1000000
