# version, verbosity, quit, shutdown, stats.

=== version
>>> version
<<<~ VERSION 1\.6\.\d+
>>> version x y
<<<~ VERSION 1\.6\.\d+
>>>raw "version\n"
<<<~ VERSION 1\.6\.\d+

=== verbosity
>>> verbosity 0
<<< OK
>>> verbosity 1
<<< OK
>>> verbosity 0 x
<<< OK
>>> verbosity
<<< ERROR
>>> verbosity x
<<< CLIENT_ERROR bad command line format
>>> verbosity -1
<<< CLIENT_ERROR bad command line format
>>> verbosity 0 0 0
<<< ERROR
>>> verbosity 0 0 0 0
<<< ERROR
>>> verbosity 0 noreply
>>> verbosity noreply
>>> verbosity 0
<<< OK

=== quit
>>> quit
<<<close

=== quit with words
>>> quit now
<<<close

=== replies before a quit are sent
>>>raw "set a 0 0 1\r\nx\r\nget a\r\nquit\r\nget a\r\n"
<<< STORED
<<< VALUE a 0 1
<<< x
<<< END
<<<close

=== shutdown is off
>>> shutdown
<<< ERROR: shutdown not enabled
>>> shutdown graceful
<<< ERROR: shutdown not enabled
>>> shutdown x
<<< ERROR: shutdown not enabled
>>> mn
<<< MN

=== mn
>>> mn
<<< MN
>>> mn x
<<< MN
>>> mn q k O1
<<< MN
>>>raw "mn\n"
<<< MN

=== stats
>>> stats
<<<~~ (STAT \S+ [^\r\n]+\r\n)*STAT pid \d+\r\n(STAT \S+ [^\r\n]+\r\n)+END\r\n
>>>raw "stats \r\n"
<<<~~ (STAT \S+ [^\r\n]+\r\n)+END\r\n
>>> stats settings
<<<~~ (STAT \S+ [^\r\n]*\r\n)+END\r\n
>>> stats items
<<<~~ (STAT \S+ [^\r\n]+\r\n)*END\r\n
>>> stats reset
<<< RESET
>>> stats reset x
<<< RESET
>>> stats foo
<<< ERROR
>>> stats foo bar
<<< ERROR
>>> stats noreply
<<< ERROR
>>> mn
<<< MN

=== stats that clients read
>>> set a 0 0 1
>>> x
<<< STORED
>>> get a
<<< VALUE a 0 1
<<< x
<<< END
>>> stats
<<<~~ (?=.*STAT pid \d+\r)(?=.*STAT uptime \d+\r)(?=.*STAT time \d+\r)(?=.*STAT version 1\.6\.\d+\r)(?=.*STAT pointer_size 64\r)(?=.*STAT curr_connections \d+\r)(?=.*STAT total_connections \d+\r)(?=.*STAT cmd_get \d+\r)(?=.*STAT cmd_set \d+\r)(?=.*STAT cmd_flush \d+\r)(?=.*STAT cmd_touch \d+\r)(?=.*STAT get_hits \d+\r)(?=.*STAT get_misses \d+\r)(?=.*STAT delete_misses \d+\r)(?=.*STAT delete_hits \d+\r)(?=.*STAT incr_misses \d+\r)(?=.*STAT incr_hits \d+\r)(?=.*STAT decr_misses \d+\r)(?=.*STAT decr_hits \d+\r)(?=.*STAT cas_misses \d+\r)(?=.*STAT cas_hits \d+\r)(?=.*STAT cas_badval \d+\r)(?=.*STAT touch_hits \d+\r)(?=.*STAT touch_misses \d+\r)(?=.*STAT bytes_read \d+\r)(?=.*STAT bytes_written \d+\r)(?=.*STAT limit_maxbytes \d+\r)(?=.*STAT threads \d+\r)(?=.*STAT bytes \d+\r)(?=.*STAT curr_items \d+\r)(?=.*STAT total_items \d+\r)(?=.*STAT evictions \d+\r).*END\r\n
>>> stats
<<<~~ (?=.*STAT curr_items 1\r).*END\r\n
??? redis,memcached,mongodb,dynamodb <<<~~ (?=.*STAT curr_items 0\r).*END\r\n
>>> stats settings
<<<~~ (?=.*STAT maxbytes \d+\r)(?=.*STAT maxconns \d+\r)(?=.*STAT tcpport \d+\r)(?=.*STAT item_size_max \d+\r)(?=.*STAT cas_enabled yes\r).*END\r\n

=== stats reset starts counting anew
>>> get a
<<< END
>>> stats reset
<<< RESET
>>> get a b
<<< END
>>> set a 0 0 1
>>> x
<<< STORED
>>> get a
<<< VALUE a 0 1
<<< x
<<< END
>>> stats
<<<~~ (?=.*STAT cmd_get 3\r)(?=.*STAT cmd_set 1\r)(?=.*STAT get_hits 1\r)(?=.*STAT get_misses 2\r).*END\r\n

=== stats count meta commands as the text commands that they are
>>> stats reset
<<< RESET
>>> ms a 1
>>> x
<<< HD
>>> mg a v
<<< VA 1
<<< x
>>> touch a 100
<<< TOUCHED
>>> touch absent 100
<<< NOT_FOUND
>>> gat 100 a
<<< VALUE a 0 1
<<< x
<<< END
>>> stats
<<<~~ (?=.*STAT cmd_set 1\r)(?=.*STAT cmd_touch 3\r)(?=.*STAT touch_hits 2\r)(?=.*STAT touch_misses 1\r).*END\r\n
