package com.example.orders;

import java.util.List; // => import module=java.util name=List alias=List whole=false
import java.util.concurrent.*; // => import module=java.util.concurrent name=* alias=*
import static java.util.concurrent.TimeUnit.SECONDS; // => import module=java.util.concurrent.TimeUnit name=SECONDS alias=SECONDS
import static org.example.Checks.*; // => import module=org.example.Checks name=*

class Calls extends Base implements Runnable, Comparable<Calls> { // => class name=Calls bases=Base,Runnable,Comparable modifiers=
    void uses(Client client, byte[] buffer) throws Exception {
        send(); // => call callee=send use=dropped consumer=none constructor=false awaited=false arguments=
        client.send(1, "two", null); // => call callee=client.send arguments=1,"two",null use=dropped
        int sent = client.send(); // => assignment targets=sent type=int; call use=assigned consumer=assignment
        this.last = client.send(); // => assignment targets=this.last value=client.send(); call use=assigned
        client.connect().send(encode(buffer)); // => call callee=client.connect().send use=dropped; call callee=client.connect use=receiver consumer=call; call callee=encode use=argument consumer=call
        if (client.ready() && !client.closed()) { // => call callee=client.ready use=condition consumer=branch; call callee=client.closed use=condition consumer=branch
            client.close(); // => call use=dropped parent=block
        }
        boolean big = client.size() > 3; // => call callee=client.size use=compared consumer=assignment
        boolean up = client.ready() || fallback; // => call callee=client.ready use=assigned consumer=assignment
        long total = client.size() + 3; // => call callee=client.size use=operand
        Result r = ok ? client.get() : client.stale(); // => call callee=client.get use=assigned; call callee=client.stale use=assigned
        for (Row row : client.rows()) { // => call use=iterated consumer=loop
        }
        throw new IllegalStateException("late", cause()); // => raise value=IllegalStateException() cause=null; call callee=IllegalStateException constructor=true use=raised consumer=raise; call callee=cause use=argument
    }

    HttpClient chain() {
        return HttpClient.newBuilder() // => return values=HttpClient.newBuilder().timeout().build(); call callee=HttpClient.newBuilder use=receiver
            // a word between the links
            .timeout(Duration.ofSeconds(5)) // => call callee=HttpClient.newBuilder().timeout arguments=Duration.ofSeconds() end=30; call callee=Duration.ofSeconds arguments=5 use=argument
            .build(); // => call callee=HttpClient.newBuilder().timeout().build use=returned consumer=return end=31
    }

    void constructors(Outer outer) {
        new Thread(() -> work(), "worker").start(); // => call callee=Thread().start use=dropped; call callee=Thread constructor=true use=receiver arguments=function,"worker"; function closure=true use=argument consumer=call name=; call callee=work use=returned consumer=function
        Map.Entry<String, Integer> e = new AbstractMap.SimpleEntry<>("a", 1); // => assignment type=Map.Entry; call callee=AbstractMap.SimpleEntry callee.form=member constructor=true use=assigned
        outer.make().new Inner(3); // => call callee=Inner constructor=true arguments=3; call callee=outer.make use=receiver consumer=call
        Outer.super.close(); // => call callee=Outer.super.close use=dropped
        ((Closeable) outer).close(); // => call callee=outer.close
        this.<String>convert(x -> x.trim()); // => call callee=this.convert; function parameters=x; call callee=x.trim use=returned consumer=function
        list.forEach((a, b) -> { // => call arguments=function; function parameters=a,b
            b.accept(a); // => call use=dropped parent=function
        });
        executor.submit(this::work); // => call arguments=this.work arguments.0.value.operator=:: arguments.0.value.path=this.work arguments.0.value.form=member
        Supplier<List<String>> make = ArrayList::new; // => assignment type=Supplier value.path=ArrayList.new
        Timer timer = new Timer("t", // => call callee=Timer constructor=true use=assigned consumer=assignment arguments="t",true
            true) { // => class name= bases=Timer symbol=Calls.constructors parent=call
            @Override
            public void run() { // => function name=run symbol=Calls.constructors.run decorators=Override modifiers=public closure=false
                work(); // => call use=dropped parent=function
            }
        };
    }

    Calls() { // => function name=Calls symbol=Calls.Calls modifiers=constructor result=
        this(10, null); // => call callee=this constructor=false use=dropped arguments=10,null
    }

    Calls(int size, final String... names) { // => function parameters=size:int,names:[]String... modifiers=constructor
        super(size); // => call callee=super
    }
}
