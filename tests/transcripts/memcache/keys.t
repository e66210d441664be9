# Keys: 250 bytes at most, and any byte but a blank, a zero and a line end.

=== 250 bytes
>>> set {{k*250}} 1 0 1
>>> x
<<< STORED
>>> get {{k*250}}
<<< VALUE {{k*250}} 1 1
<<< x
<<< END
>>> incr {{k*250}} 1
<<< CLIENT_ERROR cannot increment or decrement non-numeric value
>>> touch {{k*250}} 0
<<< TOUCHED
>>> gat 0 {{k*250}}
<<< VALUE {{k*250}} 1 1
<<< x
<<< END
>>> mg {{k*250}} v k
<<< VA 1 {{k*251}}
<<< x
>>> delete {{k*250}}
<<< DELETED

=== 251 bytes, everywhere
>>> get {{k*251}}
<<< CLIENT_ERROR bad command line format
>>> gets {{k*251}}
<<< CLIENT_ERROR bad command line format
>>> gat 0 {{k*251}}
<<< CLIENT_ERROR bad command line format
>>> gats 0 {{k*251}}
<<< CLIENT_ERROR bad command line format
>>> delete {{k*251}}
<<< CLIENT_ERROR bad command line format
>>> incr {{k*251}} 1
<<< CLIENT_ERROR bad command line format
>>> decr {{k*251}} 1
<<< CLIENT_ERROR bad command line format
>>> incr {{k*251}} abc
<<< CLIENT_ERROR bad command line format
>>> touch {{k*251}} 0
<<< CLIENT_ERROR bad command line format
>>> mg {{k*251}}
<<< CLIENT_ERROR bad command line format
>>> mg {{k*251}} v q k O1
<<< CLIENT_ERROR bad command line format
>>> md {{k*251}} q
<<< CLIENT_ERROR bad command line format
>>> ma {{k*251}} q
<<< CLIENT_ERROR bad command line format
>>> me {{k*251}}
<<< CLIENT_ERROR bad command line format
>>> mn
<<< MN

=== 251 bytes in a storage command swallow nothing
>>> set {{k*251}} 0 0 2
<<< CLIENT_ERROR bad command line format
>>> mn
<<< MN
>>> add {{k*251}} 0 0 2
<<< CLIENT_ERROR bad command line format
>>> mn
<<< MN
>>> append {{k*251}} 0 0 2
<<< CLIENT_ERROR bad command line format
>>> mn
<<< MN
>>> cas {{k*251}} 0 0 2 1
<<< CLIENT_ERROR bad command line format
>>> mn
<<< MN
>>> ms {{k*251}} 2
<<< CLIENT_ERROR bad command line format
>>> mn
<<< MN

=== a long key among others silences the hits before it
>>> set a 0 0 1
>>> x
<<< STORED
>>> get a {{k*251}} a
<<< CLIENT_ERROR bad command line format
>>> get a a {{k*251}}
<<< CLIENT_ERROR bad command line format
>>> get {{k*251}} a
<<< CLIENT_ERROR bad command line format
>>> get a
<<< VALUE a 0 1
<<< x
<<< END

=== control bytes and high bytes
>>>raw "set a\x01b 0 0 1\r\nx\r\n"
<<< STORED
>>>raw "get a\x01b\r\n"
<<< VALUE a\x01b 0 1
<<< x
<<< END
>>>raw "set \xd0\xba\xd0\xbb\xd1\x8e\xd1\x87 0 0 1\r\ny\r\n"
<<< STORED
>>>raw "get \xd0\xba\xd0\xbb\xd1\x8e\xd1\x87\r\n"
<<< VALUE \xd0\xba\xd0\xbb\xd1\x8e\xd1\x87 0 1
<<< y
<<< END
>>>raw "set \x7f\x1b[0m 0 0 1\r\nz\r\n"
<<< STORED
>>>raw "mg \x7f\x1b[0m v k\r\n"
<<< VA 1 k\x7f\x1b[0m
<<< z
>>>raw "set a\tb 0 0 1\r\nt\r\n"
<<< STORED
>>>raw "get a\tb\r\n"
<<< VALUE a\tb 0 1
<<< t
<<< END

=== keys of 250 bytes together
>>> set {{a*250}} 0 0 1
>>> 1
<<< STORED
>>> set {{b*250}} 0 0 1
>>> 2
<<< STORED
>>> get {{a*250}} {{b*250}} {{c*250}}
<<< VALUE {{a*250}} 0 1
<<< 1
<<< VALUE {{b*250}} 0 1
<<< 2
<<< END
