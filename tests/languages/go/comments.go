// A header, on a line of its own.  // => comment own_line=true parent=file

package comments

/* A block
comment. */
func f() { // after the brace  // => comment own_line=false parent=function
	//mainstay: allow timeout/x because we said so  // => comment own_line=true parent=function
	g(1) // => call callee=g
	h(
		// inside arguments  // => comment own_line=true parent=call
		2, /* between */ 3, // => !call; comment text=between own_line=false parent=call
	)
	if a {
	} else { // else  // => comment parent=block
	}
	switch x {
	// before a case  // => comment parent=branch
	case 1: // in a case  // => comment parent=block
		g(2)
	}
	b.
		// in a chain  // => comment own_line=true
		c().d()
	var y = T{
		// inside a literal  // => comment parent=call
		a: 1,
	}
	for i := range x { // body  // => comment parent=block
	}
}
