# touch, gat, gats: another time for a key, with and without its value.

=== touch
>>> touch k 0
<<< NOT_FOUND
>>> set k 5 0 1
>>> a
<<< STORED
>>> touch k 1000
<<< TOUCHED
>>> mg k t f v
<<<~ VA 1 t(1000|999) f5
<<< a
>>> touch k 0
<<< TOUCHED
>>> mg k t
<<< HD t-1

=== touch with a negative time
>>> set k 5 0 1
>>> a
<<< STORED
>>> touch k -1
<<< TOUCHED
>>> get k
<<< END
>>> touch k 0
<<< NOT_FOUND

=== touch with an absolute time
>>> set k 5 0 1
>>> a
<<< STORED
>>> touch k 4102444800
<<< TOUCHED
>>> get k
<<< END
>>> touch k 1000000000
<<< NOT_FOUND
>>> get k
<<< END

=== touch's words
>>> touch
<<< ERROR
>>> touch k
<<< ERROR
>>> touch k abc
<<< CLIENT_ERROR invalid exptime argument
>>> touch k 1.5
<<< CLIENT_ERROR invalid exptime argument
>>> touch k 100x
<<< CLIENT_ERROR invalid exptime argument
>>> touch k 99999999999999999999
<<< CLIENT_ERROR invalid exptime argument
>>> set k 0 0 1
>>> a
<<< STORED
>>> touch k 0 foo
<<< TOUCHED
>>> touch k 0 foo bar
<<< ERROR
>>> touch k 1000 noreply
>>> touch absent 1000 noreply
>>> touch k abc noreply
>>> touch k noreply
>>> mg k t
<<<~ HD t(1000|999)

=== gat
>>> gat 0 k
<<< END
>>> set k 5 0 1
>>> a
<<< STORED
>>> gat 1000 k
<<< VALUE k 5 1
<<< a
<<< END
>>> mg k t
<<<~ HD t(1000|999)
>>> gat 0 k x k
<<< VALUE k 5 1
<<< a
<<< VALUE k 5 1
<<< a
<<< END
>>> mg k t
<<< HD t-1

=== gats
>>> set k 5 0 1
>>> a
<<< STORED
>>> gats 1000 k x
<<<~ VALUE k 5 1 (?P<cas>\d+)
<<< a
<<< END
>>> gats 0 k
<<< VALUE k 5 1 ${cas}
<<< a
<<< END

=== gat with a negative time answers once more
>>> set k 5 0 1
>>> a
<<< STORED
>>> gat -1 k
<<< VALUE k 5 1
<<< a
<<< END
>>> gat -1 k
<<< END
>>> get k
<<< END

=== gat's words
>>> gat
<<< ERROR
>>> gats
<<< ERROR
>>> gat 0
<<< END
>>> gats 0
<<< END
>>> gat 0 \x20
<<< END
>>> gat k
<<< CLIENT_ERROR invalid exptime argument
>>> gat abc
<<< CLIENT_ERROR invalid exptime argument
>>> gat abc k
<<< CLIENT_ERROR invalid exptime argument
>>> gats 1.5 k
<<< CLIENT_ERROR invalid exptime argument
>>> gat 99999999999999999999 k
<<< CLIENT_ERROR invalid exptime argument
>>> gat 0 k noreply
<<< END

=== touched before a key that is too long
>>> set k 0 0 1
>>> a
<<< STORED
>>> gat 1000 k {{x*251}} k
<<< CLIENT_ERROR bad command line format
>>> mg k t
<<<~ HD t(1000|999)

=== a hundred keys
>>> set a 0 0 1
>>> A
<<< STORED
>>> gat 0 {{a *100}}
<<<raw "{{VALUE a 0 1\r\nA\r\n*100}}END\r\n"
