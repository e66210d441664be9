# Lines that are no command: each is answered, and the next one works.

=== no command
>>>
<<< ERROR
>>>raw "\n"
<<< ERROR
>>>raw " \r\n"
<<< ERROR
>>> foo
<<< ERROR
>>> foo bar
<<< ERROR
>>> x y z
<<< ERROR
>>>raw "\x00\r\n"
<<< ERROR
>>>raw "\x01\x02\x03\r\n"
<<< ERROR
>>>raw "\xff\xfe\r\n"
<<< ERROR
>>> mn
<<< MN

=== names are whole and in small letters
>>> GET a
<<< ERROR
>>> Set a 0 0 1
<<< ERROR
>>> VERSION
<<< ERROR
>>> MG a
<<< ERROR
>>> getx a
<<< ERROR
>>> ge a
<<< ERROR
>>> gett a
<<< ERROR
>>> versionx
<<< ERROR
>>> mnx
<<< ERROR
>>> mg1 a
<<< ERROR
>>> mz a
<<< ERROR
>>> m
<<< ERROR
>>> mgg a
<<< ERROR
>>> flush
<<< ERROR
>>> flush_alll
<<< ERROR
>>> stat
<<< ERROR
>>> mn
<<< MN

=== only blanks part words
>>> set a 0 0 1
>>> x
<<< STORED
>>>raw "get\ta\r\n"
<<< ERROR
>>>raw "mg\ta\r\n"
<<< ERROR
>>>raw "get a\tb\r\n"
<<< END
>>>raw "version\t\r\n"
<<< ERROR
>>>raw "version\r\r\n"
<<< ERROR
>>>raw "get a\r\r\n"
<<< END
>>>   version\x20
<<<~ VERSION 1\.6\.\d+

=== a zero byte ends the words
>>> set a 0 0 1
>>> x
<<< STORED
>>>raw "get\x00a\r\n"
<<< ERROR
>>>raw "gat 0 a\x00b\r\n"
<<< VALUE a 0 1
<<< x
<<< END
>>>raw "mg a v\x00 k\r\n"
<<< VA 1
<<< x
>>> mn
<<< MN

=== storage commands with too few or too many words
>>> set
<<< ERROR
>>> set a
<<< ERROR
>>> set a 0
<<< ERROR
>>> set a 0 0
<<< ERROR
>>> set a 0 0 1 x y
<<< ERROR
>>> add a 0 0
<<< ERROR
>>> replace a 0 0
<<< ERROR
>>> append a 0 0
<<< ERROR
>>> prepend
<<< ERROR
>>> set a 0 0 1 1 1 1
<<< ERROR
>>> mn
<<< MN

=== a fifth word that is not noreply
>>> set a 0 0 1 foo
>>> x
<<< STORED
>>> get a
<<< VALUE a 0 1
<<< x
<<< END

=== numbers that are none swallow nothing
>>> set a abc 0 1
<<< CLIENT_ERROR bad command line format
>>> mn
<<< MN
>>> set a -1 0 1
<<< CLIENT_ERROR bad command line format
>>> mn
<<< MN
>>> set a 1.5 0 1
<<< CLIENT_ERROR bad command line format
>>> mn
<<< MN
>>> set a 0x10 0 1
<<< CLIENT_ERROR bad command line format
>>> mn
<<< MN
>>> set a 99999999999999999999 0 1
<<< CLIENT_ERROR bad command line format
>>> mn
<<< MN
>>> set a 0 x 1
<<< CLIENT_ERROR bad command line format
>>> mn
<<< MN
>>> set a 0 0 x
<<< CLIENT_ERROR bad command line format
>>> mn
<<< MN
>>> set a 0 0 1x
<<< CLIENT_ERROR bad command line format
>>> mn
<<< MN
>>> set a 0 0 1.0
<<< CLIENT_ERROR bad command line format
>>> mn
<<< MN
>>> set a 0 0 0x1
<<< CLIENT_ERROR bad command line format
>>> mn
<<< MN
>>> set a 0 0 99999999999999999999
<<< CLIENT_ERROR bad command line format
>>> mn
<<< MN
>>> add a 0 0 x
<<< CLIENT_ERROR bad command line format
>>> append a 0 0 x
<<< CLIENT_ERROR bad command line format
>>> prepend a 0 0 x
<<< CLIENT_ERROR bad command line format
>>> replace a 0 0 x
<<< CLIENT_ERROR bad command line format
>>> get a
<<< END

=== the data line of a refused command is a command
>>> set a x 0 1
<<< CLIENT_ERROR bad command line format
>>> b
<<< ERROR
>>> set a x 0 7
<<< CLIENT_ERROR bad command line format
>>> version
<<<~ VERSION 1\.6\.\d+
>>> set a x 0 5
<<< CLIENT_ERROR bad command line format
>>> get a
<<< END

=== more words than anybody needs
>>> set a 0 0 1 {{x *30}}
<<< ERROR
>>> incr a 1 {{x *30}}
<<< ERROR
>>> delete a {{x *30}}
<<< ERROR
>>> touch a 0 {{x *30}}
<<< ERROR
>>> verbosity {{1 *40}}
<<< ERROR
>>> flush_all {{1 *40}}
<<< ERROR
>>> version {{1 *40}}
<<<~ VERSION 1\.6\.\d+
>>> mn {{1 *40}}
<<< MN

=== get without a key
>>> get
<<< ERROR
>>> get \x20
<<< ERROR
>>> gets
<<< ERROR
>>>raw "get\n"
<<< ERROR
>>> mn
<<< MN

=== HTTP closes the connection
>>> GET / HTTP/1.1
<<<close

=== POST too
>>>raw "POST /set HTTP/1.0\r\nContent-Length: 20\r\n\r\nset a 0 0 1\r\nx\r\n"
<<<close
>>> get a
<<< END

=== any unknown command that ends like a request line
>>> foo bar HTTP/9
<<<close
>>> HTTP/1.1
<<<close

=== what only resembles HTTP
>>> Host: localhost
<<< ERROR
>>> POST /x
<<< ERROR
>>> get / HTTP/1.1
<<< END
>>> set a b HTTP/1.1
<<< ERROR
>>> mx HTTP/1.1
<<< ERROR
>>> GET / http/1.1
<<< ERROR
>>> mn
<<< MN
