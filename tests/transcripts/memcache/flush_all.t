# flush_all: now, later, and its words.

=== now
>>> set a 0 0 1
>>> 1
<<< STORED
>>> set b 0 0 1
>>> 1
<<< STORED
>>> flush_all
<<< OK
>>> get a b
<<< END
>>> set a 0 0 1
>>> 2
<<< STORED
>>> get a
<<< VALUE a 0 1
<<< 2
<<< END

=== a delay of 0, and negative ones
>>> set a 0 0 1
>>> 1
<<< STORED
>>> flush_all 0
<<< OK
>>> get a
<<< END
>>> set a 0 0 1
>>> 1
<<< STORED
>>> flush_all -1
<<< OK
>>> get a
<<< END

=== noreply
>>> set a 0 0 1
>>> 1
<<< STORED
>>> flush_all noreply
>>> get a
<<< END
>>> set a 0 0 1
>>> 1
<<< STORED
>>> flush_all 0 noreply
>>> get a
<<< END
>>> flush_all abc noreply

=== bad words
>>> set a 0 0 1
>>> 1
<<< STORED
>>> flush_all abc
<<< CLIENT_ERROR invalid exptime argument
>>> flush_all 1.5
<<< CLIENT_ERROR invalid exptime argument
>>> flush_all noreply foo
<<< CLIENT_ERROR invalid exptime argument
>>> flush_all 0 0 0
<<< ERROR
>>> flush_all 0 noreply foo
<<< ERROR
>>> get a
<<< VALUE a 0 1
<<< 1
<<< END
>>> flush_all 0 foo
<<< OK
>>> get a
<<< END

=== later
>>> set a 0 0 1
>>> 1
<<< STORED
>>> flush_all 1000
<<< OK
>>> get a
<<< VALUE a 0 1
<<< 1
<<< END
>>> set b 0 0 1
>>> 1
<<< STORED
>>> get a b
<<< VALUE a 0 1
<<< 1
<<< VALUE b 0 1
<<< 1
<<< END

=== a delay passes
>>> set a 0 0 1
>>> 1
<<< STORED
>>> flush_all 2
<<< OK
>>> get a
<<< VALUE a 0 1
<<< 1
<<< END
!!! sleep 3200
>>> get a
<<< END
>>> set a 0 0 1
>>> 2
<<< STORED
>>> get a
<<< VALUE a 0 1
<<< 2
<<< END
!!! sleep 1100
>>> get a
<<< VALUE a 0 1
<<< 2
<<< END

=== an immediate one takes the place of a delayed one
>>> flush_all 2
<<< OK
>>> flush_all
<<< OK
>>> set a 0 0 1
>>> 1
<<< STORED
!!! sleep 3200
>>> get a
<<< VALUE a 0 1
<<< 1
<<< END

=== meta and text alike
>>> ms a 1
>>> 1
<<< HD
>>> ma n N0
<<< HD
>>> flush_all
<<< OK
>>> mg a v
<<< EN
>>> mg n v
<<< EN
>>> md a
<<< NF

=== an instant long before drops nothing, and takes the place of a delayed one
>>> set a 0 0 1
>>> 1
<<< STORED
>>> flush_all 2
<<< OK
>>> flush_all 2592001
<<< OK
!!! sleep 3200
>>> get a
<<< VALUE a 0 1
<<< 1
<<< END
