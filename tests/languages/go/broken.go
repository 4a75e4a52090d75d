package broken

func f() {
	x := g(1) // => call callee=g arguments=1
	y := g(
	if err := h(1); err != nil {
		return err
	}
	go
	defer
	v, ok := <-
	var = 3
	m[] = 
	switch { case
	}
	select { case <-: }
	T{a: , {}: 1}
}

func (s ) m( , x) (a b, ) { return }

type S struct { a ; *; b int `x }
