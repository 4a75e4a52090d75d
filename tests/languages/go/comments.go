// A header, on a line of its own.

package comments

/* A block
comment. */
func f() { // after the brace
	//mainstay: allow timeout/x because we said so
	g(1) // => call callee=g
	h(
		// inside arguments
		2, /* between */ 3, // => !call
	)
	if a {
	} else { // else
	}
	switch x {
	// before a case
	case 1: // in a case
	}
	var y = T{
		// inside a literal
		a: 1,
	}
	for i := range x { // body
	}
}
