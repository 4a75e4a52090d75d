package concurrency

import (
	"sync"
	"time"
)

func run(ctx context.Context, jobs <-chan Job, out chan<- Result) { // => function parameters=ctx:context.Context,jobs:chan_Job,out:chan_Result
	var wg sync.WaitGroup // => assignment targets=wg type=sync.WaitGroup value=null declaration=true operator==
	go worker(jobs)       // => spawn; call callee=worker use=spawned consumer=spawn parent=spawn
	go func(n int) {      // => spawn end=14; call callee=function use=spawned; function name= use=spawned consumer=call parent=call parameters=n:int
		defer wg.Done() // => defer; call callee=wg.Done use=deferred consumer=defer parent=defer
		out <- compute(n) // => send channel=out value=compute(); call callee=compute use=sent consumer=send
	}(3)
	defer func() { // => defer; call use=deferred; function use=deferred
		if r := recover(); r != nil { // => call callee=recover use=assigned
			log(r)
		}
	}()
	group.Go(func() error { // => call callee=group.Go use=dropped arguments=function; function closure=true use=argument consumer=call result=error
		return nil
	})
	done := make(chan struct{}, 2) // => call callee=make arguments=chan_,2 use=assigned; assignment targets=done
	<-ctx.Done()                   // => receive channel=ctx.Done() parent=function; call callee=ctx.Done use=operand consumer=receive
	v, ok := <-jobs                // => assignment targets=v,ok value=<-(jobs); receive channel=jobs parent=assignment
	select { // => branch style=select condition=null
	case job, ok := <-jobs: // => block arm=case label=job,_ok_:=_<-jobs; assignment targets=job,ok operator=:= declaration=true parent=block; receive channel=jobs
		handle(job)
	case last = <-jobs: // => assignment targets=last operator== declaration=false
	case out <- result(): // => send channel=out value=result() parent=block
	case <-time.After(500 * time.Millisecond): // => receive channel=time.After() parent=block; call callee=time.After arguments=0.5s
		return
	default: // => block arm=default
	}
	for job := range jobs { // => loop style=each iterable=jobs
		_ = job
	}
	(<-done).close() // => call callee=?.close; receive channel=done
	var wait = func() { // => function use=assigned consumer=assignment
		time.Sleep(time.Second) // => call callee=time.Sleep arguments=1s
	}
	_, _, _ = v, ok, wait
}

func nested() func() {
	return func() { // => function use=returned consumer=return
		go func() { // => spawn; function use=spawned symbol=nested
			retry(func() { work() }) // => function use=argument; call callee=work use=dropped
		}()
	}
}
