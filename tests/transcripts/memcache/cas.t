# cas: a token of its own for each change, and what has which.

=== stored, exists, not found
>>> cas k 0 0 1 1
>>> x
<<< NOT_FOUND
>>> set k 3 0 1
>>> a
<<< STORED
>>> gets k
<<<~ VALUE k 3 1 (?P<first>\d+)
<<< a
<<< END
>>> cas k 4 0 1 ${first}
>>> b
<<< STORED
>>> cas k 5 0 1 ${first}
>>> c
<<< EXISTS
>>> get k
<<< VALUE k 4 1
<<< b
<<< END

=== a cas that was written, then any other change
--- over memory,memcached a Redis store's cas sees changes, not rewrites
>>> set k 0 0 1
>>> 1
<<< STORED
>>> gets k
<<<~ VALUE k 0 1 (?P<cas>\d+)
<<< 1
<<< END
>>> incr k 1
<<< 2
>>> cas k 0 0 1 ${cas}
>>> x
<<< EXISTS
>>> gets k
<<<~ VALUE k 0 1 (?P<cas>\d+)
<<< 2
<<< END
>>> append k 0 0 1
>>> 0
<<< STORED
>>> cas k 0 0 1 ${cas}
>>> x
<<< EXISTS
>>> gets k
<<<~ VALUE k 0 2 (?P<cas>\d+)
<<< 20
<<< END
>>> set k 0 0 2
>>> 20
<<< STORED
>>> cas k 0 0 1 ${cas}
>>> x
<<< EXISTS
>>> get k
<<< VALUE k 0 2
<<< 20
<<< END

=== the same value written anew has another cas
--- over memory,memcached a Redis store's cas sees changes, not rewrites
>>> set k 0 0 1
>>> a
<<< STORED
>>> gets k
<<<~ VALUE k 0 1 (?P<cas>\d+)
<<< a
<<< END
>>> set k 0 0 1
>>> a
<<< STORED
>>> cas k 0 0 1 ${cas}
>>> b
<<< EXISTS

=== touch and gat leave the cas
>>> set k 0 0 1
>>> a
<<< STORED
>>> gets k
<<<~ VALUE k 0 1 (?P<cas>\d+)
<<< a
<<< END
>>> touch k 1000
<<< TOUCHED
>>> gat 2000 k
<<< VALUE k 0 1
<<< a
<<< END
>>> mg k T3000
<<< HD
>>> gets k
<<< VALUE k 0 1 ${cas}
<<< a
<<< END
>>> cas k 0 0 1 ${cas}
>>> b
<<< STORED

=== deleted and set again
--- over memory,memcached a Redis store's cas sees changes, not rewrites
>>> set k 0 0 1
>>> a
<<< STORED
>>> gets k
<<<~ VALUE k 0 1 (?P<cas>\d+)
<<< a
<<< END
>>> delete k
<<< DELETED
>>> cas k 0 0 1 ${cas}
>>> b
<<< NOT_FOUND
>>> set k 0 0 1
>>> a
<<< STORED
>>> cas k 0 0 1 ${cas}
>>> b
<<< EXISTS
>>> get k
<<< VALUE k 0 1
<<< a
<<< END

=== failed changes leave the cas
>>> set k 0 0 1
>>> a
<<< STORED
>>> gets k
<<<~ VALUE k 0 1 (?P<cas>\d+)
<<< a
<<< END
>>> add k 0 0 1
>>> b
<<< NOT_STORED
>>> incr k 1
<<< CLIENT_ERROR cannot increment or decrement non-numeric value
>>> set k 0 0 1
>>> bb
<<< CLIENT_ERROR bad data chunk
<<< ERROR
>>> set k 0 0 -1
<<< CLIENT_ERROR bad command line format
>>> cas k 0 0 1 ${cas}
>>> c
<<< STORED
>>> get k
<<< VALUE k 0 1
<<< c
<<< END

=== zero and the largest are only numbers
>>> set k 0 0 1
>>> a
<<< STORED
>>> cas k 0 0 1 0
>>> b
<<< EXISTS
>>> cas k 0 0 1 18446744073709551615
>>> b
<<< EXISTS
>>> get k
<<< VALUE k 0 1
<<< a
<<< END

=== bad cas words
>>> cas k 0 0 1 abc
<<< CLIENT_ERROR bad command line format
>>> cas k 0 0 1 -1
<<< CLIENT_ERROR bad command line format
>>> cas k 0 0 1 18446744073709551616
<<< CLIENT_ERROR bad command line format
>>> cas k 0 0 1 1x
<<< CLIENT_ERROR bad command line format
>>> cas k 0 0 x 1
<<< CLIENT_ERROR bad command line format
>>> cas k 0 0 -1 1
<<< CLIENT_ERROR bad command line format
>>> cas k 0 0 1
<<< ERROR
>>> cas k 0 0 1 1 x y
<<< ERROR
>>> cas k 0 0
<<< ERROR
>>> cas k
<<< ERROR
>>> cas
<<< ERROR
>>> mn
<<< MN

=== a sixth word that is not noreply
>>> set k 0 0 1
>>> a
<<< STORED
>>> cas k 0 0 1 0 foo
>>> b
<<< EXISTS

=== cas with noreply
>>> set k 0 0 1
>>> a
<<< STORED
>>> gets k
<<<~ VALUE k 0 1 (?P<cas>\d+)
<<< a
<<< END
>>> cas k 9 0 1 ${cas} noreply
>>> b
>>> cas k 9 0 1 ${cas} noreply
>>> c
>>> cas x 9 0 1 ${cas} noreply
>>> d
>>> get k x
<<< VALUE k 9 1
<<< b
<<< END

=== negative exptime
>>> set k 0 0 1
>>> a
<<< STORED
>>> gets k
<<<~ VALUE k 0 1 (?P<cas>\d+)
<<< a
<<< END
>>> cas k 0 -1 1 ${cas}
>>> b
<<< STORED
>>> get k
<<< END
