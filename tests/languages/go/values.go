package values

import clock "time"

type pair struct{ a, b int }

func literals() {
	a := 0x10 + 0b11 + 0o17 + 017 + 1_000 // => assignment value=1049
	b := 1.5e3                            // => assignment value=1500.0
	c := "tab\t\"x\" \u00e9" + `raw\n`    // => assignment value="tab\t\"x\"_éraw\\n"
	d := 'x'                              // => assignment value="x"
	e := 2i                               // => assignment value=?
	f := -7 / 2                           // => assignment operator=:=
	g := 1 << 10                          // => assignment value=1024
	h := 3 * clock.Second / 2             // => assignment value=1.5s
	i := clock.Duration(2) * clock.Minute // => assignment value=120s
	j := 7 / 2                            // => assignment value=3
	k := true && nil == nil               // => assignment value=&&(true,==(null,null))
	l := n * clock.Second                 // => assignment value=*(n,1s)
	m := 90*clock.Second + clock.Minute   // => assignment value=150s
}

func copies() {
	a := new("x")      // => call callee=new constructor=false arguments="x" use=assigned; assignment targets=a
	b := new(first())  // => call callee=new constructor=false arguments=first() use=assigned; call callee=first use=argument
	c := new([]string) // => call constructor=true arguments=
	d := new(pkg.T)    // => call callee=pkg.T constructor=true
}

func composites() {
	p := pair{1, 2}                            // => call callee=pair constructor=true arguments=1,2 use=assigned
	q := &http.Client{Timeout: 3 * clock.Hour} // => call callee=http.Client constructor=true arguments=Timeout=10800s; assignment value=http.Client()
	r := new(sync.Pool)                        // => call callee=sync.Pool constructor=true arguments=
	s := List[int]{}                           // => call callee=List constructor=true
	t := []int{1, 2, 3}                        // => assignment value=[1,2,3]; !call
	u := map[string]bool{"a": true}            // => assignment value={"a":true}; !call
	v := []*pair{{1, 2}, {a: 3}, nil}          // => assignment value=[pair(),pair(),null]; call callee=pair use=element arguments=1,2; call callee=pair arguments=a=3
	w := map[pair][]pair{{1, 2}: {{3, 4}}}     // => assignment value={pair():[pair()]}
	x := [...]string{2: "c"}                   // => assignment value=["c"]
	y := http.Header{"Accept": {"text"}}       // => call callee=http.Header constructor=true arguments={"Accept":["text"]}
	z := struct{ a int }{1}                    // => call constructor=true arguments=1
	srv := http.Server{
		Addr:    ":80", // the port
		Handler: wrap(mux()), // => call callee=wrap use=argument consumer=call; call callee=mux use=argument consumer=call
	}
}

func operators(m map[string][]int, p *pair, xs []int) {
	m["k"][0] = 1     // => assignment targets=m[][] value=1; index mode=write keys=0 object=m[]; index mode=read object=m keys="k"
	m[key()]++        // => assignment targets=m[] operator=++; call callee=key use=operand
	n := m["k"]       // => index mode=read object=m keys="k"; assignment value=m[]
	p.a, p.b = p.b, 2 // => assignment targets=p.a,p.b value=[p.b,2] operator==
	*p = pair{}       // => assignment targets=*(p)
	ys := xs[1:n]     // => index object=xs keys=slice(1,n)
	_ = string(body()) // => call callee=body use=assigned; assignment value=body()
	_ = []byte(text)   // => assignment value=text
	_ = (*pair)(nil)   // => assignment value=null
	_ = float64(3)     // => assignment value=3
	_ = pair(other)    // => call callee=pair constructor=false arguments=other
	_ = &p.a           // => assignment value=p.a
	_ = -n + ^n        // => assignment value=+(-(n),^(n))
	f(xs...)           // => call callee=f arguments=...(xs)
	_ = pkg.Map[int, string](xs) // => call callee=pkg.Map arguments=xs
	_ = pick[int](xs)  // => call callee=pick arguments=xs use=assigned
	_ = a && // one
		b() || // => call callee=b use=assigned
		c // two
	_ = pair.method
}

func chains() {
	resp, err := client.
		Request().          // => call callee=client.Request use=receiver consumer=call
		SetTimeout(5).      // => call callee=client.Request().SetTimeout use=receiver arguments=5
		Get(url)            // => call callee=client.Request().SetTimeout().Get use=assigned arguments=url
	_, _ = resp, err
	check(                  // => call callee=check end=80 arguments=1,two()
		1,
		two(), // => call callee=two use=argument
	)
	if f := open(); f == nil || size(f) > max() { // => call callee=size use=compared consumer=branch arguments=f; call callee=max use=compared
		return
	}
	conn, err := dial(), error(nil) // => assignment targets=conn,err value=[dial(),null]; call callee=dial use=assigned
	s.handlers["a"](w, r) // => call callee=s.handlers[] arguments=w,r; index mode=read
	func() {}() // => call callee=function use=dropped; function use=receiver
}
