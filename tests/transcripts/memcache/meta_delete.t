# md: deleting, comparing, returning.

=== there and gone
>>> ms k 1
>>> a
<<< HD
>>> md k
<<< HD
>>> md k
<<< NF
>>> mg k
<<< EN

=== what is returned
>>> ms k 1
>>> a
<<< HD
>>> md k k O1
<<< HD kk O1
>>> md k k O1
<<< NF kk O1
>>> ms k 1
>>> a
<<< HD
>>> md k O1 k
<<< HD O1 kk

=== quiet hides HD only
>>> ms k 1
>>> a
<<< HD
>>> md k q
>>> md k q
<<< NF
>>> md k q k O1
<<< NF kk O1
>>> ms k 1
>>> a
<<< HD
>>> md k C1 q O2
<<< EX O2
>>> mn
<<< MN

=== C compares
>>> md k C1
<<< NF
>>> ms k 1 c
>>> a
<<<~ HD c(?P<cas>\d+)
>>> md k C0
<<< EX
>>> md k C18446744073709551615 k O1
<<< EX kk O1
>>> mg k v
<<< VA 1
<<< a
>>> md k C${cas}
<<< HD
>>> mg k v
<<< EN

=== faults
>>> ms k 1
>>> a
<<< HD
>>> md
<<< ERROR
>>> md k z
<<< CLIENT_ERROR invalid or duplicate flag
>>> md k k k
<<< CLIENT_ERROR invalid or duplicate flag
>>> md k C
<<< CLIENT_ERROR invalid or duplicate flag
>>> md k Cx
<<< CLIENT_ERROR invalid or duplicate flag
>>> md k T
<<< CLIENT_ERROR invalid or duplicate flag
>>> md k Tx I
<<< CLIENT_ERROR invalid or duplicate flag
>>> md k 0
<<< CLIENT_ERROR invalid or duplicate flag
>>> md k noreply
<<< CLIENT_ERROR invalid or duplicate flag
>>> md k O{{o*32}}
<<< CLIENT_ERROR opaque token too long
>>> md k q z
<<< CLIENT_ERROR invalid or duplicate flag
>>> mg k v
<<< VA 1
<<< a
>>> md k {{O *30}}
<<< CLIENT_ERROR options flags too long

=== T without I deletes
>>> ms k 1
>>> a
<<< HD
>>> md k T30
<<< HD
>>> mg k v
<<< EN

=== flags without meaning here
>>> ms k 1
>>> a
<<< HD
>>> md k v f t s h l c u P L
<<< HD
>>> mg k v
<<< EN
