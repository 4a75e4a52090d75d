package control // => !import

func branches(x int, err error) error {
	if v, err := find(x); err != nil && !done() { // => branch style=if condition=&&(!=(err,null),!(done())); assignment targets=v,err value=find() operator=:= declaration=true parent=branch; call callee=find use=assigned consumer=assignment; call callee=done use=condition consumer=branch
		return err // => return values=err parent=block
	} else if x > 3 { // => block arm=else; branch style=if condition=>(x,3) parent=block
		x++ // => assignment targets=x operator=++ value=null declaration=false
	} else { // => block arm=else parent=branch
		x -= 2 // => assignment operator=-= value=2
	}
	switch y := kind(x); y { // => branch style=switch condition=y; assignment targets=y value=kind() parent=branch
	case 1, two(): // => block arm=case label=1,_two(); call callee=two use=compared consumer=branch parent=block
		return nil
	default: // => block arm=default label=
		fallthrough
	case 4:
	}
	switch { // => branch style=switch condition=null
	case errors.Is(err, ErrGone): // => block arm=case conditions=errors.Is(); call callee=errors.Is use=condition arguments=err,ErrGone
		return errors.New("gone") // => return values=errors.New(); call use=returned consumer=return arguments="gone" end=20
	case x > 1 && x < 5: // => block arm=case label=x_>_1_&&_x_<_5
	}
	switch t := any(x).(type) { // => branch style=type-switch condition=x; assignment targets=t value=x; assertion value=x checked=true type=
	case *os.PathError, string: // => block arm=case label=os.PathError,_string
		log(t) // => call callee=log use=dropped consumer=none
	case nil: // => block arm=case label=nil
	}
	switch x.(type) { // => assertion parent=branch checked=true; !assignment
	}
	return nil
}

func loops(items []string, ch chan int) {
outer:
	for i := 0; i < 10; i++ { // => loop style=count condition=<(i,10) label=outer targets=; assignment targets=i parent=loop value=0; assignment targets=i operator=++
		for key, item := range items { // => loop style=each targets=key,item iterable=items label=
			if skip(item) {
				continue outer // => continue label=outer
			}
			break // => break label=
		}
	}
	for range fetch() { // => loop style=each targets= iterable=fetch(); call callee=fetch use=iterated consumer=loop
	}
	for s.rows[0], ok = range items { // => loop targets=s.rows[],ok; index mode=write
	}
	for n := range 10 { // => loop style=each targets=n iterable=10
	}
	for { // => loop style=forever condition=null; block arm=body parent=loop
		goto end // => goto label=end
	}
	for i := 0; ; i++ { // => loop style=forever
	}
	for true { // => loop style=forever
	}
	for !ready() { // => loop style=while condition=!(ready()); call callee=ready use=condition consumer=loop
	}
	for ; alive(); { // => loop style=count condition=alive()
	}
end:
	return
}

func checks(x any) {
	a := x.(string)          // => assertion value=x type=string checked=false parent=assignment; assignment targets=a value=.()(x,string)
	b, ok := x.(*http.Error) // => assertion value=x type=http.Error checked=true; assignment targets=b,ok
	c, d := 1, x.(int)       // => assertion checked=false; assignment targets=c,d value=[1,.()(x,int)]
	_, _, _, _ = a, b, c, d
	go func(n any) { // => spawn; call use=spawned callee=function arguments=x; function use=spawned parameters=n:any
		use(n)
	}(x)
	_ = ok && x.(flag).on() // => call callee=?.on use=assigned; assertion type=flag
}
